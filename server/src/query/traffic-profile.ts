/**
 * What the flows of each exporter look like, for those who judge how it is configured: counted over rows of the last minutes, at most so many
 * of them, because it is about kinds of records and not about volumes.
 */
import { FLOW_TYPES, presentMask } from "@sillage/model";
import { unmappedAddress } from "./address.ts";
import type { QueryContext } from "./execution.ts";
import { askRows } from "./state-table.ts";
import type { Range } from "./step.ts";

export interface TrafficProfile {
  readonly exporter: string;
  readonly protocol: string;
  /** Flow rows looked at. */
  readonly rows: number;
  /** Without bytes, events apart. */
  readonly zero_bytes: number;
  readonly tcp: number;
  /** TCP flows of a template without flags. */
  readonly tcp_without_flags: number;
  /** Firewall and NAT events. */
  readonly events: number;
  /** With a sampler whose rate is not known. */
  readonly sampler_unrated: number;
  /** Nothing tells a rate. */
  readonly unrated: number;
  readonly ingress: number;
  readonly egress: number;
  /** Longer than five minutes. */
  readonly long: number;
  /** Longest flow, ms. */
  readonly longest: number;
  /** Times are those of receipt or export, because the record had none. */
  readonly without_times: number;
  /** Largest interface number. */
  readonly largest_if: number;
}

/** Rows that are looked at: a second's work. */
const MAX_ROWS = 2_000_000;
const LONG_MS = 300_000;
/** Numbers of TIME_SOURCES: export, received. */
const WITHOUT_TIMES = "time_source IN (4, 5)";
const has = (name: "tcp_flags" | "flow_direction"): string => `bitAnd(present, ${presentMask(name)}) != 0`;
const IS_EVENT = "(fw_event != 0 OR nat_event != 0)";

const COUNTS: Readonly<Record<Exclude<keyof TrafficProfile, "exporter" | "protocol">, string>> = {
  rows: "count()",
  zero_bytes: `countIf(bytes = 0 AND NOT ${IS_EVENT})`,
  tcp: "countIf(proto = 6)",
  tcp_without_flags: `countIf(proto = 6 AND NOT ${has("tcp_flags")})`,
  events: `countIf(${IS_EVENT})`,
  sampler_unrated: "countIf(sampling_rate = 0 AND sampler_id != 0)",
  unrated: "countIf(sampling_rate = 0)",
  ingress: `countIf(${has("flow_direction")} AND flow_direction = 0)`,
  egress: `countIf(${has("flow_direction")} AND flow_direction = 1)`,
  long: `countIf(ms > ${LONG_MS})`,
  longest: "max(ms)",
  without_times: `countIf(${WITHOUT_TIMES})`,
  largest_if: "max(greatest(in_if, out_if))",
};
const NAMES = Object.keys(COUNTS) as (keyof typeof COUNTS)[];

const COLUMNS = [
  ...["exporter", "flow_type", "bytes", "proto", "present", "fw_event", "nat_event", "sampling_rate", "sampler_id"],
  ...["flow_direction", "time_source", "in_if", "out_if", "duration AS ms"],
];

/** By exporter and protocol. @param exporter only its flows */
export async function trafficProfiles(context: QueryContext, { fromMs, toMs }: Range, exporter?: string): Promise<TrafficProfile[]> {
  const rows = await askRows(
    context,
    [
      `SELECT exporter, flow_type, ${NAMES.map((name) => `toFloat64(${COUNTS[name]})`).join(", ")} FROM (SELECT ${COLUMNS.join(", ")} FROM flows`,
      "WHERE time_received >= fromUnixTimestamp64Milli({from:Int64}) AND time_received < fromUnixTimestamp64Milli({to:Int64})",
      exporter === undefined ? "" : "AND exporter = toIPv6({exporter:String})",
      "LIMIT {rows:UInt64}) GROUP BY exporter, flow_type",
    ].join(" "),
    { from: fromMs, to: toMs, rows: MAX_ROWS, ...(exporter !== undefined && { exporter }) },
  );
  return rows.map(([address, type, ...counts]) => ({
    exporter: unmappedAddress(String(address)),
    protocol: (FLOW_TYPES as Readonly<Record<number, string>>)[Number(type)] ?? "unknown",
    ...(Object.fromEntries(NAMES.map((name, i) => [name, Number(counts[i])])) as Record<(typeof NAMES)[number], number>),
  }));
}
