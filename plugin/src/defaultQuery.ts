/** What a new panel, Explore or a new rule asks: who sends how much, by protocol. */
import { CoreApp } from "@grafana/data";
import { QUERY_VERSION } from "@sillage/model";
import type { FlowDataQuery } from "./types.ts";

export function defaultQuery(app: CoreApp): Partial<FlowDataQuery> {
  const query = { version: QUERY_VERSION, view: "timeseries", filter: "", measures: ["bps"] } satisfies Partial<FlowDataQuery>;
  // A rule watches one number until its author asks for more.
  return app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting ? query : { ...query, dimensions: [{ field: "proto" }] };
}
