/** What a query's filter text and ad hoc filters mean together. The text is never glued: both are trees before they meet. */
import { adHocPredicate, checkFilter, compileFilterOrThrow, printFilter, type FlowQuery, type Predicate } from "@sillage/model";

type Filters = Pick<FlowQuery, "filter" | "filters">;

/** @throws SillageError FILTER_* */
export function queryPredicate({ filter, filters }: Filters): Predicate {
  const items = [compileFilterOrThrow(filter), ...(filters.length === 0 ? [] : [adHocPredicate(filters)])].filter(
    (item) => item.kind !== "true",
  );
  return items.length === 1 ? items[0]! : items.length === 0 ? { kind: "true" } : { kind: "and", items };
}

/** A filter that compiled in its normal spelling, ad hoc filters behind it, for `meta.custom`. */
export function describeFilter({ filter, filters }: Filters): string {
  const adHoc = filters.map(({ field, op, values }) => `${field} ${op} ${values.join(", ")}`);
  return [printFilter(checkFilter(filter).ast) || "any", ...adHoc].join("; ");
}
