/** What the store of a system holds: the raw table as sets of flow numbers, and what the rollups make of it. */
import { rollupDifferences } from "../../server/src/store/testing/exactly-once.ts";
import { createStore, openDataFolder, storeConfigSchema } from "../../server/src/store/index.ts";
import { ROLLUP_TABLES } from "../../server/src/store/schema/tables.ts";
import { IS_SENT_SQL, NUMBER_SQL } from "./numbered-flow.ts";
import type { NumberRange } from "./number-set.ts";

type Rows = readonly (readonly unknown[])[];

export interface Stored {
  rows(sql: string): Promise<Rows>;
  close(): Promise<void>;
}

/** Opens the embedded store of a system that was stopped. */
export async function openStored(data: string): Promise<Stored> {
  const dataFolder = await openDataFolder(data);
  const store = await createStore(storeConfigSchema.parse({}), { dataFolder });
  return {
    rows: (sql) => store.ownRows(sql),
    async close() {
      await store.close();
      await dataFolder.release();
    },
  };
}

/** Opens the store behind the HTTP helper. */
export async function openStoredOverHttp(url: string): Promise<Stored> {
  const store = await createStore(storeConfigSchema.parse({ kind: "http", url }));
  return { rows: (sql) => store.ownRows(sql), close: () => store.close() };
}

/** Flows of one exporter in the raw table. */
export interface StoredFlows {
  readonly rows: number;
  /** Distinct numbers, in order. */
  readonly ranges: readonly NumberRange[];
  /** Numbers that are there more than once, in order. */
  readonly repeated: readonly NumberRange[];
  /** Rows whose fields do not agree with their number. */
  readonly foreign: number;
}

export async function storedFlows(stored: Stored, exporter: string): Promise<StoredFlows> {
  const numbered = `SELECT ${NUMBER_SQL} AS n, ${IS_SENT_SQL} AS is_sent FROM flows WHERE exporter = toIPv6('${exporter}')`;
  const [counts] = await stored.rows(`SELECT toFloat64(count()), toFloat64(countIf(NOT is_sent)) FROM (${numbered})`);
  const [count, foreign] = counts as [number, number];
  const rangesOf = async (having: string): Promise<NumberRange[]> => {
    const distinct = `SELECT n FROM (${numbered}) GROUP BY n ${having}`;
    // Numbers without a gap keep their distance from their rank.
    const islands = `SELECT n, toInt64(n) - toInt64(row_number() OVER (ORDER BY n)) AS island FROM (${distinct})`;
    const found = await stored.rows(
      `SELECT toFloat64(min(n)) AS first, toFloat64(max(n)) FROM (${islands}) GROUP BY island ORDER BY first`,
    );
    return found.map(([first, last]) => ({ first: Number(first), last: Number(last) }));
  };
  return { rows: count, ranges: await rangesOf(""), repeated: await rangesOf("HAVING count() > 1"), foreign };
}

/** Sums of a rollup by exporter: flows, bytes, packets. */
export interface Sums {
  readonly flows: number;
  readonly bytes: number;
  readonly packets: number;
}

/** The rollups that hold each flow of an exporter once, and those of which it is known which flows they hold. */
export const SUMMED_ROLLUPS: readonly {
  readonly table: string;
  readonly condition?: string;
  readonly holds: (number: number) => boolean;
}[] = [
  ...ROLLUP_TABLES.filter(({ name }) => name.startsWith("traffic_") || name.startsWith("ports_")).map(({ name }) => ({
    table: name,
    holds: () => true,
  })),
  // Senders are inside, destinations are not.
  { table: "hosts_5m", holds: () => true },
  // Probes are left out: every third flow is one.
  { table: "pairs_1h", holds: (number) => number % 3 !== 1 },
];

/** Sums of a rollup by exporter address. */
export async function rollupSums(stored: Stored, table: string): Promise<Map<string, Sums>> {
  const columns = ROLLUP_TABLES.find(({ name }) => name === table)!.columns.map(({ name }) => name);
  const sum = (name: string): string => (columns.includes(name) ? `toFloat64(sum(${name}))` : "nan");
  const found = await stored.rows(
    `SELECT toString(toIPv4(exporter)), ${["flows", "bytes", "packets"].map(sum).join(", ")} FROM ${table} GROUP BY exporter ORDER BY exporter`,
  );
  return new Map(
    found.map(([exporter, flows, bytes, packets]) => [
      String(exporter),
      { flows: Number(flows), bytes: Number(bytes), packets: Number(packets) },
    ]),
  );
}

/** Groups of rollups that are not what their view makes of the raw table now, for people. */
export async function wrongGroups(stored: Stored): Promise<string[]> {
  const differences = await rollupDifferences({ rows: (sql) => stored.rows(sql) });
  return differences.slice(0, 5).map((difference) => JSON.stringify(difference).slice(0, 300));
}
