/** The table `exporters`: the newest counters of each exporter session, from all collectors. */
import { unmappedAddress } from "./address.ts";
import type { QueryContext } from "./execution.ts";

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
  /** Lost before the collector, told by sequence numbers, in the protocol's unit. */
  readonly lost_units: number;
  /** Cause to count. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Template ids that data sets wait for. */
  readonly waiting: readonly number[];
}

const TEXTS = ["collector", "exporter", "exporter_source", "protocol"] as const;
const TIMES = ["first_seen", "last_seen"] as const;
const NUMBERS = [
  ...(["source_port", "obs_domain", "datagrams", "bytes", "data_records", "options_records"] as const),
  ...(["flow_rows", "templates", "waiting_sets", "lost_units"] as const),
];
const JSON_TEXTS = ["dropped", "waiting"] as const;

/** Sessions in one answer; an address space of spoofed senders must not fill the page. */
const MAX_SESSIONS = 10_000;

const SQL = [
  `SELECT ${[...TEXTS, ...TIMES.map((name) => `toFloat64(toUnixTimestamp64Milli(${name}))`), ...NUMBERS.map((name) => `toFloat64(${name})`), ...JSON_TEXTS].join(", ")}`,
  "FROM exporters FINAL ORDER BY last_seen DESC LIMIT {limit:UInt64}",
].join(" ");

export async function exporterRows({ store, limits, signal, comment }: QueryContext): Promise<ExporterRow[]> {
  const { rows } = await store.query({
    sql: SQL,
    params: { limit: MAX_SESSIONS },
    limits,
    ...(signal === undefined ? {} : { signal }),
    ...(comment === undefined ? {} : { comment }),
  });
  const names = [...TEXTS, ...TIMES, ...NUMBERS, ...JSON_TEXTS];
  return rows.map((row) => {
    const session = Object.fromEntries(names.map((name, i) => [name, row[i]])) as unknown as Record<string, string>;
    return {
      ...session,
      exporter: unmappedAddress(session["exporter"]!),
      exporter_source: unmappedAddress(session["exporter_source"]!),
      dropped: readJson(session["dropped"], {}),
      waiting: readJson(session["waiting"], []),
    } as unknown as ExporterRow;
  });
}

function readJson(text: string | undefined, otherwise: unknown): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return otherwise;
  }
}
