/**
 * Where the fields of a record are. A record is cut into segments at its variable-length fields:
 *
 *   segment 0: fixed fields | varlen field 1 | segment 1: fixed fields | varlen field 2 | segment 2 …
 *
 * Inside a segment every field has a constant offset. `RecordIndex` walks the records of a set once, in order, and notes where each
 * segment of each record starts; after that every field can be read for all records in one loop, for variable-length templates too.
 * All bounds are checked in that walk, so the loops need none. Fields of fixed length are read most, so the walk also gathers the segments
 * of records that have several: `fixed` then shows records of equal length.
 */
import { VARIABLE_LENGTH, type FieldSpec } from "./field-spec.ts";

export interface PlacedField extends FieldSpec {
  readonly segment: number;
  /** Bytes from the start of the segment. A variable-length field stands before its segment: its own bytes end at offset 0. */
  readonly offset: number;
  /** Bytes of fixed length before it in the record. */
  readonly fixedOffset: number;
}

export interface Layout {
  readonly fields: readonly PlacedField[];
  /** Fixed bytes of each segment. */
  readonly segmentBytes: readonly number[];
  /** Fixed bytes of a record. */
  readonly fixedBytes: number;
  /** Length of the shortest possible record: variable-length fields count one byte. At least 1. */
  readonly minRecordBytes: number;
}

/** The field an element number stands for in this template, if it is there and holds bytes. */
export type FindField = (element: number) => PlacedField | undefined;

export function layOut(fields: readonly FieldSpec[]): Layout {
  const placed: PlacedField[] = [];
  const segmentBytes = [0];
  let fixedBytes = 0;
  for (const { enterprise, id, length } of fields) {
    if (length === VARIABLE_LENGTH) segmentBytes.push(0);
    const segment = segmentBytes.length - 1;
    placed.push({ enterprise, id, length, segment, offset: segmentBytes[segment]!, fixedOffset: fixedBytes });
    if (length === VARIABLE_LENGTH) continue;
    segmentBytes[segment]! += length;
    fixedBytes += length;
  }
  return { fields: placed, segmentBytes, fixedBytes, minRecordBytes: fixedBytes + segmentBytes.length - 1 };
}

/** Records indexed at a time. A datagram holds some dozens; larger sets are done in turns, so that the scratch memory stays small. */
export const CHUNK_RECORDS = 512;

/** The fixed-length bytes of all indexed records: record i begins at `at + i * stride`. */
export interface FixedBytes {
  view: DataView;
  at: number;
  stride: number;
}

/** No datagram is longer, so the fixed bytes of its records are not. */
const GATHERED_BYTES = 65_536;

export class RecordIndex {
  /** For each segment: position in the datagram of each record's segment. Not filled for records of one segment: they are in `fixed`. */
  private readonly starts: Int32Array[] = [];
  private hasOneSegment = true;
  /** For each segment but the first: length of the variable-length field before it, in each record. */
  readonly lengths: Int32Array[] = [];
  private readonly gathered = new DataView(new ArrayBuffer(GATHERED_BYTES));
  readonly fixed: FixedBytes = { view: new DataView(new ArrayBuffer(0)), at: 0, stride: 0 };
  /** Position after the last indexed record. */
  next = 0;
  /** A variable-length field left the set. */
  broken = false;

  /**
   * Indexes up to `max` records (at most CHUNK_RECORDS) of the set's bytes [at, end).
   * @returns how many; 0 when only padding (less than the shortest record) or a broken record is left
   */
  walk(layout: Layout, view: DataView, range: { readonly at: number; readonly end: number; readonly max: number }): number {
    const { segmentBytes, minRecordBytes } = layout;
    this.broken = false;
    this.hasOneSegment = segmentBytes.length === 1;
    if (this.hasOneSegment) return this.walkFixed(minRecordBytes, view, range);
    this.reserve(segmentBytes.length);
    let { at } = range;
    let n = 0;
    while (n < range.max && range.end - at >= minRecordBytes) {
      const next = this.walkRecord(layout, view, { at, end: range.end, record: n });
      if (next < 0) {
        this.broken = true;
        break;
      }
      at = next;
      n++;
    }
    this.next = at;
    this.gather(layout, view, n);
    return n;
  }

  /** Position in the datagram of a segment of record i. */
  start(segment: number, i: number): number {
    return this.hasOneSegment ? this.fixed.at + i * this.fixed.stride : this.starts[segment]![i]!;
  }

  /** Puts the segments of each record behind each other. */
  private gather({ segmentBytes, fixedBytes }: Layout, view: DataView, n: number): void {
    const { fixed, gathered } = this;
    fixed.view = gathered;
    fixed.at = 0;
    fixed.stride = fixedBytes;
    let base = 0;
    for (let segment = 0; segment < segmentBytes.length; base += segmentBytes[segment++]!) {
      const bytes = segmentBytes[segment]!;
      const starts = this.starts[segment]!;
      for (let record = 0; record < n; record++) {
        const from = starts[record]!;
        const to = base + record * fixedBytes;
        let i = 0;
        for (; i + 4 <= bytes; i += 4) gathered.setUint32(to + i, view.getUint32(from + i));
        for (; i < bytes; i++) gathered.setUint8(to + i, view.getUint8(from + i));
      }
    }
  }

  private walkFixed(
    recordBytes: number,
    view: DataView,
    { at, end, max }: { readonly at: number; readonly end: number; readonly max: number },
  ): number {
    const { fixed } = this;
    fixed.view = view;
    fixed.at = at;
    fixed.stride = recordBytes;
    const n = Math.min(max, Math.floor((end - at) / recordBytes));
    this.next = at + n * recordBytes;
    return n;
  }

  /** @returns where the next record starts; -1 when a length leaves the set */
  private walkRecord(
    { segmentBytes }: Layout,
    view: DataView,
    { at, end, record }: { readonly at: number; readonly end: number; readonly record: number },
  ): number {
    let position = at;
    this.starts[0]![record] = position;
    position += segmentBytes[0]!;
    for (let segment = 1; segment < segmentBytes.length; segment++) {
      if (position >= end) return -1;
      let length = view.getUint8(position++);
      if (length === 255) {
        if (end - position < 2) return -1;
        length = view.getUint16(position);
        position += 2;
      }
      position += length;
      if (position > end) return -1;
      this.lengths[segment]![record] = length;
      this.starts[segment]![record] = position;
      position += segmentBytes[segment]!;
    }
    return position > end ? -1 : position;
  }

  private reserve(segments: number): void {
    while (this.starts.length < segments) {
      this.starts.push(new Int32Array(CHUNK_RECORDS));
      this.lengths.push(new Int32Array(CHUNK_RECORDS));
    }
  }
}
