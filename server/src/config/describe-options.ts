/** The options of a schema in the form that people ask for: the reference page and the configuration as it is in force. */
import { stringify } from "yaml";
import { z } from "zod";
import { formatDuration, formatSize } from "./values.ts";

/** The part of a JSON schema that is used here; `unitKind` is set by our own value kinds. */
interface OptionNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly unitKind?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, OptionNode>>;
  /** Keys of `properties` that have no default and must be given. */
  readonly required?: readonly string[];
  readonly items?: OptionNode;
  readonly anyOf?: readonly OptionNode[];
}

const describe = (schema: z.ZodType): OptionNode => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as OptionNode;

/** The configuration in force as YAML, durations and sizes with their units. It holds references to secrets, never secrets. */
export function printConfig(schema: z.ZodType, config: unknown): string {
  return stringify(withUnits(describe(schema), config), { lineWidth: 0 });
}

function withUnits(node: OptionNode | undefined, value: unknown): unknown {
  if (typeof value === "number" && node?.unitKind?.startsWith("duration") === true) return formatDuration(value);
  if (typeof value === "number" && node?.unitKind?.startsWith("size") === true) return formatSize(value);
  if (Array.isArray(value)) return value.map((item) => withUnits(node?.items, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withUnits(node?.properties?.[key], inner)]));
}

/** The options as Markdown: one heading a section, one row an option. */
export function configReference(schema: z.ZodType): string {
  const root = describe(schema);
  const plain = rows("", root).filter(({ name }) => !name.includes("."));
  const sections = Object.entries(root.properties ?? {}).filter(([, node]) => node.properties !== undefined);
  const chapters = sections.map(([name, node]) => `## ${name}\n\n${node.description ?? ""}\n\n${table(rows(name, node))}`);
  return [table(plain), ...chapters].join("\n");
}

interface OptionRow {
  readonly name: string;
  readonly node: OptionNode;
  readonly required: boolean;
}

/** Options below a section, with their full names; members of a list are written `key[].member`. */
function rows(prefix: string, section: OptionNode): OptionRow[] {
  return Object.entries(section.properties ?? {}).flatMap(([key, node]): OptionRow[] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (node.properties) return rows(name, node);
    const row = { name, node, required: section.required?.includes(key) ?? false };
    return [row, ...(node.items?.properties ? rows(`${name}[]`, node.items) : [])];
  });
}

function table(options: readonly OptionRow[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const lines = options.map(
    ({ name, node, required }) =>
      `| \`${name}\` | ${cell(kindOf(node))} | ${required ? "must be given" : cell(defaultOf(node))} | ${cell(node.description ?? "")} |`,
  );
  return ["| option | value | default | meaning |", "|---|---|---|---|", ...lines, ""].join("\n");
}

function kindOf(node: OptionNode): string {
  if (node.unitKind === "secret") return "`env:NAME` or `file:PATH`";
  if (node.unitKind !== undefined) return node.unitKind;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(" or ");
  if (node.anyOf) return [...new Set(node.anyOf.map(kindOf))].join(" or ");
  if (node.type === "array") return node.items?.properties ? "list of groups" : `list of ${node.items ? kindOf(node.items) : "values"}`;
  if (node.type === "integer" || node.type === "number") return `${node.type === "integer" ? "whole number" : "number"}${rangeOf(node)}`;
  if (node.type === "boolean") return "`true` or `false`";
  return node.pattern === undefined ? "text" : `text, \`${node.pattern}\``;
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: OptionNode): string {
  const low = exclusiveMinimum === undefined ? (minimum === undefined ? "" : ` from ${minimum}`) : ` above ${exclusiveMinimum}`;
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? low : `${low} to ${maximum}`;
}

function defaultOf(node: OptionNode): string {
  if (node.default === undefined) return "none";
  return `\`${typeof node.default === "string" ? node.default : JSON.stringify(node.default)}\``;
}
