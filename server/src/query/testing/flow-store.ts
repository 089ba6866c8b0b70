/** A store on embedded ClickHouse in a temporary folder, filled with rows that a test writes by field name. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { field, presentMask, STORED_FIELDS, type FieldName, type FlowRow } from "@sillage/model";
import { createStore, openDataFolder, storeConfigSchema, type FlowStore, type QueryLimits } from "../../store/index.ts";

export const TEST_LIMITS: QueryLimits = { maxSeconds: 60, maxMemoryBytes: 2 ** 31, maxRowsToRead: 1e9, maxResultRows: 100_000 };

export interface TestStore {
  readonly store: FlowStore;
  insert(rows: readonly FlowRow[]): Promise<void>;
  close(): Promise<void>;
}

/** Rows of a fixed day in a test must not age. */
const DAYS = 7_000;

/** Columns that tests fill; `present` follows from which of them a row has. */
const COLUMNS = STORED_FIELDS.map((stored) => stored.name).filter((name) => name !== "present");

export async function openTestStore(): Promise<TestStore> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-query-"));
  const dataFolder = await openDataFolder(path.join(folder, "data"));
  const store = await createStore(storeConfigSchema.parse({ retention: { flows: DAYS, traffic_1m: DAYS, ports_5m: DAYS } }), {
    dataFolder,
  });
  return {
    store,
    insert: (rows) => insertFlows(store, rows),
    async close() {
      await store.close();
      await dataFolder.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function insertFlows(store: Pick<FlowStore, "command">, rows: readonly FlowRow[]): Promise<void> {
  await store.command(`INSERT INTO flows (${[...COLUMNS, "present"].join(", ")}) VALUES ${rows.map(rowSql).join(", ")}`);
}

function rowSql(row: FlowRow): string {
  const present = COLUMNS.reduce((bits, name) => (row[name] === undefined ? bits : bits | presentMask(name)), 0);
  return `(${[...COLUMNS.map((name) => valueSql(name, row[name])), present].join(", ")})`;
}

function valueSql(name: FieldName, given: FlowRow[FieldName]): string {
  const { kind } = field(name);
  if (kind === "ip") return `'${String(given ?? "::")}'`;
  if (kind === "time") return `fromUnixTimestamp64Milli(toInt64(${String(given ?? 0)}), 'UTC')`;
  if (kind === "string") return `'${String(given ?? "").replace(/[\\']/g, "\\$&")}'`;
  if (kind === "u32s") return "[]";
  if (kind === "map") return "map()";
  return String(given ?? 0);
}
