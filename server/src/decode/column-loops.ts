/**
 * Loops for fields that are more than a copy: variable or unusual length, bits to be moved, a column that was written before. One function
 * goes through one field of all indexed records; positions were checked when they were indexed. The usual fields have pair-loops.ts.
 */
import type { Column } from "../flow/index.ts";
import { VARIABLE_LENGTH } from "./field-spec.ts";
import type { RecordIndex } from "./layout.ts";

/** The records being written: record i of the index becomes row `row + i`. */
export interface Chunk {
  readonly view: DataView;
  readonly index: RecordIndex;
  readonly columns: readonly Column[];
  /** Records. */
  readonly n: number;
  /** First row. */
  readonly row: number;
}

/** Where a field is and where it goes. */
export interface CopyStep {
  readonly run: (step: CopyStep, chunk: Chunk) => void;
  /** Index into `Chunk.columns`. */
  readonly column: number;
  readonly segment: number;
  /** Bytes from the start of the segment. */
  readonly offset: number;
  /** Bytes on the wire, or VARIABLE_LENGTH. */
  readonly length: number;
  /** Bits that are kept (flags and VLANs carry others beside them). */
  readonly mask: number;
  /** Bits the value is moved up by (DSCP inside the ToS byte). */
  readonly shift: number;
  /** Write only where the column is still zero: the field is a fall-back for a preferred one. */
  readonly onlyWhereZero: boolean;
}

function touch(step: CopyStep, chunk: Chunk): Column {
  const column = chunk.columns[step.column]!;
  column.touched = true;
  return column;
}

/** Third word of an IPv4 address mapped into IPv6: bytes 00 00 ff ff, read little-endian. */
export const MAPPED_IPV4_WORD = 0xffff_0000;

/** An address of the other family, for rows whose preferred one is all zero; an all-zero address never replaces another. */
export function fillAddress(step: CopyStep, chunk: Chunk): void {
  const { view, row, n } = chunk;
  const { offset, length } = step;
  const out = touch(step, chunk).u32;
  for (let i = 0; i < n; i++) {
    const at = chunk.index.start(step.segment, i) + offset;
    const to = (row + i) * 4;
    const mapped = out[to + 2] === MAPPED_IPV4_WORD || out[to + 2] === 0;
    if (!mapped || (out[to]! | out[to + 1]! | out[to + 3]!) !== 0) continue;
    if (length === 4) {
      if (view.getUint32(at) === 0) continue;
      out[to + 2] = MAPPED_IPV4_WORD;
      out[to + 3] = view.getUint32(at, true);
    } else if ((view.getUint32(at) | view.getUint32(at + 4) | view.getUint32(at + 8) | view.getUint32(at + 12)) !== 0) {
      for (let word = 0; word < 4; word++) out[to + word] = view.getUint32(at + word * 4, true);
    }
  }
}

/**
 * Any unsigned integer of 1 to 8 bytes (RFC 7011 section 6.2, reduced size), fixed or variable length, into any integer column. A value
 * too large for its column keeps its low bits, as forwardingStatus in 4 bytes wants. Longer and empty values are no integers: left zero.
 */
export function copyAnyInteger(step: CopyStep, chunk: Chunk): void {
  const { view, row, n } = chunk;
  const { column: columnAt, onlyWhereZero, mask, shift } = step;
  touch(step, chunk);
  const column = chunk.columns[columnAt]!;
  const { width } = column;
  const wide = width === 8;
  for (let i = 0; i < n; i++) {
    const length = fieldLength(step, chunk, i);
    if (length === 0 || length > 8) continue;
    const at = fieldStart(step, chunk, i);
    const low = readLow(view, at, length);
    const high = length > 4 ? readLow(view, at, length - 4) : 0;
    const target = row + i;
    if (wide) {
      if (onlyWhereZero && (column.u32[target * 2]! | column.u32[target * 2 + 1]!) !== 0) continue;
      column.u32[target * 2] = low;
      column.u32[target * 2 + 1] = high;
      continue;
    }
    const view32 = width === 4 ? column.u32 : width === 2 ? column.u16 : column.u8;
    if (onlyWhereZero && view32[target] !== 0) continue;
    view32[target] = (low & mask) << shift;
  }
}

/** Octets of any length whose last 8 are a number, big-endian. */
export function copyLastBytes(step: CopyStep, chunk: Chunk): void {
  const { view, row, n } = chunk;
  const out = touch(step, chunk).u32;
  for (let i = 0; i < n; i++) {
    const length = fieldLength(step, chunk, i);
    if (length === 0) continue;
    const target = (row + i) * 2;
    if (step.onlyWhereZero && (out[target]! | out[target + 1]!) !== 0) continue;
    const used = Math.min(length, 8);
    const at = fieldStart(step, chunk, i) + length - used;
    out[target] = readLow(view, at, used);
    out[target + 1] = used > 4 ? readLow(view, at, used - 4) : 0;
  }
}

/** Flags of 1 to 8 bytes, added to those that are there. */
export function addBits(step: CopyStep, chunk: Chunk): void {
  const { view, row, n } = chunk;
  const out = touch(step, chunk).u16;
  for (let i = 0; i < n; i++) {
    const length = fieldLength(step, chunk, i);
    if (length > 0 && length <= 8) out[row + i]! |= readLow(view, fieldStart(step, chunk, i), length) & step.mask;
  }
}

/** Protocols that carry another IP packet: IPv4, IPv6, GRE. */
const ENCAPSULATIONS = [4, 41, 47];

/** A second protocol of the record, where the first is that of a tunnel (Huawei announces the outer before the inner) or zero. */
export function fillEncapsulated(step: CopyStep, chunk: Chunk): void {
  const { view, row, n } = chunk;
  const out = touch(step, chunk).u8;
  for (let i = 0; i < n; i++) {
    if (out[row + i] !== 0 && !ENCAPSULATIONS.includes(out[row + i]!)) continue;
    const length = fieldLength(step, chunk, i);
    if (length === 0 || length > 8) continue;
    const inner = readLow(view, fieldStart(step, chunk, i), length) & 0xff;
    if (inner !== 0) out[row + i] = inner;
  }
}

/** Bytes of a field in record i. */
export function fieldLength(step: { readonly segment: number; readonly length: number }, { index }: Chunk, i: number): number {
  return step.length === VARIABLE_LENGTH ? index.lengths[step.segment]![i]! : step.length;
}

/** True where all bytes of a field are zero, or it has none. */
export function isZeroField(
  step: { readonly segment: number; readonly offset: number; readonly length: number },
  chunk: Chunk,
  i: number,
): boolean {
  const start = fieldStart(step, chunk, i);
  const end = start + fieldLength(step, chunk, i);
  for (let at = start; at < end; at++) if (chunk.view.getUint8(at) !== 0) return false;
  return true;
}

/** Position of a field's first byte in record i; a variable-length field ends where its segment starts. */
export function fieldStart(
  step: { readonly segment: number; readonly offset: number; readonly length: number },
  { index }: Chunk,
  i: number,
): number {
  const start = index.start(step.segment, i);
  return step.length === VARIABLE_LENGTH ? start - index.lengths[step.segment]![i]! : start + step.offset;
}

/** The low 32 bits of a big-endian integer of 1 to 8 bytes. */
export function readLow(view: DataView, at: number, length: number): number {
  switch (length) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 3:
      return (view.getUint8(at) << 16) | view.getUint16(at + 1);
    default:
      return view.getUint32(at + length - 4);
  }
}
