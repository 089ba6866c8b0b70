/** Connections of one role, lent one at a time, first come, first served. */
import type { EngineConnection } from "./engine.ts";
import { queryCancelled, unavailable } from "./store-errors.ts";

/** Queries that may wait for a connection; more are refused, because their callers would have given up when their turn came. */
const MAX_WAITING = 200;

export class ConnectionPool {
  readonly #size: number;
  readonly #idle: EngineConnection[];
  readonly #waiting: ((connection: EngineConnection) => void)[] = [];
  #complete: (() => void) | undefined;

  constructor(connections: readonly EngineConnection[]) {
    this.#size = connections.length;
    this.#idle = [...connections];
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Borrows a connection; give it back with `release`.
   * @throws SillageError QUERY_CANCELLED when `signal` aborts while waiting, STORE_UNAVAILABLE when too many wait
   */
  async acquire(signal?: AbortSignal): Promise<EngineConnection> {
    if (signal?.aborted === true) throw queryCancelled(signal.reason);
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#waiting.length >= MAX_WAITING) throw unavailable(`${MAX_WAITING} queries wait already`);
    return new Promise((resolve, reject) => {
      const turn = (connection: EngineConnection): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve(connection);
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(queryCancelled(signal?.reason));
      };
      this.#waiting.push(turn);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  release(connection: EngineConnection): void {
    const next = this.#waiting.shift();
    if (next) {
      next(connection);
      return;
    }
    this.#idle.push(connection);
    if (this.#idle.length === this.#size) this.#complete?.();
  }

  /** Runs one statement on a borrowed connection. */
  async use<T>(run: (connection: EngineConnection) => Promise<T>): Promise<T> {
    const connection = await this.acquire();
    try {
      return await run(connection);
    } finally {
      this.release(connection);
    }
  }

  /** Waits until all are back, then closes them. */
  async close(): Promise<void> {
    if (this.#idle.length < this.#size) await new Promise<void>((resolve) => (this.#complete = resolve));
    for (const connection of this.#idle.splice(0)) await connection.close();
  }
}
