/**
 * Lets a bounded number of queries run at once and shares them fairly: those who wait are served in turn, one query each, so that a
 * dashboard of forty panels does not keep an alert rule waiting behind all of them.
 */
import { SillageError } from "@sillage/model";

export interface FairQueueOptions {
  /** Tasks that run at once. */
  readonly concurrency: number;
  /** Tasks that wait, over all clients. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

interface Waiting {
  readonly start: () => void;
}

export class FairQueue {
  readonly #options: FairQueueOptions;
  /** First come, first served within a client; a map keeps the order in which clients take turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  #running = 0;
  #waitingCount = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /**
   * Runs `task` when it is the client's turn. An aborted task that still waits never starts.
   * @throws SillageError QUEUE_FULL, QUEUE_TIMEOUT, QUERY_CANCELLED; and what the task throws
   */
  async run<T>(client: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(client, signal);
    try {
      return await task();
    } finally {
      this.#running--;
      this.#startNext();
    }
  }

  async #turn(client: string, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw cancelled();
    if (this.#running < this.#options.concurrency) {
      this.#running++;
      return;
    }
    if (this.#waitingCount >= this.#options.maxWaiting) {
      throw new SillageError("unavailable", "QUEUE_FULL", `${this.#waitingCount} queries are waiting already`, {
        hint: "ask again later; refresh dashboards less often, or raise api.maxConcurrentQueries",
      });
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (error: SillageError): void => {
        stopWatching();
        this.#remove(client, entry);
        reject(error);
      };
      const timer = setTimeout(() => leave(timedOut(this.#options.maxWaitMs)), this.#options.maxWaitMs);
      const onAbort = (): void => leave(cancelled());
      const stopWatching = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const entry: Waiting = {
        start: () => {
          stopWatching();
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const own = this.#waiting.get(client);
      if (own === undefined) this.#waiting.set(client, [entry]);
      else own.push(entry);
      this.#waitingCount++;
    });
  }

  #remove(client: string, entry: Waiting): void {
    const own = this.#waiting.get(client)!;
    own.splice(own.indexOf(entry), 1);
    this.#waitingCount--;
    if (own.length === 0) this.#waiting.delete(client);
  }

  #startNext(): void {
    const next = this.#waiting.entries().next();
    if (next.done === true) return;
    const [client, own] = next.value;
    const entry = own[0]!;
    this.#remove(client, entry);
    // To the end of the round.
    if (own.length > 0) {
      this.#waiting.delete(client);
      this.#waiting.set(client, own);
    }
    this.#running++;
    entry.start();
  }
}

function cancelled(): SillageError {
  return new SillageError("cancelled", "QUERY_CANCELLED", "the query was cancelled before it began");
}

function timedOut(maxWaitMs: number): SillageError {
  return new SillageError("unavailable", "QUEUE_TIMEOUT", `the query waited ${maxWaitMs / 1000} s for its turn`, {
    hint: "ask again later; refresh dashboards less often, or raise api.maxConcurrentQueries",
  });
}
