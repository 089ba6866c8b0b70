/**
 * What the collector tells about itself: once a second to the supervisor, which passes it on to the server, so that the page and the API
 * know what arrives even while nothing can be stored. Crosses a process border: a change of shape is a new `version`.
 */
import type { LossTotals } from "@sillage/model";
import type { ExporterStats, GivenUp } from "../decode/index.ts";
import type { SpoolStats } from "../spool/index.ts";
import type { HostCounters } from "./host-counters.ts";
import type { ReceiveWay } from "./receive-socket.ts";
import type { ConnectionStats } from "./tcp-connections.ts";

export interface ListeningStatus {
  readonly host: string;
  readonly port: number;
  /** Whether datagrams are taken from the kernel many or one at a time. */
  readonly receives: ReceiveWay;
  readonly receiveBufferBytes: number;
  readonly datagrams: number;
  readonly bytes: number;
  /** Datagrams lost because the socket's buffer was full; null where the system does not tell. */
  readonly kernelDrops: number | null;
}

export interface TcpListeningStatus {
  readonly host: string;
  readonly port: number;
  readonly messages: number;
  readonly bytes: number;
}

/** Datagrams and connections of senders that are not on the allow list: nothing of them was decoded. */
export interface RefusedCounts {
  readonly datagrams: number;
  readonly bytes: number;
  /** Over TCP. */
  readonly connections: number;
}

export interface RefusedStatus extends RefusedCounts {
  /** Address of the sender. */
  readonly source: string;
  /** Port here that it last sent to. */
  readonly port: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** What to write into the configuration to let it in. */
  readonly hint: string;
}

/** Totals of one exporter session; `dropped` also has `spool_full`, in rows. */
export interface ExporterStatus extends ExporterStats {
  /** Where its records went. */
  readonly balance: LossTotals;
  /** What the operator calls it, and where it stands. */
  readonly name?: string;
  readonly site?: string;
}

export interface CollectorStatus {
  /** What limits on senders' state have cost; see DecoderLimits. */
  readonly givenUp: GivenUp;
  readonly type: "status";
  readonly version: 5;
  readonly collector: string;
  readonly startedMs: number;
  readonly atMs: number;
  readonly listening: readonly ListeningStatus[];
  /** IPFIX over TCP. */
  readonly tcp: ConnectionStats & { readonly listening: readonly TcpListeningStatus[] };
  /** What the kernel counts for the whole machine; null where the system does not tell. */
  readonly host: HostCounters | null;
  readonly spool: SpoolStats;
  /** Totals, those who sent last (a bounded number), and the counts of those who are no longer told apart. */
  readonly refused: RefusedCounts & { readonly sources: readonly RefusedStatus[]; readonly rest: RefusedCounts };
  /** Most recently seen first, at most MAX_STATUS_EXPORTERS. */
  readonly exporters: readonly ExporterStatus[];
  /** Sessions there are, shown or not. */
  readonly exporterCount: number;
}

/** Sessions in one status: a message of about 1 MB at most. */
export const MAX_STATUS_EXPORTERS = 1_000;
