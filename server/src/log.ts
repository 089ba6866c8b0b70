/**
 * Logs of all processes: pino, object first, constant message without values. JSON lines on standard error, or short readable lines when
 * that is a terminal. Standard output is left to what a command answers.
 */
import type { Writable } from "node:stream";
import { SillageError } from "@sillage/model";
import pino, { type Logger } from "pino";
import pretty from "pino-pretty";
import { z } from "zod";

export type { Logger } from "pino";

export const logConfigSchema = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Least important level that is written."),
  format: z
    .enum(["auto", "json", "text"])
    .default("auto")
    .describe("`json`: one object a line. `text`: short lines for people. `auto`: text on a terminal, else json."),
});

export type LogConfig = z.output<typeof logConfigSchema>;

/** Which process writes; a field of every line. */
export type ProcessName = "supervisor" | "collector" | "server" | "demo" | "sillage";

/** Keys that may hold a credential, at the top and one level down. */
const SECRET_KEYS = ["token", "password", "authorization", "cookie"];

/** An error that says itself what is wrong needs no stack; a defect does. */
function describeError(error: unknown): unknown {
  if (!(error instanceof SillageError) || error.kind === "internal") return pino.stdSerializers.err(error as Error);
  return `${error.code}: ${error.message}`;
}

/**
 * A logger for one process. Writing is synchronous, so the last line before an end is never lost.
 * @param terminal whether somebody reads along: decides the format `auto`, and colours
 * @param target another place than standard error
 */
export function createLogger(process: ProcessName, config: LogConfig, terminal: boolean, target?: Writable): Logger {
  const text = config.format === "text" || (config.format === "auto" && terminal);
  const stream = text
    ? pretty({
        destination: target ?? 2,
        sync: true,
        colorize: terminal,
        translateTime: "SYS:HH:MM:ss",
        singleLine: true,
        ignore: "pid,hostname,process,component",
        messageFormat: "{process}: {msg}",
      })
    : (target ?? pino.destination({ dest: 2, sync: true }));
  return pino(
    {
      level: config.level,
      base: { process },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      redact: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)],
    },
    stream,
  );
}
