/**
 * `GET /api/v1/exporters`: every exporter session, the most recently seen first. The table `exporters` knows all collectors and the past;
 * the collector beside this server knows the last second of its own, and answers also while nothing can be loaded.
 */
import { Router } from "express";
import type { ExporterInfo } from "../../exporters/index.ts";
import { exporterRows, type ExporterRow } from "../../query/index.ts";
import { callerOf, closeSignal, queryContext, type ApiContext } from "../context.ts";
import type { LiveCollector, LiveExporter } from "../status.ts";

export interface ExporterAnswer extends ExporterRow, Pick<ExporterInfo, "name" | "site" | "tags" | "interfaces"> {
  /** Told by the running collector, not read from the table. */
  readonly live: boolean;
  readonly last_error?: string;
}

export function exportersRoutes(api: ApiContext): Router {
  return Router().get("/exporters", async (request, response) => {
    const caller = callerOf(request);
    const signal = closeSignal(response);
    const { collector } = api.status();
    const live = collector === undefined ? [] : collector.exporters.map((exporter) => fromLive(collector, exporter));
    const stored = await api.queue.run(caller.client, () => exporterRows(queryContext(api, caller, signal)), signal);
    const sessions = new Map(stored.map((row): [string, ExporterAnswer] => [sessionKey(row), { ...row, live: false }]));
    for (const row of live) sessions.set(sessionKey(row), row);
    response.json({
      exporters: [...sessions.values()].sort((a, b) => b.last_seen - a.last_seen).map((row) => ({ ...row, ...saidOf(api, row) })),
      refused: collector === undefined ? [] : refusedAnswer(collector),
    });
  });
}

/** What the operator says about an exporter; speed is in bit/s. */
function saidOf({ directory }: ApiContext, { exporter }: ExporterRow): Pick<ExporterInfo, "name" | "site" | "tags" | "interfaces"> {
  const { name, site, tags, interfaces } = directory().findText(exporter) ?? {};
  return { ...(name && { name }), ...(site && { site }), ...(tags && { tags }), ...(interfaces && { interfaces }) };
}

/** A sender that is not on the allow list of the collector beside this server. */
export interface RefusedAnswer {
  readonly collector: string;
  /** Its address; null for those who are not told apart. */
  readonly source: string | null;
  readonly datagrams: number;
  readonly bytes: number;
  readonly connections: number;
  readonly port?: number;
  readonly first_seen?: number;
  readonly last_seen?: number;
  /** How to let it in. */
  readonly hint?: string;
}

function refusedAnswer({ collector, refused: { sources, rest } }: LiveCollector): RefusedAnswer[] {
  const apart = sources.map(({ firstSeenMs, lastSeenMs, ...source }) => ({
    collector,
    ...source,
    first_seen: firstSeenMs,
    last_seen: lastSeenMs,
  }));
  return rest.datagrams + rest.connections === 0 ? apart : [...apart, { collector, source: null, ...rest }];
}

function sessionKey({ collector, exporter, exporter_source, source_port, protocol, obs_domain }: ExporterRow): string {
  return [collector, exporter, exporter_source, source_port, protocol, obs_domain].join(" ");
}

function fromLive({ collector }: LiveCollector, exporter: LiveExporter): ExporterAnswer {
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
    lost_units: exporter.sequence.lost,
    dropped: exporter.dropped,
    waiting: exporter.waitingTemplates.map((template) => template.templateId),
    live: true,
    ...(exporter.lastError === undefined ? {} : { last_error: exporter.lastError }),
  };
}
