/** The exactly-once property, as queries: what the raw table holds, and whether each rollup is what the raw table makes of it. */
import { ROLLUP_TABLES } from "../schema/tables.ts";
import type { TestStore } from "./backends.ts";

type Rows = Pick<TestStore, "rows">;

export interface RawTotals {
  readonly rows: number;
  /** Distinct (source address, source port, bytes): each test flow has its own. */
  readonly distinct: number;
  readonly bytes: number;
}

export async function rawTotals({ rows }: Rows): Promise<RawTotals> {
  const [row] = await rows("SELECT toFloat64(count()), toFloat64(uniqExact(src_addr, src_port, bytes)), toFloat64(sum(bytes)) FROM flows");
  const [count, distinct, bytes] = row as [number, number, number];
  return { rows: count, distinct, bytes };
}

/** Totals of test flows 0 to n - 1, each stored once. */
export function totalsOf(n: number): RawTotals {
  return { rows: n, distinct: n, bytes: (n * (n + 1)) / 2 };
}

/** Groups of each rollup that differ from what the view's query answers on the raw table now; empty when all agree. */
export async function rollupDifferences({ rows }: Rows): Promise<unknown[]> {
  const differences: unknown[] = [];
  for (const rollup of ROLLUP_TABLES) {
    const columns = rollup.columns.map(({ name, type }) => {
      const simple = /^SimpleAggregateFunction\((\w+),/.exec(type)?.[1];
      if (simple !== undefined) return `${simple}(${name}) AS ${name}`;
      return type.startsWith("AggregateFunction") ? `finalizeAggregation(uniqCombinedMergeState(12)(${name})) AS ${name}` : name;
    });
    const group = `GROUP BY ${rollup.orderBy.join(", ")}`;
    const stored = `SELECT ${columns.join(", ")} FROM ${rollup.name} ${group}`;
    const recomputed = `SELECT ${columns.join(", ")} FROM (${rollup.rawSql}) ${group}`;
    for (const [left, right] of [
      [stored, recomputed],
      [recomputed, stored],
    ]) {
      for (const row of await rows(`SELECT * FROM (${left}) EXCEPT SELECT * FROM (${right}) SETTINGS prefer_column_name_to_alias = 1`))
        differences.push([rollup.name, row]);
    }
  }
  return differences;
}
