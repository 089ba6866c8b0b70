/** Which columns of a segment the database takes, and which segments can be inserted together. */
import type { SegmentColumn } from "../../spool/index.ts";
import { insertableColumns } from "../schema/table-spec.ts";
import { SEGMENT_TABLES } from "../schema/tables.ts";

/** Why the database would not take these columns; undefined when it would. Their types become part of a statement, so they must be ours. */
export function whyNotInsertable(table: string, columns: readonly SegmentColumn[]): string | undefined {
  const spec = SEGMENT_TABLES.find((t) => t.name === table);
  if (spec === undefined) return `there is no table ${table}`;
  const types = new Map(insertableColumns(spec).map((column) => [column.name, column.segmentType ?? column.type]));
  for (const { name, type } of columns) {
    const wanted = types.get(name);
    if (wanted === undefined) return `the table ${table} takes no column ${name}`;
    if (wanted !== type) return `the column ${name} of ${table} is ${wanted}, not ${type}`;
  }
  return undefined;
}

export function sameColumns(a: readonly SegmentColumn[], b: readonly SegmentColumn[]): boolean {
  return a.length === b.length && a.every(({ name, type }, i) => name === b[i]!.name && type === b[i]!.type);
}
