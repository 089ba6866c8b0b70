/**
 * What a query may add up. A measure is described here once; `server/query` knows how to compute it from each table and the editors
 * list it. Rates are the sum divided by the seconds of the bucket (time series) or of the range (everything else).
 */

export interface Measure {
  readonly name: MeasureName;
  readonly label: string;
  readonly doc: string;
  /** Grafana unit id. */
  readonly unit: "decbytes" | "bps" | "pps" | "short" | "si:flows/s";
  readonly kind: "sum" | "rate" | "distinct";
}

export const MEASURE_NAMES = [
  "bytes",
  "packets",
  "flows",
  "tcp_flows",
  "bps",
  "pps",
  "fps",
  "tcp_fps",
  "hosts",
  "sources",
  "destinations",
  "attempts",
  "attempt_sources",
  "attempt_destinations",
] as const;

export type MeasureName = (typeof MEASURE_NAMES)[number];

// prettier-ignore
export const MEASURES: Readonly<Record<MeasureName, Measure>> = {
  bytes: { name: "bytes", label: "Bytes", unit: "decbytes", kind: "sum", doc: "Sum of bytes, times the sampling rate where the query is scaled." },
  packets: { name: "packets", label: "Packets", unit: "short", kind: "sum", doc: "Sum of packets, times the sampling rate where the query is scaled." },
  flows: { name: "flows", label: "Flows", unit: "short", kind: "sum", doc: "Number of flow records, never scaled." },
  tcp_flows: { name: "tcp_flows", label: "TCP flows", unit: "short", kind: "sum", doc: "Number of flow records with protocol 6." },
  bps: { name: "bps", label: "Bits/s", unit: "bps", kind: "rate", doc: "Bytes x 8 per second." },
  pps: { name: "pps", label: "Packets/s", unit: "pps", kind: "rate", doc: "Packets per second." },
  fps: { name: "fps", label: "Flows/s", unit: "si:flows/s", kind: "rate", doc: "Flow records per second." },
  tcp_fps: { name: "tcp_fps", label: "TCP flows/s", unit: "si:flows/s", kind: "rate", doc: "TCP flow records per second." },
  hosts: { name: "hosts", label: "Hosts", unit: "short", kind: "distinct", doc: "Distinct addresses on either side." },
  sources: { name: "sources", label: "Sources", unit: "short", kind: "distinct", doc: "Distinct source addresses." },
  destinations: { name: "destinations", label: "Destinations", unit: "short", kind: "distinct", doc: "Distinct destination addresses." },
  attempts: { name: "attempts", label: "Failed first contacts", unit: "short", kind: "sum", doc: "TCP flow records with SYN and without ACK: a first contact that was never answered with an open connection." },
  attempt_sources: { name: "attempt_sources", label: "Sources of attempts", unit: "short", kind: "distinct", doc: "Distinct source addresses of failed first contacts." },
  attempt_destinations: { name: "attempt_destinations", label: "Targets of attempts", unit: "short", kind: "distinct", doc: "Distinct destination addresses of failed first contacts." },
};
