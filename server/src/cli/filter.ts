/** `sillage filter`: says what a filter means, or where it is wrong, without asking any data. */
import { checkFilter, printFilter, type Diagnostic } from "@sillage/model";
import { Option, type Command } from "commander";
import { predicateSql, printExpr, renderForReading } from "../query/index.ts";

interface FilterOptions {
  readonly sql?: boolean;
  readonly ast?: boolean;
}

export function registerFilter(program: Command): void {
  program
    .command("filter")
    .description("check a filter and print it in one spelling, as a syntax tree or as SQL")
    .argument("<filter>", "the filter; quote it, because the shell knows ( ) < > ! too")
    .addOption(new Option("--sql", "print the condition for ClickHouse, for reading").conflicts("ast"))
    .addOption(new Option("--ast", "print the syntax tree as JSON; from and to are offsets in the text"))
    .addHelpText(
      "after",
      `
Errors are shown with the place; exit code 1. Warnings go to standard error and do not change the exit code.
docs/filter.md explains the language, docs/reference/filter-words.md lists its words.

Examples:
  sillage filter 'proto tcp and dst port 443'
  sillage filter 'host 10.0.0.1 or 10.0.0.2' --sql
  sillage filter 'flags S/SA' --ast | jq .expression.match`,
    )
    .action((text: string, options: FilterOptions) => {
      const { output, messages, ok } = describeFilter(text, options);
      process.stderr.write(messages);
      process.stdout.write(output);
      if (!ok) process.exitCode = 1;
    });
}

export interface FilterDescription {
  /** For standard output. */
  readonly output: string;
  /** Errors and warnings with the text they are about, for standard error. */
  readonly messages: string;
  readonly ok: boolean;
}

export function describeFilter(text: string, { sql = false, ast: asTree = false }: FilterOptions): FilterDescription {
  const { ast, predicate, diagnostics } = checkFilter(text);
  const messages = diagnostics.map((diagnostic) => renderDiagnostic(text, diagnostic)).join("");
  if (predicate === undefined) return { output: "", messages, ok: false };
  if (sql) return { output: `${renderForReading(printExpr(predicateSql(predicate)))}\n`, messages, ok: true };
  if (asTree) return { output: `${JSON.stringify(ast, exactNumbers, 2)}\n`, messages, ok: true };
  return { output: `${printFilter(ast) || "any"}\n`, messages, ok: true };
}

/** Counters above 2^53 are strings in JSON. */
function exactNumbers(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** Characters of a line that are shown, around the place. */
const WINDOW = 100;
const BEFORE = 40;

/** The message, the line it is about, a caret under each character of the place, the hint. */
export function renderDiagnostic(text: string, { severity, code, message, hint, position }: Diagnostic): string {
  const start = position.offset - position.column + 1;
  const end = text.indexOf("\n", start);
  const line = text.slice(start, end < 0 ? text.length : end);
  const cut = Math.max(0, position.column - 1 - BEFORE);
  const shown = line.slice(cut, cut + WINDOW);
  const carets = "^".repeat(Math.max(1, Math.min(position.length, shown.length - (position.column - 1 - cut))));
  // Tabs stay tabs, so that the caret stands below its character.
  const indent = line.slice(cut, position.column - 1).replaceAll(/[^\t]/g, " ");
  const rows = [
    `${severity} at line ${position.line}, column ${position.column}: ${message} (${code})`,
    `  ${shown}`,
    `  ${indent}${carets}`,
  ];
  if (hint !== undefined) rows.push(`  ${hint}`);
  return `${rows.join("\n")}\n`;
}
