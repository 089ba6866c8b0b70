/**
 * The MPLS label stack of a record, top first. Exporters send each label in an element of its own (70 to 79): 20 bits label, 3 experimental,
 * 1 bottom of stack, in some also 8 of TTL; or the stack as the packet had it (316). An entry that is all zero is a place that was not used.
 * RFC 3032 section 2.1, IANA mplsTopLabelStackSection and mplsLabelStackSection.
 */
import type { FieldName } from "@sillage/model";
import { variableIndex, type FlowBatch, type ListColumn } from "../flow/index.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import type { PlacedField } from "./layout.ts";
import { MAX_MPLS_LABELS } from "./link-header.ts";

const STACK_SECTION = 316;
const BOTTOM_OF_STACK = 0x100;

export interface LabelStep {
  /** Index into `FlowBatch.variable`. */
  readonly column: number;
  readonly places: readonly PlacedField[];
}

/** undefined: the template has no label. */
export function compileLabels(name: FieldName, places: readonly PlacedField[]): LabelStep | undefined {
  return places.length === 0 ? undefined : { column: variableIndex(name), places };
}

export function writeLabels({ column: at, places }: LabelStep, batch: FlowBatch, chunk: Chunk): void {
  const column = batch.variable[at] as ListColumn;
  for (let i = 0; i < chunk.n; i++) {
    let labels = 0;
    for (const place of places) {
      if (place.id === STACK_SECTION) {
        if (labels === 0) labels = writeSection(column, chunk, { i, place });
        continue;
      }
      const label = readLabel(chunk, i, place);
      if (label === undefined || labels === MAX_MPLS_LABELS) continue;
      column.push(chunk.row + i, label);
      labels++;
    }
  }
}

function readLabel(chunk: Chunk, i: number, place: PlacedField): number | undefined {
  const length = fieldLength(place, chunk, i);
  if (length !== 3 && length !== 4) return undefined;
  const at = fieldStart(place, chunk, i);
  const entry = (chunk.view.getUint16(at) << 8) | chunk.view.getUint8(at + 2);
  return entry === 0 ? undefined : entry >>> 4;
}

/** @returns labels written */
function writeSection(column: ListColumn, chunk: Chunk, { i, place }: { readonly i: number; readonly place: PlacedField }): number {
  const { view } = chunk;
  const start = fieldStart(place, chunk, i);
  const entries = Math.min(Math.floor(fieldLength(place, chunk, i) / 4), MAX_MPLS_LABELS);
  for (let n = 0; n < entries; n++) {
    const entry = view.getUint32(start + n * 4);
    if (entry === 0) return n;
    column.push(chunk.row + i, entry >>> 12);
    if ((entry & BOTTOM_OF_STACK) !== 0) return n + 1;
  }
  return entries;
}
