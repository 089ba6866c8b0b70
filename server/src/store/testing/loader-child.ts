/** The child process of loader-crash.int.test.ts: opens the data folder, loads what waits, says so. Arguments: data folder, once. */
import { createStore } from "../clickhouse-store.ts";
import { storeConfigSchema } from "../config.ts";
import { openDataFolder } from "../data-folder.ts";
import { loaderConfigSchema } from "../loader/config.ts";
import { createLoader } from "../loader/loader.ts";

async function main(root: string, options: { maxBatchRows: number }): Promise<void> {
  const dataFolder = await openDataFolder(root);
  const store = await createStore(storeConfigSchema.parse({ retention: { flows: 7_300, traffic_1m: 7_300, ports_5m: 7_300 } }), {
    dataFolder,
  });
  process.send!("loading");
  const rows = await createLoader(loaderConfigSchema.parse(options), { store, paths: dataFolder }).runOnce();
  await store.close();
  await dataFolder.release();
  process.send!({ rows });
  process.disconnect();
}

void main(process.argv[2]!, JSON.parse(process.argv[3]!) as { maxBatchRows: number });
