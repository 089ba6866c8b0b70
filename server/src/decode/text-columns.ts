/**
 * Columns of text: each is filled from the first of its elements that a record has a text for. Devices send fixed lengths padded with NUL
 * and variable lengths; what is no UTF-8 is replaced, never passed on, because ClickHouse and browsers will read it.
 */
import type { FieldName } from "@sillage/model";
import { variableIndex, type FlowBatch, type TextColumn } from "../flow/index.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import type { FindField, PlacedField } from "./layout.ts";

/** Elements of bytes that are no text: written as hexadecimal digits (ASA access list ids). */
const OCTET_ELEMENTS = new Set([33_000, 33_001]);

export interface TextStep {
  /** Index into `FlowBatch.variable`. */
  readonly column: number;
  /** In order of preference. */
  readonly places: readonly PlacedField[];
}

/** undefined: the template has none of the elements. */
export function compileText(name: FieldName, elements: readonly number[], find: FindField): TextStep | undefined {
  const places = elements.map(find).filter((place) => place !== undefined);
  return places.length === 0 ? undefined : { column: variableIndex(name), places };
}

export function writeTexts({ column: at, places }: TextStep, batch: FlowBatch, chunk: Chunk): void {
  const column = batch.variable[at] as TextColumn;
  for (let i = 0; i < chunk.n; i++) {
    for (const place of places) {
      const text = readText(place, chunk, i);
      if (text.length === 0) continue;
      column.set(chunk.row + i, text);
      break;
    }
  }
}

/** UTF-8 without padding; empty when the record says nothing. */
function readText(place: PlacedField, chunk: Chunk, i: number): Uint8Array {
  const { view } = chunk;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + fieldStart(place, chunk, i), fieldLength(place, chunk, i));
  if (OCTET_ELEMENTS.has(place.id)) return bytes.every((byte) => byte === 0) ? EMPTY : utf8.encode(Buffer.from(bytes).toString("hex"));
  return cleanText(bytes);
}

const EMPTY = new Uint8Array(0);
const utf8 = new TextEncoder();
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text up to its padding: NULs are taken out, bytes that are no UTF-8 replaced. */
export function cleanText(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0 || byte >= 0x80) return utf8.encode(lenient.decode(bytes.subarray(0, end)).replaceAll("\0", ""));
  }
  return bytes.subarray(0, end);
}
