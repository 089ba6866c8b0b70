/**
 * Prints the syntax tree. Every `value` becomes a `{pN:Type}` placeholder and goes to ClickHouse beside the text; equal scalars share one
 * placeholder. `renderForReading` makes the text that people see in the query inspector; nobody executes it.
 */
import type { ParamValue } from "../store/index.ts";
import { TABLES, type Expr, type InfixOp, type ParamType, type Select, type Selected } from "./sql-tree.ts";

export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/** Binding strength, weakest first: what is weaker than its surroundings gets parentheses. */
const STRENGTH = { or: 1, and: 2, not: 3, compare: 4, add: 5, multiply: 6, atom: 7 } as const;
const INFIX_STRENGTH: Readonly<Record<InfixOp, number>> = {
  or: STRENGTH.or,
  and: STRENGTH.and,
  "=": STRENGTH.compare,
  "!=": STRENGTH.compare,
  "<": STRENGTH.compare,
  "<=": STRENGTH.compare,
  ">": STRENGTH.compare,
  ">=": STRENGTH.compare,
  "+": STRENGTH.add,
  "-": STRENGTH.add,
  "*": STRENGTH.multiply,
  "/": STRENGTH.multiply,
};

class Printer {
  readonly params: Record<string, ParamValue> = {};
  private readonly names = new Map<string, string>();

  bind(type: ParamType, bound: ParamValue): string {
    const scalar = typeof bound === "object" ? undefined : `${type}:${bound}`;
    const known = scalar === undefined ? undefined : this.names.get(scalar);
    const name = known ?? `p${Object.keys(this.params).length}`;
    this.params[name] = bound;
    if (scalar !== undefined) this.names.set(scalar, name);
    return `{${name}:${type}}`;
  }

  /** `around`: strength of the surrounding operator. */
  expr(node: Expr, around = 0): string {
    switch (node.kind) {
      case "column":
        return identifier(node.name);
      case "value":
        return this.bind(node.type, node.value);
      case "constant":
        if (!Number.isSafeInteger(node.value)) throw new RangeError(`constant ${node.value} is not an integer`);
        return String(node.value);
      case "fragment":
        return `(${node.sql})`;
      case "call":
        return `${node.name}(${this.list(node.args)})`;
      case "tuple":
        return `(${this.list(node.items)})`;
      case "infix": {
        const strength = INFIX_STRENGTH[node.op];
        const op = node.op === "and" || node.op === "or" ? node.op.toUpperCase() : node.op;
        return parenthesised(node.items.map((item) => this.expr(item, strength + 1)).join(` ${op} `), strength, around);
      }
      case "between":
        // In parentheses always: its own AND reads badly inside a conjunction.
        return `(${this.expr(node.item, STRENGTH.atom)} BETWEEN ${this.expr(node.low, STRENGTH.atom)} AND ${this.expr(node.high, STRENGTH.atom)})`;
      case "in": {
        const set = node.set.kind === "select" ? `(\n${indent(this.select(node.set))}\n)` : this.expr(node.set, STRENGTH.atom);
        return parenthesised(`${this.expr(node.item, STRENGTH.atom)} IN ${set}`, STRENGTH.compare, around);
      }
      case "not":
        return parenthesised(`NOT ${this.expr(node.item, STRENGTH.not)}`, STRENGTH.not, around);
    }
  }

  select(node: Select): string {
    const lines: string[] = [];
    if (node.with !== undefined && node.with.length > 0)
      lines.push(`WITH\n${indent(node.with.map((named) => this.selected(named)).join(",\n"))}`);
    lines.push(`SELECT ${node.columns.map((selected) => this.selected(selected)).join(", ")}`);
    if (node.from !== undefined) lines.push(`FROM ${this.source(node.from)}`);
    if (node.where !== undefined) lines.push(`WHERE ${this.expr(node.where)}`);
    if (node.groupBy !== undefined && node.groupBy.length > 0) lines.push(`GROUP BY ${this.list(node.groupBy)}`);
    if (node.orderBy !== undefined && node.orderBy.length > 0) {
      lines.push(`ORDER BY ${node.orderBy.map((o) => `${this.expr(o.expr)}${o.desc ? " DESC" : ""}`).join(", ")}`);
    }
    if (node.limit !== undefined) lines.push(`LIMIT ${this.bind("UInt64", node.limit)}`);
    return lines.join("\n");
  }

  private selected({ expr, alias }: Selected): string {
    return this.expr(expr) + (alias === undefined ? "" : ` AS ${identifier(alias)}`);
  }

  private source(from: string | readonly Select[]): string {
    if (typeof from !== "string") return `(\n${from.map((part) => indent(this.select(part))).join("\n  UNION ALL\n")}\n)`;
    if (!TABLES.has(from)) throw new Error(`${from} is not a table of flows`);
    return from;
  }

  private list(items: readonly Expr[]): string {
    return items.map((item) => this.expr(item)).join(", ");
  }
}

function parenthesised(text: string, strength: number, around: number): string {
  return strength < around ? `(${text})` : text;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

/** Names come from closed unions; the check is the second lock on that door. */
function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is not an identifier`);
  return name;
}

export function printSelect(select: Select): Statement {
  const printer = new Printer();
  const sql = printer.select(select);
  return { sql, params: printer.params };
}

/** A condition alone, as the command line shows it. */
export function printExpr(expr: Expr): Statement {
  const printer = new Printer();
  const sql = printer.expr(expr);
  return { sql, params: printer.params };
}

/** The statement with its parameters in place, for people. Long lists are shortened. */
export function renderForReading({ sql, params }: Statement): string {
  return sql.replace(/\{(p\d+):([^}]+)\}/g, (_, name: string, type: string) => literal(params[name]!, type));
}

/** Items of a list that are shown before the rest is only counted. */
const SHOWN_ITEMS = 20;

function literal(bound: ParamValue, type: string): string {
  if (typeof bound === "object") {
    const shown = bound.slice(0, SHOWN_ITEMS).map((item) => literal(item, type.replace(/^Array\((.*)\)$/, "$1")));
    const rest = bound.length - shown.length;
    return `[${shown.join(", ")}${rest > 0 ? `, /* ${rest} more */` : ""}]`;
  }
  if (typeof bound !== "string") return String(bound);
  const quoted = `'${bound.replace(/[\\']/g, "\\$&")}'`;
  return type === "IPv6" ? `toIPv6(${quoted})` : quoted;
}
