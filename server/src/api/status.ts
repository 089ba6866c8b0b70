/** What the server knows about itself and its neighbours; the composition root fills it, `health` and `exporters` show it. */
import type { LossTotals } from "@sillage/model";
import type { SocketReport, SpoolReport, SystemReport } from "../doctor/index.ts";
import type { RateDifference } from "../query/index.ts";
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
  readonly waitingBytes: number;
  readonly waitingSinceMs: number | null;
  readonly waitingTemplates: readonly { readonly templateId: number; readonly sets: number }[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  /** What its sequence numbers tell; `expected` and `lost` in `unit`. */
  readonly sequence: {
    readonly unit: string;
    readonly expected: number;
    readonly lost: number;
    readonly reordered: number;
    readonly duplicates: number;
    readonly restarts: number;
  };
  /** sFlow. */
  readonly samples?: { readonly sources: number; readonly agentDrops: number; readonly rateDifferences: readonly RateDifference[] };
  readonly clockOffsetMs: number | null;
  readonly clampedTimes: number;
  /** Where its records went since the collector knows it. */
  readonly balance: LossTotals;
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
  readonly listening: readonly SocketReport[];
  readonly spool: SpoolReport;
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
  readonly loader?: Pick<LoaderStats, "backlogRows" | "backlogSegments" | "oldestAgeMs" | "inQuarantine" | "failing"> & {
    /** Rows by which the backlog grows each second; undefined before that can be told. */
    readonly backlogGrowth?: number | undefined;
  };
  /** How often the supervisor had to start a process again, by process. */
  readonly restarts?: Readonly<Record<string, number>>;
}

/** What somebody must look at on the disk and in the database; never rejects. */
export type Inspection = Pick<SystemReport, "storage" | "storageError" | "quarantined" | "quarantineFolder">;
