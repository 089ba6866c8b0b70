/** Both back ends as tests open them: a temporary data folder, and for HTTP a helper with an engine of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createStore, type ClickHouseStore } from "../clickhouse-store.ts";
import { defaultLimits, storeConfigSchema, type StoreConfig } from "../config.ts";
import { openDataFolder, type DataFolder } from "../data-folder.ts";
import { TABLES } from "../schema/tables.ts";
import type { DictionaryRow } from "../dictionaries.ts";
import type { ParamValue, QueryLimits } from "../store.ts";
import { startHttpHelper, type HttpHelper } from "./http-helper.ts";

export const BACKENDS = ["embedded", "http"] as const;
export type Backend = (typeof BACKENDS)[number];

export interface TestStore {
  readonly store: ClickHouseStore;
  readonly config: StoreConfig;
  readonly dataFolder: DataFolder;
  readonly limits: QueryLimits;
  /** Only with the back end http. */
  readonly helper: HttpHelper | undefined;
  /** Rows of a query. */
  rows(sql: string, params?: Readonly<Record<string, ParamValue>>): Promise<readonly (readonly unknown[])[]>;
  /** Closes the store and opens it again on the same data. */
  reopen(): Promise<TestStore>;
  close(): Promise<void>;
}

/** Test flows are mostly between 10.0.0.0/8 and elsewhere. */
const TEST_NETWORKS: readonly DictionaryRow[] = [{ address: "10.0.0.0", prefix: 8, values: ["test", "internal", "", "", "", "", 0, 1] }];

/** Tables whose retention is no option. */
const FIXED = ["exporters", "exporter_options", "ignored_elements"];

export async function openTestStore(backend: Backend, overrides: object = {}): Promise<TestStore> {
  const root = await mkdtemp(path.join(os.tmpdir(), "sillage-store-"));
  const helper = backend === "http" ? await startHttpHelper() : undefined;
  // Test flows have fixed dates; with the default retention they would be gone as soon as they are stored.
  const retention = Object.fromEntries(TABLES.map((table) => [table.name, 7_300]).filter(([name]) => !FIXED.includes(String(name))));
  const config = storeConfigSchema.parse({ kind: backend, retention, ...(helper === undefined ? {} : { url: helper.url }), ...overrides });
  return open(root, helper, config);
}

async function open(root: string, helper: HttpHelper | undefined, config: StoreConfig): Promise<TestStore> {
  const dataFolder = await openDataFolder(path.join(root, "data"));
  const store = await createStore(config, { dataFolder, networks: TEST_NETWORKS });
  const limits = defaultLimits(config);
  return {
    store,
    config,
    dataFolder,
    limits,
    helper,
    rows: async (sql, params = {}) => (await store.query({ sql, params, limits })).rows,
    async reopen() {
      await store.close();
      await dataFolder.release();
      return open(root, helper, config);
    },
    async close() {
      await store.close();
      await dataFolder.release();
      await helper?.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
