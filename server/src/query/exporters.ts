/** The table `exporters`: the newest counters of each exporter session, from all collectors. */
import { unmappedAddress } from "./address.ts";
import type { QueryContext } from "./execution.ts";
import { askRows, readJson } from "./state-table.ts";

/** An sFlow source whose pool grows at another rate than it tells. */
export interface RateDifference {
  readonly type: number;
  readonly index: number;
  /** 1 in N, as its samples say and by the growth of its pool. */
  readonly rate: number;
  readonly effective: number;
}

/** One exporter session (exporter, UDP source, protocol, observation domain at one collector). Counts are totals, times epoch ms. */
export interface ExporterRow {
  readonly collector: string;
  readonly exporter: string;
  readonly exporter_source: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly obs_domain: number;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly datagrams: number;
  readonly bytes: number;
  readonly data_records: number;
  readonly options_records: number;
  readonly flow_rows: number;
  readonly templates: number;
  readonly waiting_sets: number;
  readonly waiting_bytes: number;
  /** When the oldest of them came; 0 when none waits. */
  readonly waiting_since: number;
  /** What the sequence numbers count: flows, records, datagrams; none: nothing that is known. */
  readonly sequence_unit: string;
  readonly expected_units: number;
  /** Missing in sequence numbers; what the kernel dropped is among it. */
  readonly lost_units: number;
  /** Datagrams. */
  readonly reordered: number;
  readonly duplicates: number;
  readonly restarts: number;
  /** Rows whose times could not be true. */
  readonly clamped_times: number;
  /** Exporter's clock minus the collector's, ms; null where no header tells a time. */
  readonly clock_offset_ms: number | null;
  /** sFlow. */
  readonly sample_sources: number;
  readonly agent_drops: number;
  readonly rate_differences: readonly RateDifference[];
  /** Cause to count. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Left out on purpose: kind to count. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Template ids that data sets wait for. */
  readonly waiting: readonly number[];
  readonly last_error?: string;
}

const TEXTS = ["collector", "exporter", "exporter_source", "protocol", "sequence_unit", "last_error"] as const;
const TIMES = ["first_seen", "last_seen", "waiting_since"] as const;
const NUMBERS = [
  ...(["source_port", "obs_domain", "datagrams", "bytes", "data_records", "options_records"] as const),
  ...(["flow_rows", "templates", "waiting_sets", "waiting_bytes", "expected_units", "lost_units", "reordered", "duplicates"] as const),
  ...(["restarts", "clamped_times", "clock_known", "clock_offset_ms", "sample_sources", "agent_drops"] as const),
];
const JSON_TEXTS = ["rate_differences", "dropped", "skipped", "waiting"] as const;

/** Sessions in one answer; an address space of spoofed senders must not fill the page. */
const MAX_SESSIONS = 10_000;

const SELECT = `SELECT ${[
  ...TEXTS,
  ...TIMES.map((name) => `toFloat64(toUnixTimestamp64Milli(${name})) AS ${name}_ms`),
  ...NUMBERS.map((name) => `toFloat64(${name})`),
  ...JSON_TEXTS,
].join(", ")} FROM exporters FINAL`;

/** @param exporter only its sessions */
export async function exporterRows(context: QueryContext, exporter?: string): Promise<ExporterRow[]> {
  const where = exporter === undefined ? "" : "WHERE exporter = toIPv6({exporter:String})";
  const rows = await askRows(context, `${SELECT} ${where} ORDER BY last_seen DESC LIMIT {limit:UInt64}`, {
    limit: MAX_SESSIONS,
    ...(exporter !== undefined && { exporter }),
  });
  const names = [...TEXTS, ...TIMES, ...NUMBERS, ...JSON_TEXTS];
  return rows.map((row) => {
    const { clock_known, clock_offset_ms, last_error, ...session } = Object.fromEntries(names.map((name, i) => [name, row[i]])) as Record<
      string,
      unknown
    >;
    return {
      ...session,
      exporter: unmappedAddress(String(session["exporter"])),
      exporter_source: unmappedAddress(String(session["exporter_source"])),
      clock_offset_ms: clock_known === 1 ? clock_offset_ms : null,
      rate_differences: readJson(session["rate_differences"], []),
      dropped: readJson(session["dropped"], {}),
      skipped: readJson(session["skipped"], {}),
      waiting: readJson(session["waiting"], []),
      ...(last_error === "" ? {} : { last_error }),
    } as unknown as ExporterRow;
  });
}
