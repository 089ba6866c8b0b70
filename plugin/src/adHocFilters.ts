/** Filters that people add with a dashboard's ad hoc filter box or by a click on a value; they travel beside the filter text. */
import type { AdHocVariableFilter } from "@grafana/data";
import type { FlowQueryInput } from "@sillage/model";

type QueryFilter = NonNullable<FlowQueryInput["filters"]>[number];

/**
 * Grafana's filters in the query model's form. Operators that we have not (`=~`) are passed on, so that the server refuses the query and
 * says why: leaving one out would show traffic that the user meant to exclude.
 */
export function toQueryFilters(filters: readonly AdHocVariableFilter[]): QueryFilter[] {
  return filters
    .filter(({ key }) => key !== "")
    .map(({ key, operator, value, values }) => ({
      field: key,
      op: operator as QueryFilter["op"],
      values: operator.endsWith("|") && values !== undefined && values.length > 0 ? values : [value],
    }));
}
