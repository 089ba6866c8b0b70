/** `sillage collect`: the collector alone, for a host whose flows another process loads. */
import type { Command } from "commander";
import { ConfigReloader } from "../config-reloader.ts";
import { endByHangUp, watchTerminal } from "../hang-up.ts";
import { createLogger } from "../log.ts";
import { addConfigOptions, readConfig, rereadConfig, type ConfigOptions } from "./config-options.ts";
import { nextSignal } from "./next-signal.ts";

export function registerCollect(program: Command): void {
  addConfigOptions(program.command("collect").description("only receive flows and keep them in the spool, for `sillage load`"))
    .addHelpText(
      "after",
      `
Segments are written to DATA/spool/NAME (options data and collector.name). Load them with
  sillage load --set store.kind=http --set store.url=http://clickhouse:8123
on the same machine, or with \`sillage serve\` on the same data folder later.
SIGHUP reads the configuration again: docs/configuration.md tells what changes at once.`,
    )
    .action(async (options: ConfigOptions) => {
      const { config, file } = readConfig(options);
      const { listeningLines, startCollector } = await import("../collector-process.ts");
      const log = createLogger("collector", config.log, process.stderr.isTTY);
      const { collector, reload, stop } = await startCollector(config, log);
      process.stdout.write(
        `Sillage collects: ${listeningLines(collector).join("; ")}; health on http://${config.collector.status.host}:${collector.statusPort ?? 0}/health\n`,
      );
      const reloader = new ConfigReloader(config, {
        reread: () => rereadConfig(options, file),
        apply: reload,
        log,
      });
      const isTerminalGone = watchTerminal();
      const signal = await nextSignal(() => void reloader.reload(), isTerminalGone);
      log.info({ signal }, "ending: saving what was received");
      await stop();
      if (isTerminalGone()) endByHangUp();
    });
}
