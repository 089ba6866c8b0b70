/**
 * From a YAML file to a checked configuration. The file is looked for in this order: the path given, $SILLAGE_CONFIG, ./sillage.yaml;
 * without any of them everything has its default. Options given on the command line (`--set collect.ports=[9995]`) win over the file.
 * Whatever is wrong is told in one sentence with file, line, key and what was expected.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SillageError } from "@sillage/model";
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parse as parseYaml, parseDocument } from "yaml";
import { z } from "zod";
import { nearestName } from "./nearest-name.ts";

/** File that is read when nobody names another one. */
export const DEFAULT_CONFIG_FILE = "sillage.yaml";

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

/** Keys from the top of the configuration to one option. */
type KeyPath = readonly (string | number)[];

const fail = (message: string, hint?: string): SillageError => new SillageError("config", "CONFIG_INVALID", message, { hint });

/**
 * Finds, reads and checks the configuration.
 * @throws SillageError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export function loadConfig<S extends z.ZodType>(schema: S, options: LoadConfigOptions = {}): LoadedConfig<z.output<S>> {
  const { env = process.env, cwd = process.cwd() } = options;
  const file = findFile(options.path, env, cwd);
  const source = file === undefined ? undefined : readSource(file);
  const value: Record<string, unknown> = source?.value ?? {};
  const fromCommandLine = applyOverrides(value, options.overrides ?? []);
  const parsed = schema.safeParse(value);
  if (parsed.success) return { config: parsed.data, file };
  const issue = parsed.error.issues[0]!;
  throw issueError(issue, schema, (path) => {
    if (fromCommandLine.some((keys) => keys.every((key, i) => String(path[i]) === key))) return "--set";
    return source === undefined ? "default" : source.place(path);
  });
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

interface Source {
  readonly value: Record<string, unknown>;
  /** "file line N" of the option, or of the closest thing above it that the file has. */
  readonly place: (path: KeyPath) => string;
}

function readSource(file: string): Source {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new SillageError(
      "config",
      "CONFIG_UNREADABLE",
      `the configuration file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown error"})`,
      {
        hint: "check that it is a file and that this user may read it",
        cause,
      },
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax)
    throw fail(
      `${file} line ${lines.linePos(syntax.pos[0]).line} is not YAML: ${firstLine(syntax.message)}`,
      "indent with spaces, put a space after each colon",
    );
  const value: unknown = document.toJS();
  if (value !== null && (typeof value !== "object" || Array.isArray(value)))
    throw fail(`${file} must hold keys and values, such as "data: ./data"`);
  return { value: (value ?? {}) as Record<string, unknown>, place: (path) => `${file} line ${lineOf(document, lines, path)}` };
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!.replace(/:$/, "");

/** Line of the key at `path`; keys that the file does not have are told by the nearest one above. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: KeyPath): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = node.items[Number(key)] as Node | undefined;
      if (!node) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return lines.linePos(offset).line;
}

/** Writes the `--set` values into `value`; returns the keys that were set. */
function applyOverrides(value: Record<string, unknown>, overrides: readonly string[]): string[][] {
  return overrides.map((override) => {
    const equals = override.indexOf("=");
    if (equals <= 0) throw fail(`--set ${override} is not KEY=VALUE`, "for example --set collect.ports=[9995]");
    const keys = override.slice(0, equals).split(".");
    let given: unknown;
    try {
      given = parseYaml(override.slice(equals + 1), { prettyErrors: false });
    } catch {
      throw fail(`--set ${override}: the value is not YAML`, 'quote it, for example --set api.address="::1"');
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

/** One sentence about the first thing that is wrong. */
function issueError(issue: z.core.$ZodIssue, schema: z.ZodType, place: (path: KeyPath) => string): SillageError {
  const path = issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key));
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const known = optionsAt(schema, path);
    const near = nearestName(key, known);
    const what = [...path, key].join(".");
    const suggestion = near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${near}?`;
    return fail(`${place([...path, key])}: ${what} is not an option; ${suggestion}`, "docs/reference/config.md lists all options");
  }
  const what = path.length === 0 ? "the configuration" : path.join(".");
  return fail(`${place(path)}: ${what}: ${expectation(issue)}`, "docs/reference/config.md lists all options");
}

/** What the option takes. Our own value kinds say it themselves; zod's own sentences start with "Invalid input: ". */
function expectation(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid (input|option): /, "");
}

/** Names of the options below `path`, read from the schema's JSON form. */
function optionsAt(schema: z.ZodType, path: KeyPath): string[] {
  let node: unknown = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  for (const key of path) {
    const { properties, items } = node as { properties?: Record<string, unknown>; items?: unknown };
    node = typeof key === "number" ? items : properties?.[key];
    if (typeof node !== "object" || node === null) return [];
  }
  return Object.keys((node as { properties?: object }).properties ?? {});
}
