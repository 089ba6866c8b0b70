/**
 * A batch of flows in columns: what decoders fill and segments are made of. Allocated once (about 330 bytes a row, text and lists beside) and reused.
 *
 * Protocol of a writer: check `free`, write values of rows `rows .. rows + n - 1` into `columns[columnIndex(name)]`, set `touched` on each
 * column written, then add n to `rows`. Invariant: every value at or beyond `rows` is zero, so nobody has to write zeros; a writer that
 * gives up a row half-way clears what it wrote (or, as the decoders do, checks a record before writing any of it).
 *
 * The columns in `runs` are not written but begun: a value holds for all rows from there on (see value-run.ts). A writer begins all of them
 * for its first row before anybody reads. Whoever reads `columns` calls `settle` first; `column`, `encodeFlowBatch` and `readFlow` do.
 */
import type { FieldName, VariableKind } from "@sillage/model";
import { allocateColumns, columnIndex, type Column } from "./column.ts";
import { ValueRun } from "./value-run.ts";
import { allocateVariableColumns, variableIndex, type ListColumn, type MapColumn, type TextColumn } from "./variable-column.ts";

/** Rows of a full segment. Unit: rows. 65,536 keeps a segment's columns in a core's cache while ClickHouse inserts it. */
const DEFAULT_BATCH_ROWS = 65_536;

/** Columns that are the same for all rows of a datagram, and often for those of the next: written as runs. */
export const RUN_COLUMNS = [
  "time_received",
  "time_export",
  "exporter",
  "exporter_source",
  "exporter_port",
  "flow_type",
  "obs_domain",
  "template_id",
] as const satisfies readonly FieldName[];
export type RunColumn = (typeof RUN_COLUMNS)[number];

/** Text and lists of a batch beyond this many bytes end it: they are the only part of a batch that can grow. */
const MAX_VARIABLE_BYTES = 32 * 2 ** 20;
/** How often that is looked at: weighing all columns costs as much as writing a row. Unit: rows. */
const WEIGH_EVERY_ROWS = 256;

export class FlowBatch {
  readonly capacity: number;
  /** One column for each stored field of fixed width, in registry order; see `columnIndex`. */
  readonly columns: readonly Column[];
  /** One column for each stored field of variable length, in registry order; see `variableIndex`. */
  readonly variable: readonly (TextColumn | ListColumn | MapColumn)[];
  readonly runs: Readonly<Record<RunColumn, ValueRun>>;
  /** Rows filled so far. */
  rows = 0;
  private readonly allRuns: readonly ValueRun[];
  private nextWeighing = WEIGH_EVERY_ROWS;
  private isTooHeavy = false;

  constructor(capacity = DEFAULT_BATCH_ROWS) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new RangeError(`batch capacity must be a positive integer, not ${capacity}`);
    this.capacity = capacity;
    this.columns = allocateColumns(capacity);
    this.variable = allocateVariableColumns(capacity);
    this.runs = Object.fromEntries(RUN_COLUMNS.map((name) => [name, new ValueRun(this.columns[columnIndex(name)]!)])) as Record<
      RunColumn,
      ValueRun
    >;
    this.allRuns = Object.values(this.runs);
  }

  /** Rows that still fit. */
  get free(): number {
    if (this.rows >= this.nextWeighing) {
      this.nextWeighing = this.rows + WEIGH_EVERY_ROWS;
      this.isTooHeavy = this.variableBytes() > MAX_VARIABLE_BYTES;
    }
    return this.isTooHeavy ? 0 : this.capacity - this.rows;
  }

  /** Writes what the runs hold, so that all rows are complete. */
  settle(): void {
    for (const run of this.allRuns) run.settle(this.rows);
  }

  column(name: FieldName): Column {
    this.settle();
    return this.columns[columnIndex(name)]!;
  }

  /** Column of text. */
  text(name: FieldName): TextColumn {
    return this.variableOf(name, "string");
  }

  /** Column of lists of numbers. */
  list(name: FieldName): ListColumn {
    return this.variableOf(name, "u32s");
  }

  /** Column of named values. */
  map(name: FieldName): MapColumn {
    return this.variableOf(name, "map");
  }

  /** Keeps the promise that nothing is written behind `rows`: a writer gave up what it had begun. */
  clearUncommitted(): void {
    for (const column of this.columns) if (column.touched) column.u8.fill(0, this.rows * column.width);
    for (const column of this.variable) column.truncate(this.rows);
  }

  /** Empties the batch. Clears only what was written. */
  reset(): void {
    for (const run of this.allRuns) run.forget();
    for (const column of this.columns) {
      if (!column.touched) continue;
      column.u8.fill(0, 0, this.rows * column.width);
      column.touched = false;
    }
    for (const column of this.variable) column.truncate(0);
    this.rows = 0;
    this.nextWeighing = WEIGH_EVERY_ROWS;
    this.isTooHeavy = false;
  }

  private variableBytes(): number {
    let bytes = 0;
    for (const column of this.variable) bytes += column.byteLength;
    return bytes;
  }

  private variableOf<K extends VariableKind>(name: FieldName, kind: K): Extract<TextColumn | ListColumn | MapColumn, { kind: K }> {
    const column = this.variable[variableIndex(name)]!;
    if (column.kind !== kind) throw new Error(`${name} is a column of kind ${column.kind}, not ${kind}`);
    return column as Extract<TextColumn | ListColumn | MapColumn, { kind: K }>;
  }
}
