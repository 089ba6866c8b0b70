/** The options of a schema in the form that people ask for: the reference page and the configuration as it is in force. */
import { stringify } from "yaml";
import { z } from "zod";
import { formatBitRate, formatDuration, formatSize } from "./values.ts";

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
  /** What each member of a group with free keys is. */
  readonly additionalProperties?: OptionNode | boolean;
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
  if (typeof value === "number" && node?.unitKind?.startsWith("bit rate") === true) return formatBitRate(value);
  if (Array.isArray(value)) return value.map((item) => withUnits(node?.items, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withUnits(node?.properties?.[key] ?? membersOf(node), inner)]),
  );
}

/** What the members of a group are whose keys are free; undefined for other groups. */
function membersOf(node: OptionNode | undefined): OptionNode | undefined {
  return typeof node?.additionalProperties === "object" ? node.additionalProperties : undefined;
}

/** The options as Markdown: one heading a section or list of groups at the top, one row an option. */
export function configReference(schema: z.ZodType): string {
  const root = describe(schema);
  const isGroup = (node: OptionNode): boolean => (node.properties ?? node.items?.properties) !== undefined;
  const plain = rows("", root).filter(({ name, node }) => !name.includes(".") && !isGroup(node));
  const chapters = Object.entries(root.properties ?? {})
    .filter(([, node]) => isGroup(node))
    .map(([name, node]) => {
      const members = node.properties ? rows(name, node) : rows(`${name}[]`, node.items!);
      return `## ${name}\n\n${node.description ?? ""}\n\n${table(members)}`;
    });
  return [table(plain), ...chapters].join("\n");
}

interface OptionRow {
  readonly name: string;
  readonly node: OptionNode;
  readonly required: boolean;
}

/** Options below a section, with their full names; members of a list are written `key[].member`, of a group with free keys `key.*.member`. */
function rows(prefix: string, section: OptionNode): OptionRow[] {
  return Object.entries(section.properties ?? {}).flatMap(([key, node]): OptionRow[] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (node.properties) return rows(name, node);
    const row = { name, node, required: section.required?.includes(key) ?? false };
    const members = membersOf(node);
    return [
      row,
      ...(node.items?.properties ? rows(`${name}[]`, node.items) : []),
      ...(members?.properties ? rows(`${name}.*`, members) : []),
    ];
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
  if (membersOf(node) !== undefined) return "group, any keys";
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
