/** The filter language: text -> tree -> predicate, and back to text; checking, completion, ad hoc filters. */
export { adHocPredicate, type AdHocFilter } from "./ad-hoc.ts";
export type {
  AddressTest,
  ConstantTest,
  Expression,
  FilterAst,
  FilterNumber,
  FilterOp,
  FilterTest,
  FlagsMatch,
  FlagsTest,
  InvalidExpression,
  Junction,
  Negation,
  NumberRange,
  NumberTest,
  Sides,
  TextRange,
} from "./ast.ts";
export { checkFilter, compileFilterOrThrow, readFilterOrThrow, type CheckedFilter } from "./check.ts";
export { completeFilter, type CompletionOption, type FilterCompletion } from "./complete.ts";
export { FILTER_CODES, type Diagnostic, type FilterCode, type Severity } from "./diagnostic.ts";
export { evaluatePredicate, type FlowRow } from "./evaluate.ts";
export { filterParser } from "./filter-parser.generated.ts";
export { MAX_FILTER_LENGTH, parseFilter, type ParsedFilter } from "./parse.ts";
export { printFilter } from "./print.ts";
export { FILTER_WORDS, sidesOf as filterWordSides, type FilterWord } from "./words.ts";
