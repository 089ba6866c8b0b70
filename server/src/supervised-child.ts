/**
 * One child of the supervisor: forked, started again with growing pauses when it ends by itself, ended in order when asked. The first start
 * decides whether `serve` comes up at all, so its failure is reported instead of retried; one that was killed is no failure.
 */
import type { ChildProcess } from "node:child_process";
import { SillageError } from "@sillage/model";
import type { Logger } from "./log.ts";
import type { ChildName, FromChild, StartFailure, ToChild } from "./process-messages.ts";
import type { SillageConfig } from "./sillage-config.ts";

/** Pause before the first restart; doubled up to the longest, and back after so long without an end. */
const BACKOFF_MIN_MS = 250;
const STEADY_MS = 10_000;
/** Somebody may kill a process before it is up; who does so again and again, or what crashes again and again, is a reason to give up. */
const FIRST_RESTARTS = 3;

export interface SupervisedChildOptions {
  readonly name: ChildName;
  readonly fork: () => ChildProcess;
  /** First message to every process that is forked. */
  readonly startMessage: () => ToChild;
  readonly log: Logger;
  /** Longest pause before it is started again. */
  readonly longestPauseMs: number;
  /** Messages other than the answer to the start. */
  readonly onMessage?: (message: FromChild) => void;
}

/** Told whether the child comes up at all. */
interface FirstStart {
  readonly ready: (details: readonly string[]) => void;
  readonly failed: (error: SillageError) => void;
}

interface EndedLife {
  readonly livedMs: number;
  readonly failure: StartFailure | undefined;
  /** It was not up yet, and somebody waits for that. */
  readonly first: FirstStart | undefined;
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

  /**
   * Gives it other options and waits until they are in force; one that is between two lives begins the next with them.
   * @throws SillageError what the child says is wrong
   */
  async reload(config: SillageConfig): Promise<void> {
    const child = this.#process;
    if (child?.connected !== true) return;
    const failure = await new Promise<StartFailure | undefined>((resolve) => {
      const onMessage = (message: FromChild): void => {
        if (message.type === "reloaded") done(message.failure);
      };
      const onExit = (): void => done(undefined);
      const done = (result: StartFailure | undefined): void => {
        child.off("message", onMessage).off("exit", onExit);
        resolve(result);
      };
      child.on("message", onMessage).once("exit", onExit);
      this.send({ type: "reload", config });
    });
    if (failure) throw fromFailure(failure);
  }

  /** From now on it is not started again. */
  expectEnd(): void {
    this.#stopping = true;
    clearTimeout(this.#retry);
  }

  /** Asks it to end and waits; kills it when it takes longer than the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.expectEnd();
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

  #run(first?: FirstStart): void {
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
      const end = signal ?? `exit code ${code}`;
      const wasKilled = signal !== null && !this.#stopping && this.#restarts < FIRST_RESTARTS;
      if (first && !ready && !wasKilled) first.failed(failure ? fromFailure(failure) : endedSilently(this.name, end));
      else if (!this.#stopping) this.#runLater(end, { livedMs: Date.now() - startedMs, failure, first: ready ? undefined : first });
    });
    child.on("error", (error) => log.error({ child: this.name, err: error }, "child cannot be reached"));
    child.send(startMessage(), () => undefined);
  }

  /** Starts it again after a pause that grows while it keeps ending. */
  #runLater(end: string, { livedMs, failure, first }: EndedLife): void {
    if (livedMs > STEADY_MS) this.#backoffMs = BACKOFF_MIN_MS;
    const pauseMs = this.#backoffMs;
    this.#backoffMs = Math.min(pauseMs * 2, this.#options.longestPauseMs);
    const why = failure && { code: failure.code, reason: failure.message, hint: failure.hint };
    this.#options.log.error({ child: this.name, end, pauseMs, ...why }, "child ended; starting it again");
    this.#retry = setTimeout(() => {
      this.#restarts++;
      this.#run(first);
    }, pauseMs);
  }
}

function fromFailure({ kind, code, message, hint }: StartFailure): SillageError {
  return new SillageError(kind, code, message, { hint });
}

function endedSilently(name: ChildName, end: string): SillageError {
  return new SillageError("internal", "START_FAILED", `the ${name} process ended before it was up (${end})`, {
    hint: "its log lines above tell more",
  });
}
