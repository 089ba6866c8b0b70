/** What a query's filter text and ad hoc filters mean together. The text is never glued: both are trees before they meet. */
import { adHocPredicate, printFilter, readFilterOrThrow, type FlowQuery, type Predicate } from "@sillage/model";

export interface ReadFilters {
  readonly predicate: Predicate;
  /** The filter in its normal spelling, ad hoc filters behind it, for `meta.custom`. */
  readonly description: string;
}

/** @throws SillageError FILTER_* */
export function readFilters({ filter, filters }: Pick<FlowQuery, "filter" | "filters">): ReadFilters {
  const { ast, predicate } = readFilterOrThrow(filter);
  const adHoc = filters.length === 0 ? [] : [adHocPredicate(filters)];
  const items = [predicate, ...adHoc].filter(({ kind }) => kind !== "true");
  const words = filters.map(({ field, op, values }) => `${field} ${op} ${values.join(", ")}`);
  return {
    predicate: items.length === 1 ? items[0]! : items.length === 0 ? { kind: "true" } : { kind: "and", items },
    description: [printFilter(ast) || "any", ...words].join("; "),
  };
}
