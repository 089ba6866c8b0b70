/**
 * Tables that hold flows: the raw one and the rollups made from it by materialized views. `server/store` generates the DDL from these
 * rows and `server/query` plans with them, so both always agree on what a table can answer exactly.
 */
import type { FieldName } from "./fields.ts";
import type { MeasureName } from "./measures.ts";

/** How a rollup column is computed from raw rows; `sum` columns are SimpleAggregateFunction(sum, UInt64), `uniq` are uniqCombined(12) states. */
export interface RollupColumn {
  readonly name: string;
  readonly aggregate: "sum" | "uniq";
  /** Expression over raw columns. */
  readonly sql: string;
  /** Rows that count, as an expression over raw columns. */
  readonly condition?: string;
}

export interface Rollup {
  readonly table: string;
  /** A finer rollup of the same keys and columns that it is filled from; the raw table without. */
  readonly from?: string;
  /** Width of a time slot, seconds; the slot column is `time_slot` (start of the slot, UTC). */
  readonly resolutionSeconds: number;
  /**
   * Raw columns that stay apart; everything else is added up. `exporter` is in every key so that a late sampling rate can be applied, and
   * `present` so that an absent protocol is told from protocol 0, as in the raw table (nearly a function of exporter and protocol: it adds few rows).
   */
  readonly keys: readonly FieldName[];
  readonly columns: readonly RollupColumn[];
  /** Measures the table answers exactly (distinct counts within the sketch's error). */
  readonly measures: readonly MeasureName[];
  /** Kept how long by default. */
  readonly retentionDays: number;
  readonly doc: string;
}

export const RAW_TABLE = "flows";

/**
 * First expression of the raw table's sort key: flows of one host lie together within five minutes. ClickHouse (26.7) concludes from a
 * range of time_received on this function, but not on toStartOfInterval with a time zone: that key read a whole day for any hour of it.
 */
export const RAW_SLOT_SQL = "toStartOfFiveMinutes(time_received)";

/** TCP first contact that was never answered by an open connection: SYN seen, ACK never. */
export const ATTEMPT_SQL = "proto = 6 AND bitAnd(tcp_flags, 18) = 2";

/** Multiplier of a row's counters: the sampling rate where one is known. */
export const SCALE_SQL = "greatest(sampling_rate, 1)";

const volumes: readonly RollupColumn[] = [
  { name: "bytes", aggregate: "sum", sql: "bytes" },
  { name: "bytes_scaled", aggregate: "sum", sql: `bytes * ${SCALE_SQL}` },
  { name: "bytes_unrated", aggregate: "sum", sql: "bytes", condition: "sampling_rate = 0" },
  { name: "packets", aggregate: "sum", sql: "packets" },
  { name: "packets_scaled", aggregate: "sum", sql: `packets * ${SCALE_SQL}` },
  { name: "packets_unrated", aggregate: "sum", sql: "packets", condition: "sampling_rate = 0" },
  { name: "flows", aggregate: "sum", sql: "flows" },
];

const tcpFlows: RollupColumn = { name: "tcp_flows", aggregate: "sum", sql: "flows", condition: "proto = 6" };
const volumeMeasures: readonly MeasureName[] = ["bytes", "packets", "flows", "tcp_flows", "bps", "pps", "fps", "tcp_fps"];

/** Volumes: keys, columns and measures of one table for each resolution. */
const traffic = {
  keys: [
    "exporter",
    "in_if",
    "out_if",
    "flow_direction",
    "ip_version",
    "proto",
    "svc_port",
    "present",
    "traffic_direction",
    "src_zone",
    "dst_zone",
  ],
  columns: [...volumes, tcpFlows],
  measures: volumeMeasures,
} as const satisfies Partial<Rollup>;

/** Service ports with failed first contacts: likewise. */
const ports = {
  keys: ["exporter", "proto", "svc_port", "present", "traffic_direction"],
  columns: [
    ...volumes,
    tcpFlows,
    { name: "attempts", aggregate: "sum", sql: "flows", condition: ATTEMPT_SQL },
    { name: "sources", aggregate: "uniq", sql: "src_addr", condition: "src_addr != toIPv6('::')" },
    { name: "destinations", aggregate: "uniq", sql: "dst_addr", condition: "dst_addr != toIPv6('::')" },
    { name: "attempt_sources", aggregate: "uniq", sql: "src_addr", condition: ATTEMPT_SQL },
    { name: "attempt_destinations", aggregate: "uniq", sql: "dst_addr", condition: ATTEMPT_SQL },
  ],
  measures: [...volumeMeasures, "hosts", "sources", "destinations", "attempts", "attempt_sources", "attempt_destinations"],
} as const satisfies Partial<Rollup>;

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** What is kept for years: a week more than five of them, so that a comparison with the same day five years ago finds it. Unit: days. */
const YEARS_DAYS = 5 * 366 + 7;

export const ROLLUPS: readonly Rollup[] = [
  {
    ...traffic,
    table: "traffic_1m",
    resolutionSeconds: 60,
    retentionDays: 400,
    doc: "Volumes by minute, exporter, interface pair, direction, zones, protocol and service port: what the overview graphs and interface pages ask.",
  },
  {
    ...traffic,
    table: "traffic_1h",
    from: "traffic_1m",
    resolutionSeconds: HOUR_SECONDS,
    retentionDays: YEARS_DAYS,
    doc: "The same volumes by hour, for months and years.",
  },
  {
    ...ports,
    table: "ports_5m",
    resolutionSeconds: 300,
    retentionDays: 30,
    doc: "Service ports by five minutes with failed first contacts and how many distinct hosts made them: most scanned ports.",
  },
  {
    ...ports,
    table: "ports_1d",
    from: "ports_5m",
    resolutionSeconds: DAY_SECONDS,
    retentionDays: YEARS_DAYS,
    doc: "The same by day (UTC): most scanned ports of the last year.",
  },
];
