/**
 * Columns of text: each is filled from the first of its elements that a record has a text for. Devices send fixed lengths padded with NUL
 * and variable lengths; what is no UTF-8 is replaced, never passed on, because ClickHouse and browsers will read it.
 */
import type { FieldName } from "@sillage/model";
import { MAX_TEXT_BYTES, variableIndex, type FlowBatch, type TextColumn } from "../flow/index.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import { findElement } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import type { PlacedField } from "./layout.ts";

export interface TextStep {
  /** Index into `FlowBatch.variable`. */
  readonly column: number;
  /** In order of preference. */
  readonly places: readonly { readonly place: PlacedField; readonly read: TextReader }[];
}

export function compileText(name: FieldName, fields: readonly PlacedField[]): TextStep {
  return { column: variableIndex(name), places: fields.map((place) => ({ place, read: textReader(place) })) };
}

export function writeTexts({ column: at, places }: TextStep, batch: FlowBatch, chunk: Chunk): void {
  const column = batch.variable[at] as TextColumn;
  for (let i = 0; i < chunk.n; i++) {
    for (const { place, read } of places) {
      const text = read(bytesOf(place, chunk, i));
      if (text.length === 0) continue;
      column.set(chunk.row + i, text);
      break;
    }
  }
}

/** Makes UTF-8 text of a field's bytes; empty when the record says nothing. */
export type TextReader = (bytes: Uint8Array) => Uint8Array;

/** Bytes that are no text (ASA access list ids) are written as hexadecimal digits. */
export function textReader({ enterprise, id }: ElementNumber): TextReader {
  if (enterprise === CISCO && id === CISCO_HTTP_HOST) return cleanCiscoHost;
  return findElement(enterprise, id)?.type === "octetArray" ? hexText : cleanText;
}

function bytesOf(place: PlacedField, chunk: Chunk, i: number): Uint8Array {
  const { view } = chunk;
  return new Uint8Array(view.buffer, view.byteOffset + fieldStart(place, chunk, i), fieldLength(place, chunk, i));
}

const CISCO = 9;
const CISCO_HTTP_HOST = 12_235;

/** Cisco's AVC puts the application's id (4 bytes, the first is a number below 32) and the number of a sub-field (2 bytes) before the host. */
function cleanCiscoHost(bytes: Uint8Array): Uint8Array {
  return cleanText(bytes.length > 0 && bytes[0]! < 0x20 ? bytes.subarray(6) : bytes);
}

const EMPTY = new Uint8Array(0);
const utf8 = new TextEncoder();
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

export function hexText(bytes: Uint8Array): Uint8Array {
  const kept = bytes.subarray(0, MAX_TEXT_BYTES / 2);
  return kept.every((byte) => byte === 0) ? EMPTY : utf8.encode(Buffer.from(kept).toString("hex"));
}

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
