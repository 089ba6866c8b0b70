/** What the server knows about itself and its neighbours; the composition root fills it, `health` and `exporters` show it. */

import type { LoaderStats } from "../store/index.ts";

/** Counters of one exporter session, as the collector beside this server last told. */
export interface LiveExporter {
  /** sFlow agent address, else the UDP source. */
  readonly exporter: string;
  readonly exporterSource: string;
  readonly sourcePort: number;
  readonly protocol: string;
  readonly obsDomain: number;
  readonly datagrams: number;
  readonly bytes: number;
  readonly dataRecords: number;
  readonly optionsRecords: number;
  readonly rows: number;
  readonly templates: number;
  readonly waitingSets: number;
  readonly waitingTemplates: readonly { readonly templateId: number; readonly sets: number }[];
  readonly dropped: Readonly<Record<string, number>>;
  /** What its sequence numbers tell; `lost` in `unit`. */
  readonly sequence: { readonly unit: string; readonly lost: number };
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly lastError?: string;
}

interface RefusedCounts {
  readonly datagrams: number;
  readonly bytes: number;
  readonly connections: number;
}

/** Senders that the collector does not let in. */
export interface LiveRefused extends RefusedCounts {
  readonly sources: readonly (RefusedCounts & {
    readonly source: string;
    readonly port: number;
    readonly firstSeenMs: number;
    readonly lastSeenMs: number;
    readonly hint: string;
  })[];
  /** Of those who are not told apart. */
  readonly rest: RefusedCounts;
}

/** Last message of the collector process. */
export interface LiveCollector {
  /** Its name. */
  readonly collector: string;
  readonly startedMs: number;
  /** When it told. */
  readonly atMs: number;
  readonly listening: readonly object[];
  readonly spool: object;
  readonly refused: LiveRefused;
  readonly exporters: readonly LiveExporter[];
  readonly exporterCount: number;
}

export interface SystemStatus {
  readonly version: string;
  readonly startedMs: number;
  /** Left out while no collector runs beside this server, or before its first message. */
  readonly collector?: LiveCollector;
  /** Segments that wait, what was loaded, the last error: the loader's own words. */
  readonly loader?: Pick<LoaderStats, "backlogRows" | "oldestAgeMs">;
  /** How often the supervisor had to start a process again, by process. */
  readonly restarts?: Readonly<Record<string, number>>;
}
