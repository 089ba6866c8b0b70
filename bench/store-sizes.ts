/** Bytes a flow that each table takes on disk once its parts are merged: of a data folder that no process has open. */
import { NetworkLabels } from "../server/src/networks/index.ts";
import { createStore, openDataFolder, storeConfigSchema } from "../server/src/store/index.ts";
import { ROLLUP_TABLES } from "../server/src/store/schema/tables.ts";

const LIMITS = { maxSeconds: 60, maxMemoryBytes: 1e9, maxRowsToRead: 1e6, maxResultRows: 1 };

/** By table, `flows` first; two digits. */
export async function storeSizes(folder: string, flows: number): Promise<Readonly<Record<string, number>>> {
  const dataFolder = await openDataFolder(folder);
  try {
    const store = await createStore(storeConfigSchema.parse({}), { dataFolder, networks: new NetworkLabels(undefined).rows });
    try {
      const sizes: Record<string, number> = {};
      for (const table of ["flows", ...ROLLUP_TABLES.map(({ name }) => name)]) {
        await store.command(`OPTIMIZE TABLE ${table} FINAL`);
        const { rows } = await store.query({
          sql: "SELECT toFloat64(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}",
          params: { table },
          limits: LIMITS,
        });
        sizes[table] = Math.round(((rows[0] as [number])[0] / flows) * 100) / 100;
      }
      return sizes;
    } finally {
      await store.close();
    }
  } finally {
    await dataFolder.release();
  }
}
