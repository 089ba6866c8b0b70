/** `sillage serve`: everything on this machine. */
import type { Command } from "commander";
import { checkExposure } from "../api/config.ts";
import { readElementsFile } from "../collect/elements-file.ts";
import { printConfig, readSecret } from "../config/index.ts";
import { readNetworksFile } from "../networks/networks-file.ts";
import { sillageConfigSchema, type SillageConfig } from "../sillage-config.ts";
import { addConfigOptions, readConfig, rereadConfig, type ConfigOptions } from "./config-options.ts";

interface ServeCommandOptions extends ConfigOptions {
  readonly demo?: true;
  readonly check?: true;
  readonly printConfig?: true;
}

/** @param entry the program's file: children are forked from it */
export function registerServe(program: Command, entry: string): void {
  addConfigOptions(program.command("serve").description("receive flows, store them, answer the API and the page"))
    .option("--demo", "also send demo traffic to the collector, over UDP")
    .option("--check", "check the configuration and end")
    .option("--print-config", "print the configuration in force, without secrets, and end")
    .addHelpText(
      "after",
      `
Examples:
  sillage serve                                     defaults: UDP 2055, 4739 and 6343, http://localhost:8055, data in ./data
  sillage serve --config /etc/sillage.yaml
  sillage serve --set data=/var/lib/sillage --set api.port=9000
  sillage serve --check && echo fine
SIGHUP reads the configuration again: docs/configuration.md tells what changes at once.
All options: docs/reference/config.md`,
    )
    .action(async (options: ServeCommandOptions) => {
      const { config, file } = readConfig(options);
      const print = (line: string): void => void process.stdout.write(`${line}\n`);
      if (options.printConfig) {
        print(printConfig(sillageConfigSchema, config).trimEnd());
        return;
      }
      checkConfig(config);
      if (options.check) {
        print(file === undefined ? "fine: no configuration file, everything has its default" : `fine: ${file}`);
        return;
      }
      const { serve } = await import("../serve.ts");
      const reread = (): SillageConfig => {
        const again = rereadConfig(options, file);
        checkConfig(again);
        return again;
      };
      process.exitCode = await serve({ config, reread, entry, demo: options.demo === true, print });
    });
}

/**
 * What the schema cannot see: secrets that are missing, an API that anybody could ask, files that the configuration names.
 * @throws SillageError CONFIG_SECRET, API_NEEDS_TOKEN, CONFIG_UNREADABLE, CONFIG_INVALID
 */
function checkConfig({ api, store, networks, elements }: SillageConfig): void {
  if (networks !== undefined) readNetworksFile(networks);
  if (elements !== undefined) readElementsFile(elements);
  checkExposure(api);
  for (const [i, { token }] of api.tokens.entries()) readSecret(token, `api.tokens.${i}.token`);
  if (store.password !== undefined) readSecret(store.password, "store.password");
}
