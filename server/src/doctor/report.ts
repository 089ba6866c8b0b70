/** What the doctor looks at: answers of the API, put together by exporter. */
import type { LossTotals } from "@sillage/model";
import type { ExporterRow, InterfaceVolume, TrafficProfile } from "../query/index.ts";
import type { RetentionReport, StoreInspection } from "../store/index.ts";

/** One exporter with all its sessions. */
export interface DeviceReport {
  readonly exporter: string;
  readonly name?: string;
  readonly sessions: readonly ExporterRow[];
  /** Where its records went in the time that is looked at; empty when nothing is known of that time. */
  readonly balance: LossTotals;
  /** By protocol; empty when flows were not looked at. */
  readonly traffic: readonly TrafficProfile[];
  /** By interface; empty where it sends no counters, or they were not looked at. */
  readonly volumes: readonly InterfaceVolume[];
  /** Private enterprise numbers of elements that it sends and nobody keeps: they tell whose device it is. */
  readonly enterprises: readonly number[];
}

export interface SocketReport {
  readonly port: number;
  readonly receiveBufferBytes: number;
  /** null where the system does not tell. */
  readonly kernelDrops: number | null;
}

export interface RefusedReport {
  readonly source: string;
  readonly datagrams: number;
  readonly connections: number;
  /** What to write into the configuration to let it in. */
  readonly hint: string;
}

export interface SpoolReport {
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Code of the error that keeps it from being written. */
  readonly failing?: string | undefined;
}

/** What the tables take and what is wrong inside the database. */
export interface StorageReport extends StoreInspection {
  readonly retention: RetentionReport;
}

export interface LoaderReport {
  readonly backlogSegments: number;
  readonly backlogRows?: number;
  /** Rows by which it grows each second, negative when it shrinks; undefined where nobody knows. */
  readonly backlogGrowth?: number | undefined;
  readonly oldestAgeMs: number;
  readonly inQuarantine: number;
  readonly failing?: string | undefined;
}

/** Sillage itself. What is left out is not known. */
export interface SystemReport {
  readonly nowMs: number;
  readonly storeError?: string;
  readonly sockets?: readonly SocketReport[];
  readonly refused?: readonly RefusedReport[];
  readonly spool?: SpoolReport;
  readonly loader?: LoaderReport;
  /** How often each process was started again. */
  readonly restarts?: Readonly<Record<string, number>>;
  /** Left out while the database does not answer, or does not tell. */
  readonly storage?: StorageReport;
  /** Why it does not tell. */
  readonly storageError?: string;
  /** Why segments could not be loaded, a reason each. */
  readonly quarantined?: readonly { readonly reason: string }[];
  /** Folder of what could not be loaded. */
  readonly quarantineFolder?: string;
  /** Drops of the kernel in the time that is looked at that belong to nobody known. Unit: datagrams. */
  readonly unownedKernelDrops?: number;
  /** undefined: nobody knows which there are. */
  readonly devices: readonly DeviceReport[] | undefined;
}
