/** A log for work that is tried again and again while something is down: the same line once a pause, with the number of times. */
import { SillageError } from "@sillage/model";
import { LogLimit } from "./log-limit.ts";
import type { Logger } from "./log.ts";
import type { LoaderLog } from "./store/index.ts";

const PAUSE_MS = 300_000;

/** Lines with the same message and error code are the same line. */
export function limitLog(log: Logger, now: () => number = Date.now): LoaderLog {
  const limit = new LogLimit(PAUSE_MS);
  const limited =
    (level: "info" | "warn" | "error") =>
    (fields: object, message: string): void => {
      const { err } = fields as { err?: unknown };
      const key = `${message} ${err instanceof SillageError ? err.code : err instanceof Error ? err.message : ""}`;
      const line = limit.take(key, now());
      if (line) log[level](line.count === 1 ? fields : { ...fields, count: line.count }, message);
    };
  return { info: limited("info"), warn: limited("warn"), error: limited("error") };
}
