/** The table `ignored_elements`: what exporters send and no column keeps. */
import { unmappedAddress } from "./address.ts";
import type { QueryContext } from "./execution.ts";
import { askRows } from "./state-table.ts";

export interface IgnoredElementRow {
  readonly exporter: string;
  /** element, or a structure of sFlow: sflow_sample, sflow_flow, sflow_counters. */
  readonly kind: string;
  /** Private enterprise number; 0 for IANA's, NetFlow v9's and sflow.org's. */
  readonly enterprise: number;
  readonly id: number;
  /** Empty for those that nobody told us of. */
  readonly name: string;
  /** Records that carried it, since the collectors started. */
  readonly records: number;
}

const MAX_ELEMENTS = 10_000;

const SQL = `SELECT exporter, kind, enterprise, id, any(name), toFloat64(sum(records)) AS count FROM ignored_elements FINAL`;

/** The most frequent first. @param exporter only its elements */
export async function ignoredElements(context: QueryContext, exporter?: string): Promise<IgnoredElementRow[]> {
  const where = exporter === undefined ? "" : "WHERE exporter = toIPv6({exporter:String})";
  const rows = await askRows(context, `${SQL} ${where} GROUP BY exporter, kind, enterprise, id ORDER BY count DESC LIMIT {limit:UInt64}`, {
    limit: MAX_ELEMENTS,
    ...(exporter !== undefined && { exporter }),
  });
  return rows.map(([address, kind, enterprise, id, name, records]) => ({
    exporter: unmappedAddress(String(address)),
    kind: String(kind),
    enterprise: Number(enterprise),
    id: Number(id),
    name: String(name),
    records: Number(records),
  }));
}
