/** One line that tells a query: in the query history, in collapsed query rows and in the list of queries of a rule. */
import { MEASURES } from "@sillage/model";
import type { FlowDataQuery } from "./types.ts";

export function displayText(query: FlowDataQuery): string {
  const measures = (query.measures ?? []).map((name) => MEASURES[name].label).join(", ");
  const dimensions = (query.dimensions ?? []).map(({ field }) => field).join(", ");
  const filter = query.filter?.trim() ?? "";
  const what = query.view === "records" ? "Flow records" : measures;
  return [what, dimensions && `by ${dimensions}`, filter && `where ${filter}`].filter(Boolean).join(" ");
}
