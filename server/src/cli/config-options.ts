/** Options of every command that reads the configuration, and the reading. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { SillageError } from "@sillage/model";
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
export function readConfig({ config: path, set }: ConfigOptions): LoadedConfig<SillageConfig> {
  const { config, file } = loadConfig(sillageConfigSchema, { path, overrides: set });
  const { networks = besideConfig(file, "networks.yaml"), elements = besideConfig(file, "elements.yaml") } = config;
  return { config: { ...config, networks, elements }, file };
}

/**
 * Reads the configuration again, from the file it was read from.
 * @param file undefined: there was none, and now there may be
 * @throws SillageError CONFIG_NOT_FOUND when the file is gone, and the others of readConfig
 */
export function rereadConfig(options: ConfigOptions, file: string | undefined): SillageConfig {
  if (file !== undefined && !existsSync(file))
    throw new SillageError("config", "CONFIG_NOT_FOUND", `the configuration file ${file} is gone`, {
      hint: "put it back, or start without it",
    });
  return readConfig(options).config;
}

/** A file that need not be named, because it lies where people look for it. */
function besideConfig(file: string | undefined, name: string): string | undefined {
  const beside = join(file === undefined ? "." : dirname(file), name);
  return existsSync(beside) ? beside : undefined;
}
