/** What Grafana stores for us: a query of a panel or rule, and the settings of a data source. */
import type { DataSourceJsonData } from "@grafana/data";
import type { DataQuery } from "@grafana/schema";
import type { FlowQueryInput } from "@sillage/model";

/** A FlowQuery with the keys that Grafana keeps beside it. Only what was chosen: no state of the editor, no error. */
export interface FlowDataQuery extends DataQuery, FlowQueryInput {}

/** Nothing besides the standard settings: Grafana's backend reads URL, TLS and timeout itself. */
export type FlowOptions = DataSourceJsonData;

/** Kept encrypted by Grafana; only the plugin's backend gets it decrypted. */
export interface FlowSecrets {
  /** API token of the Sillage server. */
  token?: string;
}
