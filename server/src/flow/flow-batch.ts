/**
 * A batch of flows in columns: what decoders fill and segments are made of. Allocated once (about 190 bytes a row) and reused.
 *
 * Protocol of a writer: check `free`, write values of rows `rows .. rows + n - 1` into `columns[columnIndex(name)]`, set `touched` on each
 * column written, then add n to `rows`. Invariant: every value at or beyond `rows` is zero, so nobody has to write zeros; a writer that
 * gives up a row half-way clears what it wrote (or, as the decoders do, checks a record before writing any of it).
 */
import type { FieldName } from "@sillage/model";
import { allocateColumns, columnIndex, type Column } from "./column.ts";

/** Rows of a full segment. Unit: rows. 65,536 keeps a segment's columns in a core's cache while ClickHouse inserts it. */
export const DEFAULT_BATCH_ROWS = 65_536;

export class FlowBatch {
  readonly capacity: number;
  /** One column for each stored field, in registry order; see `columnIndex`. */
  readonly columns: readonly Column[];
  /** Rows filled so far. */
  rows = 0;

  constructor(capacity = DEFAULT_BATCH_ROWS) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new RangeError(`batch capacity must be a positive integer, not ${capacity}`);
    this.capacity = capacity;
    this.columns = allocateColumns(capacity);
  }

  /** Rows that still fit. */
  get free(): number {
    return this.capacity - this.rows;
  }

  column(name: FieldName): Column {
    return this.columns[columnIndex(name)]!;
  }

  /** Empties the batch. Clears only what was written. */
  reset(): void {
    for (const column of this.columns) {
      if (!column.touched) continue;
      column.u8.fill(0, 0, this.rows * column.width);
      column.touched = false;
    }
    this.rows = 0;
  }
}
