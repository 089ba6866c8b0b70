/** Puts the collector's status together: what the server is sent, the metrics show and the log of losses reads. */
import type { GivenUp } from "../decode/index.ts";
import type { ExporterDirectory } from "../exporters/index.ts";
import { formatAddress } from "../flow/index.ts";
import type { SpoolWriter } from "../spool/index.ts";
import type { Accounting } from "./accounting.ts";
import type { Listeners } from "./listeners.ts";
import type { RefusedSources } from "./refused-sources.ts";
import { allowHint, type SourceTable } from "./source-table.ts";
import { MAX_STATUS_EXPORTERS, type CollectorStatus, type ExporterStatus } from "./status.ts";
import type { SystemCounters } from "./system-counters.ts";
import type { TcpConnections } from "./tcp-connections.ts";

/** How long numbers of the sessions are taken as of now: there may be ten thousand. */
const SNAPSHOT_MS = 200;

export interface StatusSources {
  /** The collector's name. */
  readonly collector: string;
  readonly startedMs: number;
  readonly accounting: Pick<Accounting, "sessions">;
  readonly listeners: Pick<Listeners, "udp" | "tcp">;
  readonly connections: Pick<TcpConnections, "stats">;
  readonly system: Pick<SystemCounters, "kernelDrops" | "host">;
  readonly spool: Pick<SpoolWriter, "stats">;
  readonly refused: () => CollectorStatus["refused"];
  readonly givenUp: () => GivenUp;
  /** What the operator calls exporters, now. */
  readonly directory: () => ExporterDirectory;
  readonly now: () => number;
}

export class StatusAssembly {
  readonly #sources: StatusSources;
  #snapshot: { readonly atMs: number; readonly sessions: readonly ExporterStatus[] } | undefined;

  constructor(sources: StatusSources) {
    this.#sources = sources;
  }

  /** All sessions with their balance; asked once for all that want them at about the same time. */
  sessions(): readonly ExporterStatus[] {
    const nowMs = this.#sources.now();
    const snapshot = this.#snapshot;
    if (snapshot !== undefined && nowMs - snapshot.atMs <= SNAPSHOT_MS && nowMs >= snapshot.atMs) return snapshot.sessions;
    const sessions = this.#sources.accounting.sessions();
    this.#snapshot = { atMs: nowMs, sessions };
    return sessions;
  }

  /** The next call of `sessions` asks anew. */
  forgetSessions(): void {
    this.#snapshot = undefined;
  }

  status(): CollectorStatus {
    const { collector, startedMs, listeners, connections, system, spool, refused, givenUp, now } = this.#sources;
    const all = this.sessions();
    const recent =
      all.length <= MAX_STATUS_EXPORTERS ? all : [...all].sort((a, b) => b.lastSeenMs - a.lastSeenMs).slice(0, MAX_STATUS_EXPORTERS);
    return {
      type: "status",
      version: 5,
      collector,
      startedMs,
      atMs: now(),
      listening: listeners.udp.map(({ host, port, receives, receiveBufferBytes, datagrams, bytes }) => ({
        host,
        port,
        receives,
        receiveBufferBytes,
        datagrams,
        bytes,
        kernelDrops: system.kernelDrops?.get(port) ?? null,
      })),
      tcp: { ...connections.stats(), listening: listeners.tcp.map(({ host, port, counts }) => ({ host, port, ...counts })) },
      host: system.host ?? null,
      spool: spool.stats(),
      refused: refused(),
      exporters: recent.map((session) => this.#named(session)),
      exporterCount: all.length,
      givenUp: givenUp(),
    };
  }

  /** With what the operator calls the exporter. */
  #named(session: ExporterStatus): ExporterStatus {
    const { name, site } = this.#sources.directory().findText(session.exporter) ?? {};
    return name === undefined && site === undefined ? session : { ...session, ...(name && { name }), ...(site && { site }) };
  }
}

/** Who is turned away, each with the line of `collector.allow` that would let it in. */
export function describeRefused(refused: RefusedSources, sources: SourceTable, allow: readonly string[]): CollectorStatus["refused"] {
  const list = refused.list().map(({ address, ...source }) => {
    const { bytes } = sources.ofText(address);
    return { ...source, source: formatAddress(bytes), hint: allowHint(allow, bytes) };
  });
  return { ...refused.total, sources: list, rest: { ...refused.rest } };
}
