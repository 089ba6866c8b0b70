/**
 * A ClickHouse server that does not answer yet. The API is there from the start and says so (503), flows wait in the spool, and when the
 * database comes the store takes over. Embedded ClickHouse needs none of this: it opens or is broken.
 */
import { SillageError } from "@sillage/model";
import type { Logger } from "./log.ts";
import type { BatchInsert, ClickHouseStore, FlowStore } from "./store/index.ts";

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 15_000;

/**
 * Work on a store that may not answer: done when it does. One at a time, because of two fillings of a dictionary side by side the older could
 * end last.
 */
export class LateWork {
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #running = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  /** @param onError takes what ends a later try, other than "unavailable" */
  constructor(work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  /**
   * @returns false when the store does not answer: tried again until it does
   * @throws what the work throws else
   */
  async run(): Promise<boolean> {
    const attempt = this.#running.then(() => this.#work());
    this.#running = attempt.catch(() => undefined);
    try {
      await attempt;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.run().catch(this.#onError), RETRY_MAX_MS).unref();
      return false;
    }
    return true;
  }

  stop(): void {
    clearTimeout(this.#retry);
  }
}

function isUnavailable(error: unknown): error is SillageError {
  return error instanceof SillageError && error.kind === "unavailable";
}

/** The part of a store that the API and the loader use. */
export type LateStore = FlowStore & Pick<ClickHouseStore, "insertFiles" | "ownRows">;

/** Opens a store in the background until it succeeds; errors other than "unavailable" are told to `onFatal`. */
export function createLateStore(open: () => Promise<ClickHouseStore>, log: Logger, onFatal: (error: unknown) => void): LateStore {
  let store: ClickHouseStore | undefined;
  let lastError = "the first connection is being made";
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let pauseMs = RETRY_MIN_MS;

  async function attempt(): Promise<void> {
    try {
      store = await open();
      if (closed) await store.close();
      else log.info("the ClickHouse server answers");
    } catch (error) {
      if (!isUnavailable(error)) {
        onFatal(error);
        return;
      }
      if (lastError !== error.message)
        log.warn(
          { code: error.code, reason: error.message, hint: error.hint },
          "the ClickHouse server does not answer; flows wait in the spool",
        );
      lastError = error.message;
      if (closed) return;
      retry = setTimeout(() => void attempt(), pauseMs);
      pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS);
    }
  }
  void attempt();

  function opened(): ClickHouseStore {
    if (store) return store;
    throw new SillageError("unavailable", "STORE_UNAVAILABLE", lastError, {
      hint: "flows wait in the spool and are loaded when the ClickHouse server answers",
    });
  }

  return {
    query: async (request) => opened().query(request),
    command: async (sql, options) => opened().command(sql, options),
    insertFiles: async (batch: BatchInsert) => opened().insertFiles(batch),
    ownRows: async (sql) => opened().ownRows(sql),
    health: async () => (store ? store.health() : { up: false, error: lastError }),
    async close() {
      closed = true;
      clearTimeout(retry);
      await store?.close();
    },
  };
}
