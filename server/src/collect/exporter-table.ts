/**
 * Rows of the table `exporters`: what each session had sent at a moment. They travel through the spool like flows do, so the history of an
 * exporter survives this process. Only sessions that changed since their last row get a new one.
 */
import { encodeNative, type NativeBlock, type NativeColumn, type NativeValue } from "../flow/index.ts";
import type { ExporterStats } from "../decode/index.ts";
import { sessionKey } from "./flow-output.ts";

export const EXPORTERS_TABLE = "exporters";

const COLUMNS: readonly NativeColumn[] = [
  { name: "snapshot_time", type: "DateTime64(3, 'UTC')" },
  { name: "collector", type: "String" },
  { name: "exporter", type: "IPv6" },
  { name: "exporter_source", type: "IPv6" },
  { name: "source_port", type: "UInt16" },
  { name: "protocol", type: "String" },
  { name: "obs_domain", type: "UInt32" },
  { name: "first_seen", type: "DateTime64(3, 'UTC')" },
  { name: "last_seen", type: "DateTime64(3, 'UTC')" },
  { name: "datagrams", type: "UInt64" },
  { name: "bytes", type: "UInt64" },
  { name: "data_records", type: "UInt64" },
  { name: "options_records", type: "UInt64" },
  { name: "flow_rows", type: "UInt64" },
  { name: "templates", type: "UInt64" },
  { name: "waiting_sets", type: "UInt64" },
  { name: "waiting_bytes", type: "UInt64" },
  { name: "waiting_since", type: "DateTime64(3, 'UTC')" },
  { name: "sequence_unit", type: "String" },
  { name: "expected_units", type: "UInt64" },
  { name: "lost_units", type: "UInt64" },
  { name: "reordered", type: "UInt64" },
  { name: "duplicates", type: "UInt64" },
  { name: "restarts", type: "UInt64" },
  { name: "clamped_times", type: "UInt64" },
  { name: "clock_known", type: "UInt8" },
  { name: "clock_offset_ms", type: "Int64" },
  { name: "sample_sources", type: "UInt64" },
  { name: "agent_drops", type: "UInt64" },
  { name: "rate_differences", type: "String" },
  { name: "dropped", type: "String" },
  { name: "skipped", type: "String" },
  { name: "waiting", type: "String" },
  { name: "last_error", type: "String" },
];

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

export class ExporterTable {
  readonly #collector: string;
  #lastState = new Map<string, string>();

  constructor(collector: string) {
    this.#collector = collector;
  }

  /** One row for each session that changed since the last call; undefined when none did. */
  changes(sessions: readonly ExporterStats[], nowMs: number): NativeBlock | undefined {
    const state = new Map<string, string>();
    const rows: NativeValue[][] = [];
    for (const session of sessions) {
      const key = sessionKey(session);
      const now = `${session.datagrams} ${session.templates} ${session.waitingSets} ${total(session.dropped)}`;
      state.set(key, now);
      if (this.#lastState.get(key) !== now) rows.push(this.#row(session, nowMs));
    }
    this.#lastState = state;
    return rows.length === 0 ? undefined : encodeNative(COLUMNS, rows);
  }

  #row(session: ExporterStats, nowMs: number): NativeValue[] {
    return [
      nowMs,
      this.#collector,
      session.exporter,
      session.exporterSource,
      session.sourcePort,
      session.protocol,
      session.obsDomain,
      session.firstSeenMs,
      session.lastSeenMs,
      session.datagrams,
      session.bytes,
      session.dataRecords,
      session.optionsRecords,
      session.rows,
      session.templates,
      session.waitingSets,
      session.waitingBytes,
      session.waitingSinceMs ?? 0,
      session.sequence.unit,
      session.sequence.expected,
      session.sequence.lost,
      session.sequence.reordered,
      session.sequence.duplicates,
      session.sequence.restarts,
      session.clampedTimes,
      session.clockOffsetMs === null ? 0 : 1,
      Math.round(session.clockOffsetMs ?? 0),
      session.samples?.sources ?? 0,
      session.samples?.agentDrops ?? 0,
      JSON.stringify(session.samples?.rateDifferences ?? []),
      JSON.stringify(session.dropped),
      JSON.stringify(session.skipped),
      JSON.stringify(session.waitingTemplates.map((template) => template.templateId)),
      session.lastError ?? "",
    ];
  }
}
