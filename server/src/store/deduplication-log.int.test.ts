/** The state that a kill leaves between the two calls of an insert, made by taking the part away: the token is remembered, its rows are not there. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createStore, type ClickHouseStore } from "./clickhouse-store.ts";
import { storeConfigSchema } from "./config.ts";
import { openDataFolder } from "./data-folder.ts";
import { rawTotals, rollupDifferences, totalsOf } from "./testing/exactly-once.ts";
import { FLOW_COLUMNS, writeFlows } from "./testing/segments.ts";

const ROWS = 500;
const config = storeConfigSchema.parse({
  retention: Object.fromEntries(
    ["flows", "traffic_1m", "traffic_1h", "ports_5m", "ports_1d", "hosts_5m", "pairs_1h"].map((t) => [t, 7_300]),
  ),
});

it.each(["flows", "traffic_1m", "ports_1d"])(
  "a batch whose process was killed before its part of %s had a name is stored by the next",
  async (table) => {
    const root = await mkdtemp(path.join(os.tmpdir(), "sillage-dedup-"));
    const dataFolder = await openDataFolder(root);
    const insert = async (store: ClickHouseStore, sequence: number): Promise<void> => {
      const file = await writeFlows(dataFolder.spool, ROWS, { sequence, offset: sequence * ROWS });
      await store.insertFiles({ table: "flows", columns: FLOW_COLUMNS, files: [file], rows: ROWS, token: `batch ${sequence}` });
    };
    try {
      const before = await createStore(config, { dataFolder });
      for (const sequence of [0, 1]) await insert(before, sequence);
      const parts = await before.ownRows(`SELECT path FROM system.parts WHERE active AND table = '${table}' ORDER BY min_block_number`);
      await before.close();
      expect(parts).toHaveLength(2);
      await rm(String(parts[1]![0]), { recursive: true });

      const store = await createStore(config, { dataFolder });
      const rows = (sql: string) => store.ownRows(sql);
      // The first batch is whole: it is repeated, too, and changes nothing.
      for (const sequence of [0, 1]) await insert(store, sequence);
      expect(await rawTotals({ rows })).toEqual(totalsOf(2 * ROWS));
      expect(await rollupDifferences({ rows })).toEqual([]);
      await store.close();
    } finally {
      await dataFolder.release();
      await rm(root, { recursive: true, force: true });
    }
  },
);
