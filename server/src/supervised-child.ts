/**
 * One child of the supervisor: forked, started again with growing pauses when it ends by itself, ended in order when asked. The first start
 * decides whether `serve` comes up at all, so its failure is reported instead of retried.
 */
import type { ChildProcess } from "node:child_process";
import { SillageError } from "@sillage/model";
import type { Logger } from "./log.ts";
import type { ChildName, FromChild, StartFailure, ToChild } from "./process-messages.ts";

/** Pause before the first restart; doubled up to the longest, and back after so long without an end. */
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;
const STEADY_MS = 60_000;

export interface SupervisedChildOptions {
  readonly name: ChildName;
  readonly fork: () => ChildProcess;
  /** First message to every process that is forked. */
  readonly startMessage: () => ToChild;
  readonly log: Logger;
  /** Messages other than the answer to the start. */
  readonly onMessage?: (message: FromChild) => void;
}

export class SupervisedChild {
  readonly name: ChildName;
  readonly #options: SupervisedChildOptions;
  #process: ChildProcess | undefined;
  #restarts = 0;
  #backoffMs = BACKOFF_MIN_MS;
  #retry: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: SupervisedChildOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Times it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Starts it for the first time; resolves with its lines for the start-up message.
   * @throws SillageError what the child says is wrong, or START_FAILED when it ended without a word
   */
  start(): Promise<readonly string[]> {
    return new Promise((resolve, reject) => this.#run({ ready: resolve, failed: reject }));
  }

  /** A child that is between two lives misses the message. */
  send(message: ToChild): void {
    if (this.#process?.connected === true) this.#process.send(message, () => undefined);
  }

  /** Asks it to end and waits; kills it when it takes longer than the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    const child = this.#process;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#options.log.warn({ child: this.name, deadlineMs }, "child did not end in time and was killed");
        child.kill("SIGKILL");
      }, deadlineMs);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      this.send({ type: "stop" });
    });
  }

  /** Ends it at once, without order. */
  kill(): void {
    this.#stopping = true;
    this.#process?.kill("SIGKILL");
  }

  #run(first?: { ready: (details: readonly string[]) => void; failed: (error: SillageError) => void }): void {
    const { fork, startMessage, log, onMessage } = this.#options;
    const child = fork();
    const startedMs = Date.now();
    this.#process = child;
    let failure: StartFailure | undefined;
    let ready = false;
    child.on("message", (message: FromChild) => {
      if (message.type === "ready") {
        ready = true;
        first?.ready(message.details);
        if (!first) log.info({ child: this.name, pid: child.pid, restarts: this.#restarts }, "child runs again");
      } else if (message.type === "failed") failure = message.failure;
      else onMessage?.(message);
    });
    child.once("exit", (code, signal) => {
      this.#process = undefined;
      if (first && !ready)
        return first.failed(
          failure
            ? fromFailure(failure)
            : new SillageError(
                "internal",
                "START_FAILED",
                `the ${this.name} process ended before it was up (${signal ?? `exit code ${code}`})`,
                { hint: "its log lines above tell more" },
              ),
        );
      if (this.#stopping) return;
      if (Date.now() - startedMs > STEADY_MS) this.#backoffMs = BACKOFF_MIN_MS;
      const pauseMs = this.#backoffMs;
      this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MAX_MS);
      log.error(
        {
          child: this.name,
          exitCode: code,
          signal,
          pauseMs,
          ...(failure && { code: failure.code, reason: failure.message, hint: failure.hint }),
        },
        "child ended; starting it again",
      );
      this.#retry = setTimeout(() => {
        this.#restarts++;
        this.#run();
      }, pauseMs);
    });
    child.on("error", (error) => log.error({ child: this.name, err: error }, "child cannot be reached"));
    child.send(startMessage(), () => undefined);
  }
}

function fromFailure({ kind, code, message, hint }: StartFailure): SillageError {
  return new SillageError(kind, code, message, { hint });
}
