/**
 * What the checker says about a filter as it is written, variables included: their values are put in first, and places in the result are
 * turned back into places in the written text. Runs in the browser, without the server.
 */
import { checkFilter, printFilter, type Diagnostic } from "@sillage/model";
import { writtenRange, type InterpolatedFilter } from "../interpolateFilter.ts";

export interface FilterNote {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly severity: Diagnostic["severity"];
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface FilterReport {
  readonly notes: readonly FilterNote[];
  /** The filter in its normal form; only without errors and where it says more than the text. */
  readonly meaning?: string | undefined;
}

export function reportFilter(written: string, { text, spans }: InterpolatedFilter): FilterReport {
  const unknown = spans.filter(({ known }) => !known);
  if (unknown.length > 0) return { notes: unknown.map(unknownVariable) };
  const { ast, diagnostics } = checkFilter(text);
  const notes = diagnostics.map(({ severity, message, hint, position: { offset, length } }): FilterNote => {
    const { from, to } = writtenRange(spans, offset, offset + length);
    return { ...visible(from, to, written.length), severity, message, hint };
  });
  if (notes.some(({ severity }) => severity === "error")) return { notes };
  const meaning = printFilter(ast);
  return { notes, meaning: meaning === written.trim() ? undefined : meaning };
}

function unknownVariable({ written, writtenFrom, writtenTo }: InterpolatedFilter["spans"][number]): FilterNote {
  const message = `there is no variable ${written} here`;
  return {
    from: writtenFrom,
    to: writtenTo,
    severity: "error",
    message,
    hint: "define it in the dashboard's settings; Explore and alert rules have no variables",
  };
}

/** At least one character, so that something can be underlined: a part that is missing at the end underlines what stands before it. */
function visible(from: number, to: number, length: number): { from: number; to: number } {
  const end = Math.min(Math.max(to, from), length);
  return from < end ? { from, to: end } : { from: Math.max(0, Math.min(from, length - 1)), to: Math.min(Math.max(1, end), length) };
}
