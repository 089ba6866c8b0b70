/**
 * From a YAML file to a checked configuration. The file is looked for in this order: the path given, $SILLAGE_CONFIG, ./sillage.yaml;
 * without any of them everything has its default. Options given on the command line (`--set collect.ports=[9995]`) win over the file.
 * Whatever is wrong is told in one sentence with file, line, key and what was expected.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { SillageError } from "@sillage/model";
import { parse as parseYaml } from "yaml";
import type { z } from "zod";
import { invalid, readYamlSource, schemaError, type KeyPath } from "./yaml-file.ts";

const CONFIG_FILE = { name: "the configuration file", hint: "docs/reference/config.md lists all options" };

/** File that is read when nobody names another one. */
const DEFAULT_CONFIG_FILE = "sillage.yaml";

export interface LoadConfigOptions {
  /** Value of `--config`. */
  readonly path?: string | undefined;
  /** Values of `--set`, each `key.key=YAML value`. */
  readonly overrides?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface LoadedConfig<T> {
  readonly config: T;
  /** Absolute path of the file that was read; undefined when there is none. */
  readonly file: string | undefined;
}

/**
 * Finds, reads and checks the configuration.
 * @throws SillageError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export function loadConfig<S extends z.ZodType>(schema: S, options: LoadConfigOptions = {}): LoadedConfig<z.output<S>> {
  const { env = process.env, cwd = process.cwd() } = options;
  const file = findFile(options.path, env, cwd);
  const source = file === undefined ? undefined : readYamlSource(file, CONFIG_FILE.name);
  const value: Record<string, unknown> = source?.value ?? {};
  const fromCommandLine = applyOverrides(value, options.overrides ?? []);
  const parsed = schema.safeParse(value);
  if (parsed.success) return { config: parsed.data, file };
  const issue = parsed.error.issues[0]!;
  const place = (path: KeyPath): string => {
    if (fromCommandLine.some((keys) => keys.every((key, i) => String(path[i]) === key))) return "--set";
    return source === undefined ? "default" : source.place(path);
  };
  throw schemaError(issue, schema, { place, ...CONFIG_FILE });
}

function findFile(given: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  const named = given ?? (env["SILLAGE_CONFIG"] === "" ? undefined : env["SILLAGE_CONFIG"]);
  if (named === undefined) {
    const usual = resolve(cwd, DEFAULT_CONFIG_FILE);
    return existsSync(usual) ? usual : undefined;
  }
  const file = resolve(cwd, named);
  if (existsSync(file)) return file;
  const origin = given === undefined ? "$SILLAGE_CONFIG" : "--config";
  throw new SillageError("config", "CONFIG_NOT_FOUND", `the configuration file ${named} named by ${origin} does not exist`, {
    hint: "give the path of an existing YAML file, or none for the defaults",
  });
}

/** Writes the `--set` values into `value`; returns the keys that were set. */
function applyOverrides(value: Record<string, unknown>, overrides: readonly string[]): string[][] {
  return overrides.map((override) => {
    const equals = override.indexOf("=");
    if (equals <= 0) throw invalid(`--set ${override} is not KEY=VALUE`, "for example --set collect.ports=[9995]");
    const keys = override.slice(0, equals).split(".");
    let given: unknown;
    try {
      given = parseYaml(override.slice(equals + 1), { prettyErrors: false });
    } catch {
      throw invalid(`--set ${override}: the value is not YAML`, 'quote it, for example --set api.address="::1"');
    }
    let target = value;
    for (const key of keys.slice(0, -1)) {
      const next = target[key];
      target = target[key] = typeof next === "object" && next !== null && !Array.isArray(next) ? { ...next } : {};
    }
    target[keys.at(-1)!] = given;
    return keys;
  });
}
