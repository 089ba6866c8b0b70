/**
 * Puts the values of dashboard variables into a filter text. A variable may stand where a value stands (`port $port`), in a list
 * (`[22 $ports]`), or where a whole test stands (`proto tcp and $filter`), and the text around it says which:
 *
 * - a value: many values become a list (`port $port` -> `port in [80 443]`);
 * - a test: the value is filter text of its own, put in parentheses; without a value it is `any`, so it takes no flow away.
 *
 * A value can never reach beyond its place: what is not one plain word, or not balanced in itself, is quoted, and the checker then names
 * it. Variables with a format of their own (`${port:csv}`) are left to Grafana.
 */

/** The value of one variable; undefined when there is no such variable. */
export type VariableValue = string | readonly string[] | undefined;

/** Looks a variable up by the way it is written, e.g. `$port`, `${port}` or `[[port]]`; a string for a variable with its own format. */
export type LookUpVariable = (written: string) => { readonly value: VariableValue; readonly formatted: boolean };

/** Where a variable stood in the text as written, and where its value stands in the interpolated text; ends are exclusive. */
export interface VariableSpan {
  readonly written: string;
  readonly known: boolean;
  readonly writtenFrom: number;
  readonly writtenTo: number;
  readonly from: number;
  readonly to: number;
}

export interface InterpolatedFilter {
  readonly text: string;
  readonly spans: readonly VariableSpan[];
}

/** The three ways to write a variable. Source: Grafana, packages/grafana-data, `variableRegex`. */
export const VARIABLE = /\$\w+|\[\[\w+(?::\w+)?\]\]|\$\{\w+(?:\.[^:^}]+)?(?::[^}]+)?\}/g;

/** One word of the filter language, so it needs no quotes. Source: model/src/filter/filter.grammar, token Word. */
const PLAIN_WORD = /^(?:[A-Za-z0-9_]|::)[A-Za-z0-9_.:/*-]*$/;

type Place = "list" | "after-in" | "value" | "test" | "glued";

export function interpolateFilter(filter: string, lookUp: LookUpVariable): InterpolatedFilter {
  const spans: VariableSpan[] = [];
  let text = "";
  let copied = 0;
  for (const match of filter.matchAll(VARIABLE)) {
    const [written] = match;
    const writtenFrom = match.index;
    const writtenTo = writtenFrom + written.length;
    text += filter.slice(copied, writtenFrom);
    copied = writtenTo;
    const { value, formatted } = lookUp(written);
    const from = text.length;
    if (value === undefined) text += written;
    else if (formatted && typeof value === "string") text += value;
    else text += render(typeof value === "string" ? [value] : value, placeOf(text, filter.slice(writtenTo)), written === filter.trim());
    spans.push({ written, known: value !== undefined, writtenFrom, writtenTo, from, to: text.length });
  }
  return { text: text + filter.slice(copied), spans };
}

/** A range of the interpolated text as a range of the text as written: all of a variable when it touches the variable's value. */
export function writtenRange(spans: readonly VariableSpan[], from: number, to: number): { from: number; to: number } {
  const start = spans.find((span) => span.from <= from && from < span.to);
  const end = spans.find((span) => span.from < to && to <= span.to);
  return { from: start?.writtenFrom ?? from - growthBefore(spans, from), to: end?.writtenTo ?? to - growthBefore(spans, to) };
}

function growthBefore(spans: readonly VariableSpan[], offset: number): number {
  let growth = 0;
  for (const span of spans) if (span.to <= offset) growth = span.to - span.writtenTo;
  return growth;
}

function placeOf(before: string, after: string): Place {
  if (before.lastIndexOf("[") > before.lastIndexOf("]")) return "list";
  if (/[\w.:/*-]$/.test(before) || /^[\w.:/*-]/.test(after)) return "glued";
  const previous = /(?:[\w.:/*-]+|&&|\|\||[=<>!]+|\S)$/.exec(before.trimEnd())?.[0].toLowerCase() ?? "";
  if (["", "(", "and", "or", "not", "!", "&&", "||"].includes(previous)) return "test";
  return previous === "in" ? "after-in" : "value";
}

function render(values: readonly string[], place: Place, alone: boolean): string {
  switch (place) {
    case "list":
      return values.map(word).join(" ");
    case "after-in":
      return list(values);
    case "value":
      return values.length === 1 ? word(values[0]!) : `in ${list(values)}`;
    case "glued":
      return values.length === 1 ? word(values[0]!) : list(values);
    case "test":
      return test(values, alone);
  }
}

const list = (values: readonly string[]): string => `[${values.map(word).join(" ")}]`;

const word = (value: string): string => (PLAIN_WORD.test(value) ? value : quoted(value));

/** Quotes hold everything but themselves and line ends. */
const quoted = (value: string): string => `"${value.replaceAll(/["\r\n]/g, " ")}"`;

function test(values: readonly string[], alone: boolean): string {
  const texts = values.map((value) => value.trim()).filter((value) => value !== "");
  if (texts.length === 0) return alone ? "" : "any";
  if (texts.length === 1 && alone) return texts[0]!;
  // A comment at the end would swallow the parenthesis.
  const tests = texts.map((text) => (isBalanced(text) ? `(${text}${text.includes("#") ? "\n" : ""})` : quoted(text)));
  return tests.length === 1 ? tests[0]! : `(${tests.join(" or ")})`;
}

/** Whether parentheses, brackets and quotes close in the text itself, so that it cannot close what stands around it. */
function isBalanced(text: string): boolean {
  const open: string[] = [];
  for (const [token] of text.matchAll(/"[^"\n]*"|'[^'\n]*'|#[^\n]*|[()[\]"']/g)) {
    if (token === "(" || token === "[") open.push(token);
    else if (token === ")" && open.pop() !== "(") return false;
    else if (token === "]" && open.pop() !== "[") return false;
    else if (token === '"' || token === "'") return false;
  }
  return open.length === 0;
}
