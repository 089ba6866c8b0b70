/**
 * Brings a stored query to the current version. A file of its own, without the schema, because the Grafana plugin's start module needs
 * only this much of the query model.
 */

/** Version of the query model that this program reads and writes. */
export const QUERY_VERSION = 1;

/** Keys that Grafana adds to every query model; taken off before the check because they are not ours. */
export const GRAFANA_KEYS = [
  "refId",
  "key",
  "hide",
  "queryType",
  "datasource",
  "datasourceId",
  "intervalMs",
  "maxDataPoints",
  "queryCachingTTL",
  "timeRange",
] as const;

/** A query of any version without Grafana's keys, in the current version. Version 1 is the first, so there is nothing to change yet. */
export function migrateQuery(stored: unknown): unknown {
  if (typeof stored !== "object" || stored === null) return stored;
  const foreign: readonly string[] = GRAFANA_KEYS;
  return Object.fromEntries(Object.entries(stored).filter(([key]) => !foreign.includes(key)));
}
