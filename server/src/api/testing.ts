/** An API on a store that answers what a test says. */
import type { Express } from "express";
import { SillageError } from "@sillage/model";
import { retentionReport, type FlowStore, type QueryAnswer } from "../store/index.ts";
import { addTotals } from "../query/index.ts";
import { apiConfigSchema } from "./config.ts";
import { createApi, type ApiDeps } from "./create-api.ts";
import type { LiveCollector, LiveExporter } from "./status.ts";

export const NOW = 1_767_229_200_000;

export function answer(rows: QueryAnswer["rows"]): QueryAnswer {
  return { columns: [], rows, rowsRead: rows.length, elapsedMs: 1, truncated: false };
}

export function fakeStore(query: FlowStore["query"] = () => Promise.resolve(answer([]))): FlowStore {
  return {
    query,
    command: () => Promise.resolve(),
    health: () => Promise.resolve({ up: true, version: "26.7" }),
    close: () => Promise.resolve(),
  };
}

/** A store whose engine does not answer. */
export function downStore(): FlowStore {
  const down = (): Promise<never> => Promise.reject(new SillageError("unavailable", "STORE_UNAVAILABLE", "the database does not answer"));
  return {
    query: down,
    command: down,
    health: () => Promise.resolve({ up: false, error: "the database does not answer" }),
    close: () => Promise.resolve(),
  };
}

interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

/** A session that the running collector tells of, in which all is well. */
export function liveExporter(overrides: Partial<LiveExporter> = {}): LiveExporter {
  return {
    ...{ exporter: "192.0.2.1", exporterSource: "192.0.2.1", sourcePort: 40_000, protocol: "netflow9", obsDomain: 7 },
    ...{ datagrams: 0, bytes: 0, dataRecords: 0, optionsRecords: 0, rows: 0, templates: 0 },
    ...{ waitingSets: 0, waitingBytes: 0, waitingSinceMs: null, waitingTemplates: [], dropped: {}, skipped: {} },
    sequence: { unit: "datagrams", expected: 0, lost: 0, reordered: 0, duplicates: 0, restarts: 0 },
    ...{ clockOffsetMs: null, clampedTimes: 0, firstSeenMs: NOW - 60_000, lastSeenMs: NOW },
    balance: addTotals([]),
    ...overrides,
  };
}

/** A collector beside the server, in which all is well. */
export function liveCollector(exporters: readonly LiveExporter[], overrides: Partial<LiveCollector> = {}): LiveCollector {
  const none = { datagrams: 0, bytes: 0, connections: 0 };
  return {
    ...{ collector: "main", startedMs: NOW - 60_000, atMs: NOW, exporters, exporterCount: exporters.length },
    listening: [{ port: 2055, receiveBufferBytes: 32 * 2 ** 20, kernelDrops: 0 }],
    spool: { usedBytes: 0, limitBytes: 2 ** 30 },
    refused: { ...none, sources: [], rest: none },
    ...overrides,
  };
}

export interface TestApi {
  readonly app: Express;
  readonly logged: LogLine[];
}

export function testApi(config: object = {}, deps: Partial<ApiDeps> = {}): TestApi {
  const logged: LogLine[] = [];
  const log = (level: LogLine["level"]) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const app = createApi({
    store: fakeStore(),
    retention: (whatIf) =>
      Promise.resolve(retentionReport({ partitions: [], usedBytes: 0, diskBytes: 0, freeBytes: 0 }, { retention: {} }, NOW, whatIf)),
    inspect: () => Promise.resolve({}),
    status: () => ({ version: "1.2.3", startedMs: NOW - 60_000 }),
    config: apiConfigSchema.parse(config),
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    now: () => NOW,
    ...deps,
  });
  return { app, logged };
}
