/** Values and names as ClickHouse reads them in a statement's text. Queries do not need this: their values travel as parameters. */
import type { ParamValue } from "./store.ts";

/** A string literal. Only the backslash and the quote can end one. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, (c) => `\\${c}`)}'`;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name of a database, table or column; ours are all of this form, so anything else is a mistake. */
export function identifier(name: string): string {
  if (!NAME.test(name)) throw new TypeError(`not a name: ${JSON.stringify(name)}`);
  return `\`${name}\``;
}

/** Value of a setting in a SET statement. */
export function settingValue(value: string | number): string {
  return typeof value === "number" ? String(value) : literal(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\0": "\\0",
  "\b": "\\b",
  "\f": "\\f",
};

/**
 * Text of a query parameter, as ClickHouse parses it: escaped as in TabSeparated, strings inside an array quoted. The engine casts it to
 * the placeholder's type, so it never becomes SQL.
 */
export function paramText(value: ParamValue): string {
  if (typeof value === "string") return value.replace(/[\\\t\n\r\0\b\f]/g, (c) => ESCAPES[c]!);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return `[${value.map((v) => (typeof v === "string" ? `'${paramText(v).replaceAll("'", "\\'")}'` : paramText(v))).join(",")}]`;
}

/** Names of the `{name:Type}` placeholders in a statement. */
export function placeholders(sql: string): string[] {
  return [...sql.matchAll(/\{([A-Za-z_]\w*)\s*:/g)].map((match) => match[1]!);
}
