/** The tables of the store, generated from the field registry and the rollup list of `model`. */
import {
  ATTEMPT_SQL,
  clickhouseType,
  field,
  FIELDS,
  LOSS_COUNTS,
  LOSS_PARTS,
  LOSS_TABLE,
  nativeType,
  RAW_SLOT_SQL,
  RAW_TABLE,
  ROLLUPS,
  type ColumnKind,
  type Rollup,
  type RollupColumn,
} from "@sillage/model";
import { EXPORTER_OPTIONS } from "./exporter-options-table.ts";
import { HOSTS_5M, PAIRS_1H } from "./host-tables.ts";
import { IF_COUNTERS } from "./if-counters-table.ts";
import type { ColumnSpec, RollupSpec, TableSpec } from "./table-spec.ts";

/** Raw flows are kept this long by default. Unit: days. */
const RAW_RETENTION_DAYS = 30;
/** An exporter that has been silent for so long is forgotten. Unit: days. */
const EXPORTERS_RETENTION_DAYS = 400;
/** As long as the volumes that it explains. Unit: days. */
const LOSS_RETENTION_DAYS = 400;

/**
 * Codec by kind of column, measured with bench/load.bench.ts: T64 keeps only the bits in which the values of a block differ, which fits
 * times (a few minutes apart) and counters; addresses are sorted and leave the rest to ZSTD.
 */
const CODECS: Readonly<Record<ColumnKind, string>> = {
  u8: "ZSTD(1)",
  enum8: "ZSTD(1)",
  u16: "T64, ZSTD(1)",
  u32: "T64, ZSTD(1)",
  u64: "T64, ZSTD(1)",
  mac: "T64, ZSTD(1)",
  time: "T64, ZSTD(1)",
  ip: "ZSTD(1)",
  string: "ZSTD(1)",
  u32s: "ZSTD(1)",
  map: "ZSTD(1)",
};

/** One row for each flow record as exported. */
export const FLOWS: TableSpec = {
  name: RAW_TABLE,
  engine: "MergeTree",
  columns: FIELDS.map((f): ColumnSpec => {
    const [type, segmentType] = [clickhouseType(f), nativeType(f)];
    const base = { name: f.name, type, doc: f.doc, ...(type === segmentType ? {} : { segmentType }) };
    if (f.aliasSql !== undefined) return { ...base, aliasSql: f.aliasSql };
    return { ...base, codec: CODECS[f.kind], ...(f.defaultSql === undefined ? {} : { defaultSql: f.defaultSql }) };
  }),
  partitionBy: "toDate(time_received, 'UTC')",
  orderBy: [RAW_SLOT_SQL, "dst_addr", "src_addr"],
  // Measured with bench/query.bench.ts: one host among a hundred million flows is read from a fiftieth to a fifth of them.
  indexes: [
    {
      name: "src_addr_bloom",
      column: "src_addr",
      type: "bloom_filter(0.025)",
      doc: "Granules that a source is in: the sort key keeps only destinations together.",
    },
    {
      name: "src_addr_minmax",
      column: "src_addr",
      type: "minmax",
      doc: "Granules that a network outside cannot be the source of: what goes out comes from the operator's networks.",
    },
    {
      name: "dst_addr_minmax",
      column: "dst_addr",
      type: "minmax",
      doc: "Says nothing that the sort key does not; but source or destination is looked up only where both sides have an index.",
    },
  ],
  timeColumn: "time_received",
  retentionDays: RAW_RETENTION_DAYS,
  doc: "One row for each flow record as exported, sampling not multiplied in.",
};

/** What the collectors say about each exporter session; the newest snapshot of a session replaces the older ones. */
export const EXPORTERS: TableSpec = {
  name: "exporters",
  engine: "ReplacingMergeTree(snapshot_time)",
  columns: [
    { name: "snapshot_time", type: "DateTime64(3, 'UTC')", doc: "When the collector wrote the row." },
    { name: "collector", type: "String", doc: "Name of the collector." },
    { name: "exporter", type: "IPv6", doc: "The device: sFlow agent address, else the UDP source address." },
    { name: "exporter_source", type: "IPv6", doc: "UDP source address." },
    { name: "source_port", type: "UInt16", doc: "UDP source port." },
    { name: "protocol", type: "String", doc: "Protocol of the session (netflow5, netflow9, ipfix, sflow5)." },
    { name: "obs_domain", type: "UInt32", doc: "Observation domain, source id, engine or sub-agent." },
    { name: "first_seen", type: "DateTime64(3, 'UTC')", doc: "First datagram since the collector started." },
    { name: "last_seen", type: "DateTime64(3, 'UTC')", doc: "Latest datagram." },
    { name: "datagrams", type: "UInt64", doc: "Datagrams received." },
    { name: "bytes", type: "UInt64", doc: "Bytes of UDP payload received." },
    { name: "data_records", type: "UInt64", doc: "Data records decoded." },
    { name: "options_records", type: "UInt64", doc: "Options records decoded." },
    { name: "flow_rows", type: "UInt64", doc: "Flow rows made of them." },
    { name: "templates", type: "UInt64", doc: "Templates known." },
    { name: "waiting_sets", type: "UInt64", doc: "Data sets that wait for their template." },
    { name: "waiting_bytes", type: "UInt64", doc: "Their bytes." },
    { name: "waiting_since", type: "DateTime64(3, 'UTC')", doc: "When the oldest of them came; 1970 when none waits." },
    {
      name: "sequence_unit",
      type: "String",
      doc: "What the exporter's sequence numbers count (flows, records, datagrams); none: nothing that is known.",
    },
    { name: "expected_units", type: "UInt64", doc: "Received and lost, by sequence numbers." },
    { name: "lost_units", type: "UInt64", doc: "Missing in sequence numbers; what the kernel dropped is among it." },
    { name: "reordered", type: "UInt64", doc: "Datagrams that came after a later one." },
    { name: "duplicates", type: "UInt64", doc: "Datagrams that came again; their records are stored again." },
    { name: "restarts", type: "UInt64", doc: "How often the exporter began its numbers anew." },
    { name: "clamped_times", type: "UInt64", doc: "Rows whose times could not be true and were replaced by the time of receipt." },
    { name: "clock_known", type: "UInt8", doc: "1 where headers tell the exporter's time." },
    { name: "clock_offset_ms", type: "Int64", doc: "Exporter's clock minus the collector's, positive when it is ahead. Unit: ms." },
    { name: "sample_sources", type: "UInt64", doc: "sFlow: sources (ports) that sent samples." },
    { name: "agent_drops", type: "UInt64", doc: "sFlow: samples that the agent gave up for lack of resources." },
    {
      name: "rate_differences",
      type: "String",
      doc: "sFlow: JSON list of sources whose pool grows at another rate than they tell: type, index, rate, effective.",
    },
    { name: "dropped", type: "String", doc: "JSON object: cause to count." },
    { name: "skipped", type: "String", doc: "JSON object: what was left out on purpose, by kind." },
    { name: "waiting", type: "String", doc: "JSON list: template ids that data sets wait for." },
    { name: "last_error", type: "String", doc: "What was last wrong with its datagrams." },
  ],
  partitionBy: "tuple()",
  orderBy: ["collector", "exporter", "exporter_source", "source_port", "protocol", "obs_domain"],
  timeColumn: "snapshot_time",
  retentionDays: EXPORTERS_RETENTION_DAYS,
  doc: "The newest counters of each exporter session, as its collector wrote them (read with FINAL).",
};

/** What exporters send and no column keeps; the newest count replaces the older ones. */
export const IGNORED_ELEMENTS: TableSpec = {
  name: "ignored_elements",
  engine: "ReplacingMergeTree(snapshot_time)",
  columns: [
    { name: "snapshot_time", type: "DateTime64(3, 'UTC')", doc: "When the collector wrote the row." },
    { name: "collector", type: "String", doc: "Name of the collector." },
    { name: "exporter", type: "IPv6", doc: "The device: sFlow agent address, else the UDP source address." },
    {
      name: "kind",
      type: "String",
      doc: "element (NetFlow v9, IPFIX), or a structure of sFlow: sflow_sample, sflow_flow, sflow_counters.",
    },
    { name: "enterprise", type: "UInt32", doc: "Private enterprise number; 0 for IANA's, NetFlow v9's and sflow.org's." },
    { name: "id", type: "UInt32", doc: "Number of the element, format of the structure." },
    { name: "name", type: "String", doc: "Name of the element, if anybody told it." },
    { name: "records", type: "UInt64", doc: "Records that carried it since the collector started." },
  ],
  partitionBy: "tuple()",
  orderBy: ["collector", "exporter", "kind", "enterprise", "id"],
  timeColumn: "snapshot_time",
  retentionDays: EXPORTERS_RETENTION_DAYS,
  doc: "What are we ignoring: elements that exporters send and no column keeps (read with FINAL).",
};

/** Where the records of each exporter went, by minute: sums of what the collectors wrote, late corrections included. */
export const LOSS: TableSpec = {
  name: LOSS_TABLE,
  engine: "SummingMergeTree",
  columns: [
    { name: "time_slot", type: "DateTime('UTC')", codec: "DoubleDelta, ZSTD(1)", doc: "Start of the minute in which it was counted." },
    { name: "collector", type: "String", doc: "Name of the collector." },
    {
      name: "collector_start",
      type: "DateTime64(3, 'UTC')",
      doc: "Start of the collector's process: what waits in one that has ended waits no longer.",
    },
    {
      name: "exporter",
      type: "IPv6",
      doc: "The device: sFlow agent address, else the UDP source address; :: for drops of the kernel that belong to nobody known.",
    },
    { name: "exporter_source", type: "IPv6", doc: "UDP source address." },
    { name: "protocol", type: "String", doc: "Protocol of the session; unknown for what was not decoded." },
    { name: "obs_domain", type: "UInt32", doc: "Observation domain, source id, engine or sub-agent." },
    ...LOSS_PARTS.map(({ name, doc }): ColumnSpec => ({ name, type: "Int64", codec: "T64, ZSTD(1)", doc: `Records. ${doc}` })),
    ...LOSS_COUNTS.map(({ name, doc }): ColumnSpec => ({ name, type: "Int64", codec: "T64, ZSTD(1)", doc })),
  ],
  partitionBy: "toYYYYMM(time_slot, 'UTC')",
  orderBy: ["time_slot", "collector", "collector_start", "exporter", "exporter_source", "protocol", "obs_domain"],
  timeColumn: "time_slot",
  retentionDays: LOSS_RETENTION_DAYS,
  doc: "The loss balance: by how much each part and count grew in a minute (sum them; late corrections are negative). The parts add up to what was exported, in records.",
};

export const ROLLUP_TABLES: readonly RollupSpec[] = [...ROLLUPS.map(rollupSpec), HOSTS_5M, PAIRS_1H];

/** Every table that segments or views fill. */
export const TABLES: readonly TableSpec[] = [FLOWS, EXPORTERS, IGNORED_ELEMENTS, LOSS, IF_COUNTERS, EXPORTER_OPTIONS, ...ROLLUP_TABLES];

/** Tables that a segment may name. */
export const SEGMENT_TABLES: readonly TableSpec[] = [FLOWS, EXPORTERS, IGNORED_ELEMENTS, LOSS, IF_COUNTERS, EXPORTER_OPTIONS];

/** Start of the slot that a time lies in, UTC, as DateTime. */
function slotSql(time: string, seconds: number): string {
  return `toStartOfInterval(${time}, INTERVAL ${seconds} SECOND, 'UTC')`;
}

function rollupSpec(rollup: Rollup): RollupSpec {
  const slot: ColumnSpec = {
    name: "time_slot",
    type: "DateTime('UTC')",
    codec: "DoubleDelta, ZSTD(1)",
    doc: `Start of the slot of ${rollup.resolutionSeconds} seconds in which the flow was received.`,
  };
  const keys = rollup.keys.map((name): ColumnSpec => {
    const f = field(name);
    return { name, type: clickhouseType(f), codec: CODECS[f.kind], doc: f.doc };
  });
  const values = rollup.columns.map((column): ColumnSpec => ({
    name: column.name,
    type: column.aggregate === "sum" ? "SimpleAggregateFunction(sum, UInt64)" : "AggregateFunction(uniqCombined(12), IPv6)",
    codec: column.aggregate === "sum" ? CODECS.u64 : CODECS.ip,
    doc: describe(column),
  }));
  const rawSql = rollupSql(rollup, RAW_TABLE, "toDateTime(time_received, 'UTC')", aggregateSql);
  return {
    name: rollup.table,
    engine: "AggregatingMergeTree",
    columns: [slot, ...keys, ...values],
    // Few enough partitions to keep, small enough ones to drop.
    partitionBy: rollup.retentionDays <= 100 ? "toDate(time_slot, 'UTC')" : "toYYYYMM(time_slot, 'UTC')",
    orderBy: ["time_slot", ...rollup.keys],
    timeColumn: "time_slot",
    retentionDays: rollup.retentionDays,
    doc: rollup.doc,
    view: `${rollup.table}_view`,
    viewSql: rollup.from === undefined ? rawSql : rollupSql(rollup, rollup.from, "time_slot", mergeSql),
    rawSql,
  };
}

function rollupSql(
  { resolutionSeconds, keys, columns }: Rollup,
  from: string,
  time: string,
  valueSql: (c: RollupColumn) => string,
): string {
  const slot = slotSql(time, resolutionSeconds);
  const select = [`${slot} AS time_slot`, ...keys, ...columns.map((column) => `${valueSql(column)} AS ${column.name}`)];
  // The setting keeps `sum(bytes) AS bytes` from hiding the column `bytes` from the other expressions; `time_slot` may be a column too.
  return `SELECT ${select.join(", ")} FROM ${from} GROUP BY ${[slot, ...keys].join(", ")} SETTINGS prefer_column_name_to_alias = 1`;
}

/** The value of a coarser slot from those of finer ones. */
function mergeSql({ aggregate, name }: RollupColumn): string {
  return aggregate === "sum" ? `sum(${name})` : `uniqCombinedMergeState(12)(${name})`;
}

function aggregateSql({ aggregate, sql, condition }: RollupColumn): string {
  if (aggregate === "sum") return condition === undefined ? `sum(${sql})` : `sumIf(${sql}, ${condition})`;
  // -StateIf, not -IfState: the condition must not become part of the state's type.
  return condition === undefined ? `uniqCombinedState(12)(${sql})` : `uniqCombinedStateIf(12)(${sql}, ${condition})`;
}

function describe({ aggregate, sql, condition }: RollupColumn): string {
  const rows = condition === undefined ? "" : condition === ATTEMPT_SQL ? " of failed first contacts" : ` where ${condition}`;
  return aggregate === "sum" ? `Sum of ${sql}${rows}.` : `Distinct ${sql}${rows} (uniqCombined(12), about 1.6 % off).`;
}
