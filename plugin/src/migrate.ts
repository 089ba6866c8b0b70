/** Stored queries of any version as the editor, the panels and Explore work with them. */
import type { CoreApp } from "@grafana/data";
import { GRAFANA_KEYS, migrateQuery, QUERY_VERSION } from "@sillage/model";
import { defaultQuery } from "./defaultQuery.ts";
import type { FlowDataQuery } from "./types.ts";

const isGrafanaKey = (key: string): boolean => (GRAFANA_KEYS as readonly string[]).includes(key);

/** The query in the current version, with Grafana's own keys kept. */
export function migrate(stored: FlowDataQuery): FlowDataQuery {
  if (stored.version === QUERY_VERSION) return stored;
  const kept = Object.fromEntries(Object.entries(stored).filter(([key]) => isGrafanaKey(key)));
  return { ...(migrateQuery(stored) as Partial<FlowDataQuery>), ...kept, refId: stored.refId };
}

/** The query as an editor shows it: one that says nothing yet is run with the default query, so it is shown with it. */
export function editable(stored: FlowDataQuery, app: CoreApp): FlowDataQuery {
  return Object.keys(stored).every(isGrafanaKey) ? { ...defaultQuery(app), ...stored } : migrate(stored);
}
