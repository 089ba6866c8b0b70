/** What the checker has to say about a filter text, with the place, for underlining in an editor and for the command line. */
import type { Position } from "../errors.ts";
import type { TextRange } from "./ast.ts";

export const FILTER_CODES = {
  FILTER_FIELD: "an ad hoc filter names a column that does not exist or cannot be filtered",
  FILTER_TOO_LONG: "the text exceeds 20,000 characters",
  FILTER_TOO_DEEP: "parentheses and negations are nested more than 200 deep",
  FILTER_SYNTAX: "the parts do not fit together: a parenthesis, bracket, operator or test is missing or too much",
  FILTER_UNKNOWN_WORD: "a word that is not part of the language",
  FILTER_DIRECTION: "the word has no such direction",
  FILTER_OPERATOR: "the word cannot be compared this way",
  FILTER_VALUE: "the value is missing, malformed or out of range",
  FILTER_HOST_BITS: "warning: a network has bits set behind its prefix; they are ignored",
  FILTER_PRECEDENCE: "warning: and binds tighter than or; tcpdump would read it from left to right",
  FILTER_FLAGS_IDIOM: "warning: `not flags XYZ` is true unless all letters are set",
  FILTER_NEVER_TRUE: "warning: no record can pass the test",
  FILTER_UNIT: "information: how a suffix was read",
} as const;

export type FilterCode = keyof typeof FILTER_CODES;
export type Severity = "error" | "warning" | "info";

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: FilterCode;
  /** What is wrong, without a full stop; shows the offending text. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  readonly position: Position;
  /** Words that could stand here. */
  readonly expected?: readonly string[];
}

/** A diagnostic before its range is turned into line and column. */
export interface Finding extends TextRange {
  readonly severity: Severity;
  readonly code: FilterCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly expected?: readonly string[] | undefined;
}

/** Diagnostics kept; after a hundred the text is not a filter, and an editor would choke. */
const MAX_DIAGNOSTICS = 100;

/** Collects findings while a text is read; `diagnostics` gives them in text order. */
export class Findings {
  private readonly list: Finding[] = [];

  add(finding: Finding): void {
    this.list.push({ ...finding, message: shorten(finding.message), hint: finding.hint === undefined ? undefined : shorten(finding.hint) });
  }

  get hasError(): boolean {
    return this.list.some((finding) => finding.severity === "error");
  }

  /** Findings in text order, errors first where two share a place. */
  diagnostics(text: string): Diagnostic[] {
    const starts = lineStarts(text);
    const order = { error: 0, warning: 1, info: 2 };
    return this.list
      .toSorted((a, b) => a.from - b.from || order[a.severity] - order[b.severity])
      .slice(0, MAX_DIAGNOSTICS)
      .map(({ from, to, severity, code, message, hint, expected }) => ({
        severity,
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
        position: positionOf(starts, from, to),
        ...(expected === undefined ? {} : { expected }),
      }));
  }
}

/** Messages quote the text; a pasted line of a thousand characters is cut. */
function shorten(message: string): string {
  return message.replaceAll(/\S{60,}/g, (run) => `${run.slice(0, 40)}...`);
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function positionOf(starts: readonly number[], from: number, to: number): Position {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= from) low = middle;
    else high = middle;
  }
  return { offset: from, length: to - from, line: low + 1, column: from - starts[low]! + 1 };
}
