/**
 * The frame around every child of the supervisor: waits for its configuration, says whether it started, and ends in order when it is told
 * to, when somebody sends SIGTERM, or when the parent is gone. Ctrl-C and the end of a terminal reach the whole process group, so SIGINT and
 * SIGHUP are left to the parent: it ends the children in the right order, or tells them other options.
 */
import { SillageError } from "@sillage/model";
import { endByHangUp, watchTerminal } from "./hang-up.ts";
import { createLogger, type Logger } from "./log.ts";
import type { ChildName, FromChild, StartFailure, ToChild } from "./process-messages.ts";
import type { SillageConfig } from "./sillage-config.ts";

/** What a child does once it has started. */
export interface RunningChild {
  /** Lines for the start-up message. */
  readonly details: readonly string[];
  /** Messages after the start. */
  onMessage?(message: ToChild): void;
  /**
   * Puts other options in force; a child without it has none that may change.
   * @throws SillageError when they cannot be: nothing has changed then
   */
  reload?(config: SillageConfig): Promise<void>;
  /** Ends in order; the supervisor waits for it, up to a deadline. */
  stop(): Promise<void>;
}

export interface ChildContext {
  readonly config: SillageConfig;
  /** When the supervisor started, epoch ms. */
  readonly startedMs: number;
  /** Without it this process ends. */
  readonly supervisorPid: number;
  readonly log: Logger;
  readonly send: (message: FromChild) => void;
}

/** Runs one child to its end. The process exits with 0 after an orderly end, else 1. */
export function runChild(name: ChildName, start: (context: ChildContext) => Promise<RunningChild>): void {
  const send = (message: FromChild): void => {
    // The parent may be gone: `disconnect` follows and ends this process.
    if (process.connected) process.send?.(message, () => undefined);
  };
  let log: Logger | undefined;
  let running: RunningChild | undefined;
  let starting: Promise<void> | undefined;
  let reloading = Promise.resolve();
  let ending = false;
  const isTerminalGone = watchTerminal();

  async function end(): Promise<void> {
    if (ending) return;
    ending = true;
    await starting;
    // What a reload is opening, stop() must find open, or it would stay open.
    await reloading;
    let code = 0;
    try {
      await running?.stop();
    } catch (error) {
      log?.error({ err: error }, "did not end in order");
      code = 1;
    }
    if (isTerminalGone()) endByHangUp();
    else process.exit(code);
  }

  async function begin(message: Extract<ToChild, { type: "start" }>): Promise<void> {
    const { config, startedMs, supervisorPid } = message;
    log = createLogger(name, config.log, process.stderr.isTTY);
    try {
      running = await start({ config, startedMs, supervisorPid, log, send });
    } catch (error) {
      if (!(error instanceof SillageError)) log.error({ err: error }, "could not start");
      send({ type: "failed", failure: failureOf(error, "could not start") });
      process.exitCode = 1;
      // The message must leave before the process does.
      process.disconnect();
      setTimeout(() => process.exit(1), 50);
      return;
    }
    send({ type: "ready", details: running.details });
  }

  /** One after the other: a second signal must not meet the first half way. */
  async function reload(config: SillageConfig): Promise<void> {
    await starting;
    // The parent waits for the exit instead of an answer.
    if (ending) return;
    try {
      await running?.reload?.(config);
      if (log) log.level = config.log.level;
      send({ type: "reloaded" });
    } catch (error) {
      if (!(error instanceof SillageError)) log?.error({ err: error }, "could not reload");
      send({ type: "reloaded", failure: failureOf(error, "could not reload") });
    }
  }

  process.on("message", (message: ToChild) => {
    if (message.type === "start") starting ??= begin(message);
    else if (message.type === "stop") void end();
    else if (message.type === "reload") reloading = reloading.then(() => reload(message.config));
    else running?.onMessage?.(message);
  });
  process.on("disconnect", () => void end());
  process.on("SIGTERM", () => void end());
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  process.on("uncaughtException", (error) => {
    log?.fatal({ err: error }, "a defect ended this process; the supervisor starts it again");
    process.exit(1);
  });
}

function failureOf(error: unknown, what: string): StartFailure {
  if (error instanceof SillageError)
    return { kind: error.kind, code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return { kind: "internal", code: "START_FAILED", message: `${what}: ${error instanceof Error ? error.message : String(error)}` };
}
