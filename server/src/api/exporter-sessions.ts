/** Exporter sessions as the API tells them: the table `exporters` of all collectors, and in its place what the running collector says. */
import type { ExporterInfo } from "../exporters/index.ts";
import type { ExporterRow } from "../query/index.ts";
import type { ApiContext } from "./context.ts";
import type { LiveCollector, LiveExporter } from "./status.ts";

/** What the operator says about an exporter; speed is in bit/s. */
export type OperatorWords = Pick<ExporterInfo, "name" | "site" | "tags" | "interfaces">;

export interface SessionAnswer extends ExporterRow, OperatorWords {
  /** Told by the running collector, not read from the table. */
  readonly live: boolean;
}

/** The most recently seen first. */
export function mergeSessions(api: ApiContext, stored: readonly ExporterRow[]): SessionAnswer[] {
  const { collector } = api.status();
  const live = collector === undefined ? [] : collector.exporters.map((exporter) => fromLive(collector, exporter));
  const sessions = new Map(stored.map((row): [string, ExporterRow & { live: boolean }] => [sessionKey(row), { ...row, live: false }]));
  for (const row of live) sessions.set(sessionKey(row), row);
  return [...sessions.values()].sort((a, b) => b.last_seen - a.last_seen).map((row) => ({ ...row, ...wordsOf(api, row.exporter) }));
}

export function wordsOf({ directory }: Pick<ApiContext, "directory">, exporter: string): OperatorWords {
  const { name, site, tags, interfaces } = directory().findText(exporter) ?? {};
  return { ...(name && { name }), ...(site && { site }), ...(tags && { tags }), ...(interfaces && { interfaces }) };
}

function sessionKey({ collector, exporter, exporter_source, source_port, protocol, obs_domain }: ExporterRow): string {
  return [collector, exporter, exporter_source, source_port, protocol, obs_domain].join(" ");
}

function fromLive({ collector }: LiveCollector, exporter: LiveExporter): ExporterRow & { live: true } {
  const { sequence, samples } = exporter;
  return {
    collector,
    exporter: exporter.exporter,
    exporter_source: exporter.exporterSource,
    source_port: exporter.sourcePort,
    protocol: exporter.protocol,
    obs_domain: exporter.obsDomain,
    first_seen: exporter.firstSeenMs,
    last_seen: exporter.lastSeenMs,
    datagrams: exporter.datagrams,
    bytes: exporter.bytes,
    data_records: exporter.dataRecords,
    options_records: exporter.optionsRecords,
    flow_rows: exporter.rows,
    templates: exporter.templates,
    waiting_sets: exporter.waitingSets,
    waiting_bytes: exporter.waitingBytes,
    waiting_since: exporter.waitingSinceMs ?? 0,
    sequence_unit: sequence.unit,
    expected_units: sequence.expected,
    lost_units: sequence.lost,
    reordered: sequence.reordered,
    duplicates: sequence.duplicates,
    restarts: sequence.restarts,
    clamped_times: exporter.clampedTimes,
    clock_offset_ms: exporter.clockOffsetMs,
    sample_sources: samples?.sources ?? 0,
    agent_drops: samples?.agentDrops ?? 0,
    rate_differences: samples?.rateDifferences ?? [],
    dropped: exporter.dropped,
    skipped: exporter.skipped,
    waiting: exporter.waitingTemplates.map((template) => template.templateId),
    live: true,
    ...(exporter.lastError === undefined ? {} : { last_error: exporter.lastError }),
  };
}
