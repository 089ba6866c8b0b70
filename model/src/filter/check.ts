/** The whole way from text to meaning: parse, warn, compile. */
import { SillageError } from "../errors.ts";
import type { Predicate } from "../predicate.ts";
import type { FilterAst } from "./ast.ts";
import { Findings, type Diagnostic } from "./diagnostic.ts";
import { lintFilter } from "./lint.ts";
import { parseInto } from "./parse.ts";
import { toPredicate } from "./to-predicate.ts";

export interface CheckedFilter {
  readonly ast: FilterAst;
  /** Only when no diagnostic is an error. */
  readonly predicate?: Predicate;
  /** In text order. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a filter and says all there is to say about it. Never throws. */
export function checkFilter(text: string): CheckedFilter {
  const findings = new Findings();
  const { ast } = parseInto(text, findings);
  const usable = !findings.hasError;
  if (usable) lintFilter(ast, findings);
  return { ast, ...(usable ? { predicate: toPredicate(ast) } : {}), diagnostics: findings.diagnostics(text) };
}

/**
 * A filter text that has a meaning, and the meaning.
 * @throws SillageError (input) with the code, hint and position of the first error.
 */
export function readFilterOrThrow(text: string): Required<Pick<CheckedFilter, "ast" | "predicate">> {
  const { ast, predicate, diagnostics } = checkFilter(text);
  if (predicate !== undefined) return { ast, predicate };
  const error = diagnostics.find(({ severity }) => severity === "error");
  throw new SillageError("input", error?.code ?? "FILTER_SYNTAX", error?.message ?? "the filter is wrong", {
    hint: error?.hint,
    position: error?.position,
  });
}

/** Meaning of a filter text; throws as `readFilterOrThrow`. */
export function compileFilterOrThrow(text: string): Predicate {
  return readFilterOrThrow(text).predicate;
}
