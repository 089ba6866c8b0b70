/**
 * A YAML file that a person wrote, checked against a schema. Whatever is wrong is told in one sentence with file, line, column, key and
 * what was expected.
 */
import { readFileSync } from "node:fs";
import { SillageError } from "@sillage/model";
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { z } from "zod";
import { nearestName } from "./nearest-name.ts";

/** Keys from the top of a file to one option. */
export type KeyPath = readonly (string | number)[];

/** An error of what a person wrote. */
export const invalid = (message: string, hint?: string): SillageError => new SillageError("config", "CONFIG_INVALID", message, { hint });

/** A file beside the configuration, in the words of its errors. */
export interface YamlFileKind {
  /** Such as "the networks file". */
  readonly name: string;
  /** Where its keys are described. */
  readonly hint: string;
}

/**
 * Reads and checks a file. What more than its schema has to hold is checked by the caller, who gets the place of each key for it.
 * @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export function readYamlFile<S extends z.ZodType>(
  file: string,
  schema: S,
  kind: YamlFileKind,
): { readonly content: z.output<S>; readonly place: YamlSource["place"] } {
  const { value, place } = readYamlSource(file, kind.name);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error.issues[0]!, schema, { place, ...kind });
  return { content: parsed.data, place };
}

export interface YamlSource {
  readonly value: Record<string, unknown>;
  /** "file line N column M" of the option, or of the closest thing above it that the file has. */
  readonly place: (path: KeyPath) => string;
}

/** @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID */
export function readYamlSource(file: string, name: string): YamlSource {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new SillageError(
      "config",
      "CONFIG_UNREADABLE",
      `${name} ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown error"})`,
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
    throw invalid(
      `${placeText(file, lines, syntax.pos[0])} is not YAML: ${firstLine(syntax.message)}`,
      "indent with spaces, put a space after each colon",
    );
  const value: unknown = document.toJS();
  if (value !== null && (typeof value !== "object" || Array.isArray(value)))
    throw invalid(`${file} must hold keys and values, such as "data: ./data"`);
  return { value: (value ?? {}) as Record<string, unknown>, place: (path) => placeText(file, lines, offsetOf(document, path)) };
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!.replace(/:$/, "");

function placeText(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file} line ${line} column ${col}`;
}

/** Where the key at `path` stands; keys that the file does not have are told by the nearest one above. */
function offsetOf(document: Document.Parsed, path: KeyPath): number {
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
  return offset;
}

/** One sentence about the first thing that is wrong. */
export function schemaError(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  { place, name, hint }: YamlFileKind & Pick<YamlSource, "place">,
): SillageError {
  const path = issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key));
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const known = optionsAt(schema, path);
    const near = nearestName(key, known);
    const what = [...path, key].join(".");
    const suggestion = near === undefined ? `known here: ${known.join(", ")}` : `did you mean ${near}?`;
    return invalid(`${place([...path, key])}: ${what} is not an option; ${suggestion}`, hint);
  }
  const what = path.length === 0 ? name : path.join(".");
  const reason = issue.code === "invalid_key" ? (issue.issues[0] ?? issue) : issue;
  return invalid(`${place(path)}: ${what}: ${expectation(reason)}`, hint);
}

/** What the option takes. Our own value kinds say it themselves; zod's own sentences start with "Invalid input: ". */
function expectation(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid (input|option): /, "");
}

interface SchemaNode {
  readonly properties?: Record<string, unknown>;
  readonly items?: unknown;
  /** Of groups whose keys are free. */
  readonly additionalProperties?: unknown;
}

/** Names of the options below `path`, read from the schema's JSON form. */
function optionsAt(schema: z.ZodType, path: KeyPath): string[] {
  let node: unknown = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  for (const key of path) {
    const { properties, items, additionalProperties } = node as SchemaNode;
    node = typeof key === "number" ? items : (properties?.[key] ?? additionalProperties);
    if (typeof node !== "object" || node === null) return [];
  }
  return Object.keys((node as SchemaNode).properties ?? {});
}
