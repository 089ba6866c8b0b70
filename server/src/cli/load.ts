/** `sillage load`: loads segments into a ClickHouse server, nothing else. Runs beside `sillage collect`. */
import { SillageError } from "@sillage/model";
import type { Command } from "commander";
import { limitLog } from "../limited-log.ts";
import { createLogger } from "../log.ts";
import { addConfigOptions, readConfig, type ConfigOptions } from "./config-options.ts";
import { nextSignal } from "./next-signal.ts";

/** Time to finish at the end. */
const STOP_MS = 10_000;

interface LoadCommandOptions extends ConfigOptions {
  readonly once?: true;
}

export function registerLoad(program: Command): void {
  addConfigOptions(program.command("load").description("only load waiting segments into a ClickHouse server over HTTP"))
    .option("--once", "load what is there and end")
    .addHelpText(
      "after",
      `
Example:
  sillage load --set store.kind=http --set store.url=http://clickhouse:8123 --set data=/var/lib/sillage`,
    )
    .action(async (options: LoadCommandOptions) => {
      const { config } = readConfig(options);
      if (config.store.kind !== "http") {
        throw new SillageError("config", "LOAD_NEEDS_SERVER", "sillage load needs a ClickHouse server, but store.kind is embedded", {
          hint: "set store.kind to http and store.url to the server's address; `sillage serve` loads into the embedded one",
        });
      }
      const { createLoader, createStore, openDataFolder } = await import("../store/index.ts");
      const log = createLogger("sillage", config.log, process.stderr.isTTY);
      const folder = await openDataFolder(config.data);
      try {
        const store = await createStore(config.store, { dataFolder: folder });
        const loader = createLoader(config.loader, { store, paths: folder, log: limitLog(log) });
        if (options.once) process.stdout.write(`${await loader.runOnce()} rows loaded\n`);
        else {
          loader.start();
          process.stdout.write(`Sillage loads ${folder.spool} into ${config.store.url ?? ""}\n`);
          log.info({ signal: await nextSignal() }, "ending: loading what is there");
          await loader.stop(STOP_MS);
        }
        await store.close();
      } finally {
        await folder.release();
      }
    });
}
