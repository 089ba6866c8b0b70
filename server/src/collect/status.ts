/**
 * What the collector tells about itself: once a second to the supervisor, which passes it on to the server, so that the page and the API
 * know what arrives even while nothing can be stored. Crosses a process border: a change of shape is a new `version`.
 */
import type { ExporterStats } from "../decode/index.ts";
import type { SpoolStats } from "../spool/index.ts";

export interface ListeningStatus {
  readonly host: string;
  readonly port: number;
  readonly receiveBufferBytes: number;
  readonly datagrams: number;
  readonly bytes: number;
  /** Datagrams lost because the socket's buffer was full; null where the system does not tell. */
  readonly kernelDrops: number | null;
}

/** Totals of one exporter session; `dropped` also has `spool_full`, in rows. */
export type ExporterStatus = ExporterStats;

export interface CollectorStatus {
  readonly type: "status";
  readonly version: 1;
  readonly collector: string;
  readonly startedMs: number;
  readonly atMs: number;
  readonly listening: readonly ListeningStatus[];
  readonly spool: SpoolStats;
  /** Most recently seen first, at most MAX_STATUS_EXPORTERS. */
  readonly exporters: readonly ExporterStatus[];
  /** Sessions there are, shown or not. */
  readonly exporterCount: number;
}

/** Sessions in one status: a message of about 1 MB at most. */
export const MAX_STATUS_EXPORTERS = 1_000;
