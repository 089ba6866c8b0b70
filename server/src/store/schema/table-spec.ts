/** What a table is made of, as data: the DDL, the columns a segment may fill and the reference page all come from it. */

export interface ColumnSpec {
  readonly name: string;
  /** ClickHouse type. */
  readonly type: string;
  /** Type of its values in a segment, where that is another one than the stored type. */
  readonly segmentType?: string;
  /** Codec list, such as `T64, ZSTD(1)`; ClickHouse's default (LZ4) without. */
  readonly codec?: string;
  /** Computed at insert; a segment never holds it. */
  readonly defaultSql?: string;
  /** Computed when it is read; not stored. */
  readonly aliasSql?: string;
  readonly doc: string;
}

/** A skip index: says of each granule whether a value may be in it. */
export interface IndexSpec {
  readonly name: string;
  readonly column: string;
  /** Kind and its parameters, such as `bloom_filter(0.025)`. */
  readonly type: string;
  readonly doc: string;
}

export interface TableSpec {
  readonly name: string;
  readonly engine: string;
  readonly columns: readonly ColumnSpec[];
  readonly partitionBy: string;
  readonly orderBy: readonly string[];
  readonly indexes?: readonly IndexSpec[];
  /** Rows go when this time is older than the retention. */
  readonly timeColumn: string;
  /** How long rows are kept unless the configuration says otherwise. Unit: days. */
  readonly retentionDays: number;
  readonly doc: string;
}

/** A table filled by a materialized view from the raw one, at once or by way of a finer rollup. */
export interface RollupSpec extends TableSpec {
  readonly view: string;
  /** The view's SELECT: on the raw table, or on a finer rollup whose keys are the same. */
  readonly viewSql: string;
  /** The same rows computed from the raw table. */
  readonly rawSql: string;
}

/** Columns that a segment may hold. */
export function insertableColumns(table: TableSpec): readonly ColumnSpec[] {
  return table.columns.filter((column) => column.defaultSql === undefined && column.aliasSql === undefined);
}
