/**
 * What detection asks of the past, by host and by pair of hosts, made from raw flows by materialized views. No query of a dashboard is
 * answered from here: hosts outside the operator's networks are left out, because there is no end to them.
 */
import { ATTEMPT_SQL, isInsideSql, RAW_TABLE, SCALE_SQL } from "@sillage/model";
import type { ColumnSpec, RollupSpec } from "./table-spec.ts";

/** A SYN answered by nothing but the prober's own RST: a half-open scan found an open port. */
const HALF_OPEN_SQL = "proto = 6 AND bitAnd(tcp_flags, 23) = 6";
/** A refusal: RST and ACK without SYN in at most three packets. */
const REFUSAL_SQL = "proto = 6 AND bitAnd(tcp_flags, 23) = 20 AND packets <= 3";
const UNREACHABLE_SQL = "(proto = 1 AND icmp_type = 3) OR (proto = 58 AND icmp_type = 1)";
const PROBE_SQL = `(${ATTEMPT_SQL}) OR (${HALF_OPEN_SQL})`;

interface Value {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
  readonly doc: string;
}

const sum = (name: string, sql: string, doc: string): Value => ({
  name,
  type: "SimpleAggregateFunction(sum, UInt64)",
  sql: `sum(${sql})`,
  doc,
});
const flowsWhere = (name: string, condition: string, doc: string): Value => ({ ...sum(name, "", doc), sql: `sumIf(flows, ${condition})` });
/** A sketch, about 1.6 % off. */
const distinct = (name: string, type: string, { sql, condition, doc }: { sql: string; condition: string; doc: string }): Value => ({
  name,
  type: `AggregateFunction(uniqCombined(12), ${type})`,
  sql: `uniqCombinedStateIf(12)(${sql}, ${condition})`,
  doc,
});

const VOLUMES: readonly Value[] = [
  sum("flows", "flows", "Flows."),
  sum("packets", "packets", "Packets as exported."),
  sum("packets_scaled", `packets * ${SCALE_SQL}`, "Packets times the sampling rate where one is known."),
  sum("bytes", "bytes", "Bytes as exported."),
  sum("bytes_scaled", `bytes * ${SCALE_SQL}`, "Bytes times the sampling rate where one is known."),
  { ...sum("bytes_unrated", "", "Bytes whose sampling rate is unknown."), sql: "sumIf(bytes, sampling_rate = 0)" },
];

const slot = (seconds: number): { readonly spec: ColumnSpec; readonly sql: string } => ({
  spec: {
    name: "time_slot",
    type: "DateTime('UTC')",
    codec: "DoubleDelta, ZSTD(1)",
    doc: `Start of the slot of ${seconds} seconds in which the flows were received.`,
  },
  sql: `toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL ${seconds} SECOND, 'UTC')`,
});

const key = (name: string, type: string, doc: string): ColumnSpec => ({
  name,
  type,
  codec: type.startsWith("UInt") ? "T64, ZSTD(1)" : "ZSTD(1)",
  doc,
});
const valueColumn = ({ name, type, doc }: Value): ColumnSpec => ({ name, type, codec: "ZSTD(1)", doc });

interface HostTable {
  readonly name: string;
  readonly slotSeconds: number;
  readonly keys: readonly ColumnSpec[];
  /** Keys that are computed: name to expression. */
  readonly keySql?: Readonly<Record<string, string>>;
  readonly values: readonly Value[];
  /** ARRAY JOIN and WHERE. */
  readonly rest: string;
  readonly retentionDays: number;
  readonly doc: string;
}

function hostTable({ name, slotSeconds, keys, keySql = {}, values, rest, retentionDays, doc }: HostTable): RollupSpec {
  const { spec, sql } = slot(slotSeconds);
  const names = keys.map((column) => column.name);
  const select = [
    `${sql} AS time_slot`,
    ...names.map((column) => (keySql[column] === undefined ? column : `${keySql[column]} AS ${column}`)),
    ...values.map((value) => `${value.sql} AS ${value.name}`),
  ];
  const rawSql = `SELECT ${select.join(", ")} FROM ${RAW_TABLE} ${rest} GROUP BY time_slot, ${names.join(", ")} SETTINGS prefer_column_name_to_alias = 1`;
  return {
    name,
    engine: "AggregatingMergeTree",
    columns: [spec, ...keys, ...values.map(valueColumn)],
    partitionBy: "toDate(time_slot, 'UTC')",
    orderBy: ["time_slot", ...names],
    timeColumn: "time_slot",
    retentionDays,
    doc,
    view: `${name}_view`,
    viewSql: rawSql,
    rawSql,
  };
}

/** One row for each of the operator's hosts, five minutes, exporter and role. */
export const HOSTS_5M = hostTable({
  name: "hosts_5m",
  slotSeconds: 300,
  keys: [
    key("host", "IPv6", "Host inside the operator's networks."),
    key("role", "UInt8", "1: what the host sent, 2: what was sent to it."),
    key("exporter", "IPv6", "The device that measured."),
  ],
  keySql: { host: "item.1", role: "item.2" },
  values: [
    ...VOLUMES,
    flowsWhere("tcp_flows", "proto = 6", "Flows of TCP."),
    flowsWhere("udp_flows", "proto = 17", "Flows of UDP."),
    flowsWhere("attempts", ATTEMPT_SQL, "First contacts of TCP that were never answered by an open connection (SYN without ACK)."),
    flowsWhere("half_open", HALF_OPEN_SQL, "SYN and RST without ACK: probes of open ports."),
    flowsWhere("refusals", REFUSAL_SQL, "RST and ACK without SYN, up to 3 packets: answers of closed ports."),
    flowsWhere("unreachables", UNREACHABLE_SQL, "ICMP messages that something cannot be reached."),
    flowsWhere("dns_flows", "svc_port = 53", "Flows of DNS."),
    { ...sum("dns_bytes", "", "Bytes of DNS as exported."), sql: "sumIf(bytes, svc_port = 53)" },
    flowsWhere("smtp_flows", "proto = 6 AND svc_port IN (25, 465, 587)", "Flows of mail transport."),
    distinct("peers", "IPv6", { sql: "item.3", condition: "item.3 != toIPv6('::')", doc: "Distinct other ends." }),
    distinct("ports", "UInt16", { sql: "dst_port", condition: "dst_port != 0", doc: "Distinct destination ports." }),
    distinct("probed_peers", "IPv6", { sql: "item.3", condition: PROBE_SQL, doc: "Distinct other ends of attempts and half-open probes." }),
    distinct("probed_ports", "UInt16", {
      sql: "dst_port",
      condition: PROBE_SQL,
      doc: "Distinct destination ports of attempts and half-open probes.",
    }),
  ],
  rest: `ARRAY JOIN [(src_addr, 1, dst_addr, ${isInsideSql("src")}), (dst_addr, 2, src_addr, ${isInsideSql("dst")})] AS item WHERE item.4`,
  retentionDays: 90,
  doc: "What each of the operator's hosts sent and received in five minutes: rankings, baselines and fan-outs of detection.",
});

/** One row for each pair of hosts that exchanged something, hour, protocol and service. */
export const PAIRS_1H = hostTable({
  name: "pairs_1h",
  slotSeconds: 3_600,
  keys: [
    key("src_addr", "IPv6", "Source."),
    key("dst_addr", "IPv6", "Destination."),
    key("proto", "UInt8", "IP protocol number."),
    key("svc_port", "UInt16", "Service port."),
    key("exporter", "IPv6", "The device that measured."),
  ],
  values: [
    ...VOLUMES,
    flowsWhere("starts", "proto != 6 OR bitAnd(tcp_flags, 2) = 2", "Flows that began a conversation, as far as flags tell."),
    {
      name: "first_start",
      type: "SimpleAggregateFunction(min, DateTime64(3, 'UTC'))",
      sql: "min(time_start)",
      doc: "Start of the first flow.",
    },
    { name: "last_end", type: "SimpleAggregateFunction(max, DateTime64(3, 'UTC'))", sql: "max(time_end)", doc: "End of the last flow." },
    { name: "tcp_flags", type: "SimpleAggregateFunction(groupBitOr, UInt16)", sql: "groupBitOr(tcp_flags)", doc: "Union of TCP flags." },
    {
      name: "active_slots",
      type: "SimpleAggregateFunction(groupBitOr, UInt16)",
      sql: "groupBitOr(bitShiftLeft(toUInt16(1), intDiv(toMinute(time_received, 'UTC'), 5)))",
      doc: "One bit for each five minutes of the hour in which flows came.",
    },
  ],
  rest: `WHERE traffic_direction IN (1, 2, 3) AND NOT (${PROBE_SQL}) AND NOT (${REFUSAL_SQL})`,
  retentionDays: 90,
  doc: "Which hosts exchanged what by hour, one of them inside the operator's networks; unanswered probes and refusals are left out: tunnels, beacons, policy and hunts in the past.",
});
