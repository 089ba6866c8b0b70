/** Options of every command that reads the configuration, and the reading. */
import type { Command } from "commander";
import { loadConfig, type LoadedConfig } from "../config/index.ts";
import { sillageConfigSchema, type SillageConfig } from "../sillage-config.ts";

export interface ConfigOptions {
  readonly config?: string;
  readonly set: readonly string[];
}

/** Adds --config and --set. */
export function addConfigOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "YAML file with the configuration (default: $SILLAGE_CONFIG, else ./sillage.yaml, else defaults)")
    .option(
      "--set <key=value>",
      "one option, wins over the file; may be repeated",
      (value: string, before: readonly string[]) => [...before, value],
      [],
    );
}

/** @throws SillageError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID */
export function readConfig({ config, set }: ConfigOptions): LoadedConfig<SillageConfig> {
  return loadConfig(sillageConfigSchema, { path: config, overrides: set });
}
