/** DDL of a table from its description. Every statement may run twice: a start that was cut short is repeated. */
import { identifier, literal } from "../sql-text.ts";
import type { ColumnSpec, IndexSpec, RollupSpec, TableSpec } from "./table-spec.ts";

/**
 * Inserts whose tokens a table remembers, so that a repeated batch changes nothing. A manifest is retried before anything newer, so a
 * handful would do; the margin is for several loaders and for people who put a quarantined batch back.
 */
const DEDUPLICATION_WINDOW = 1_000;

const MERGE_TREE_SETTINGS: Readonly<Record<string, string | number>> = {
  // ClickHouse calls every table without replicas this; without it a repeated insert is stored twice.
  non_replicated_deduplication_window: DEDUPLICATION_WINDOW,
  // Retention drops whole partitions; rows are never rewritten to take a few out.
  ttl_only_drop_parts: 1,
  // A shorter retention reaches existing parts without reading their data.
  materialize_ttl_recalculate_only: 1,
  // The segment is deleted when the insert is acknowledged, so a power cut must not take the part away.
  fsync_after_insert: 1,
  fsync_part_directory: 1,
};

/**
 * About how many parts of one size are merged into the next one. ClickHouse takes 5, and then writes a row again nearly five times in 300
 * inserts; with 16 it is twice, and the active parts go from ten to twenty. A row of a hundred columns costs more to merge than to insert. What
 * merging makes smaller, a rollup, is merged sooner.
 */
function mergeBase({ engine }: TableSpec): number {
  return engine === "MergeTree" ? 16 : 8;
}

export interface CreateOptions {
  readonly retentionDays: number;
}

export function createTableSql(table: TableSpec, { retentionDays }: CreateOptions): string {
  const settings = Object.entries({ ...MERGE_TREE_SETTINGS, merge_selector_base: mergeBase(table) }).map(
    ([name, value]) => `${name} = ${value}`,
  );
  return [
    `CREATE TABLE IF NOT EXISTS ${identifier(table.name)} (${[...table.columns.map(columnSql), ...(table.indexes ?? []).map((index) => indexSql(index))].join(", ")})`,
    `ENGINE = ${table.engine}`,
    `PARTITION BY ${table.partitionBy}`,
    `ORDER BY (${table.orderBy.join(", ")})`,
    `TTL ${ttlSql(table, retentionDays)}`,
    `SETTINGS ${settings.join(", ")}`,
    `COMMENT ${literal(table.doc)}`,
  ].join(" ");
}

export function modifyMergesSql(table: TableSpec): string {
  return `ALTER TABLE ${identifier(table.name)} MODIFY SETTING merge_selector_base = ${mergeBase(table)}`;
}

export function createViewSql(rollup: RollupSpec): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${identifier(rollup.view)} TO ${identifier(rollup.name)} AS ${rollup.viewSql}`;
}

/**
 * Adds columns that came after the table was made; old rows read them as their default. A rollup's new keys go behind its old ones (only
 * there ClickHouse lets a sorting key grow), and its view is made anew, so that it fills what is new.
 */
export function addColumnsSql(table: TableSpec | RollupSpec, missing: readonly ColumnSpec[]): string[] {
  const added = missing.map((column) => {
    const before = table.columns[table.columns.indexOf(column) - 1];
    return `ADD COLUMN IF NOT EXISTS ${columnSql(column)} ${before === undefined ? "FIRST" : `AFTER ${identifier(before.name)}`}`;
  });
  const growsKey = missing.some(({ name }) => table.orderBy.includes(name));
  const alter = `ALTER TABLE ${identifier(table.name)} ${[...added, ...(growsKey ? [`MODIFY ORDER BY (${table.orderBy.join(", ")})`] : [])].join(", ")}`;
  return "view" in table ? [alter, `DROP VIEW IF EXISTS ${identifier(table.view)}`, createViewSql(table)] : [alter];
}

/** Adds indexes that came after the table was made. Old parts get theirs in the background, without their columns being written anew. */
export function addIndexesSql({ name }: TableSpec, added: readonly IndexSpec[]): string[] {
  const table = identifier(name);
  return added.flatMap((index) => [
    `ALTER TABLE ${table} ADD ${indexSql(index, "IF NOT EXISTS")}`,
    `ALTER TABLE ${table} MATERIALIZE INDEX ${identifier(index.name)}`,
  ]);
}

export function modifyTtlSql(table: TableSpec, retentionDays: number): string {
  return `ALTER TABLE ${identifier(table.name)} MODIFY TTL ${ttlSql(table, retentionDays)}`;
}

/** The part of a table's TTL that tells its retention, as ClickHouse prints it in system.tables. */
export function retentionText(retentionDays: number): string {
  return `toIntervalDay(${retentionDays})`;
}

function ttlSql(table: TableSpec, retentionDays: number): string {
  return `toDateTime(${table.timeColumn}) + ${retentionText(retentionDays)}`;
}

function columnSql(column: ColumnSpec): string {
  const parts = [identifier(column.name), column.type];
  if (column.defaultSql !== undefined) parts.push(`DEFAULT ${column.defaultSql}`);
  if (column.aliasSql !== undefined) parts.push(`ALIAS ${column.aliasSql}`);
  parts.push(`COMMENT ${literal(column.doc)}`);
  if (column.codec !== undefined) parts.push(`CODEC(${column.codec})`);
  return parts.join(" ");
}

function indexSql({ name, column, type }: IndexSpec, condition: "" | "IF NOT EXISTS" = ""): string {
  return `INDEX ${condition} ${identifier(name)} ${identifier(column)} TYPE ${type} GRANULARITY 1`;
}
