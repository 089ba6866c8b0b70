/** `sillage collect`: the collector alone, for a host whose flows another process loads. */
import type { Command } from "commander";
import { createLogger } from "../log.ts";
import { addConfigOptions, readConfig, type ConfigOptions } from "./config-options.ts";
import { nextSignal } from "./next-signal.ts";

export function registerCollect(program: Command): void {
  addConfigOptions(program.command("collect").description("only receive flows and keep them in the spool, for `sillage load`"))
    .addHelpText(
      "after",
      `
Segments are written to DATA/spool/NAME (options data and collector.name). Load them with
  sillage load --set store.kind=http --set store.url=http://clickhouse:8123
on the same machine, or with \`sillage serve\` on the same data folder later.`,
    )
    .action(async (options: ConfigOptions) => {
      const { config } = readConfig(options);
      const { listeningLines, startCollector } = await import("../collector-process.ts");
      const log = createLogger("collector", config.log, process.stderr.isTTY);
      const { collector, stop } = await startCollector(config, log);
      process.stdout.write(
        `Sillage collects: ${listeningLines(collector).join("; ")}; health on http://${config.collector.status.host}:${collector.statusPort ?? 0}/health\n`,
      );
      const signal = await nextSignal();
      log.info({ signal }, "ending: saving what was received");
      await stop();
    });
}
