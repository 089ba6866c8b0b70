/** Values of a field that carried the most bytes in a range: what completion, ad hoc filters and template variables offer. */
import { type FieldName } from "@sillage/model";
import { Execution, type QueryContext } from "./execution.ts";
import { groupText, UNKNOWN } from "./dimension.ts";
import { readFilters } from "./read-filters.ts";
import { rankGroups } from "./rank-groups.ts";
import type { Range } from "./step.ts";

/** Values looked through for those that begin with the typed text; more would make a keystroke expensive. */
const SEARCHED_VALUES = 1_000;

export interface ValuesRequest {
  readonly field: FieldName;
  readonly range: Range;
  /** Only flows that this filter lets through. */
  readonly filter: string;
  /** Only values that begin with this text, any case. */
  readonly prefix: string;
  readonly limit: number;
}

export interface TopValue {
  /** As a filter takes it. */
  readonly value: string;
  readonly bytes: number;
}

/** @throws SillageError FILTER_* and what the store throws */
export async function topValues(request: ValuesRequest, context: QueryContext): Promise<TopValue[]> {
  const dimension = { field: request.field };
  const searched = request.prefix === "" ? request.limit + 1 : SEARCHED_VALUES;
  const query = {
    version: 1 as const,
    view: "top" as const,
    filter: request.filter,
    filters: [],
    dimensions: [dimension],
    measures: ["bytes" as const],
    limit: searched,
    other: false,
    scaled: true,
    time: "received" as const,
    spread: false,
  };
  const asked = { refId: "values", query, range: request.range, intervalMs: 1000, maxDataPoints: 1, alert: false, ...readFilters(query) };
  const { groups } = await rankGroups(asked, request.range, new Execution(context));
  const prefix = request.prefix.toLowerCase();
  return groups
    .map((group) => ({ value: groupText(dimension, group.values[0]!), bytes: group.totals[0]! }))
    .filter(({ value }) => value !== UNKNOWN && value.toLowerCase().startsWith(prefix))
    .slice(0, request.limit);
}
