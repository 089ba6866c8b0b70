/** An API on a store that answers what a test says. */
import type { Express } from "express";
import { SillageError } from "@sillage/model";
import type { FlowStore, QueryAnswer } from "../store/index.ts";
import { apiConfigSchema } from "./config.ts";
import { createApi, type ApiDeps } from "./create-api.ts";

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

export interface TestApi {
  readonly app: Express;
  readonly logged: LogLine[];
}

export function testApi(config: object = {}, deps: Partial<ApiDeps> = {}): TestApi {
  const logged: LogLine[] = [];
  const log = (level: LogLine["level"]) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const app = createApi({
    store: fakeStore(),
    status: () => ({ version: "1.2.3", startedMs: NOW - 60_000 }),
    config: apiConfigSchema.parse(config),
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    now: () => NOW,
    ...deps,
  });
  return { app, logged };
}
