/** Looks at the store once a minute: drops what has no room and says what went, and keeps the sizes that metrics tell. */
import { SillageError } from "@sillage/model";
import type { LateStore } from "./late-store.ts";
import type { Logger } from "./log.ts";
import { capPartSize, enforceSize, sizeLimit, type StoreSize } from "./store/index.ts";

const CHECK_MS = 60_000;

export interface StoreWatch {
  /** As of the last look; undefined before the first. */
  readonly size: StoreSize | undefined;
  /** Most that all tables may take; undefined likewise. Unit: bytes. */
  readonly maxBytes: number | undefined;
  /** What was dropped for lack of room since the start, bytes by table. */
  readonly droppedBytes: ReadonlyMap<string, number>;
  stop(): void;
}

/** @param configured `store.maxBytes` */
export function watchStore(store: LateStore, configured: number | undefined, log: Logger): StoreWatch {
  const droppedBytes = new Map<string, number>();
  let last: StoreSize | undefined;
  let isCapped = false;
  let isLooking = false;
  const tell = (err: unknown): void => {
    // A database that does not answer is told by the loader.
    if (!(err instanceof SillageError && err.kind === "unavailable"))
      log.error({ err }, "keeping the tables within their room failed; tried again in a minute");
  };
  const look = async (): Promise<void> => {
    const { dropped, failure, size } = await enforceSize(store, configured, Date.now());
    last = size;
    for (const { table, id, part, rows, bytes } of dropped) {
      droppedBytes.set(table, (droppedBytes.get(table) ?? 0) + bytes);
      const what = { table, partition: id, ...(part !== undefined && { part }), rows, bytes };
      log.warn({ ...what, hint: "raise store.maxBytes, or shorten store.retention" }, "dropped for lack of room");
    }
    if (failure !== undefined) tell(failure);
    // After the dropping: on a full disk a setting cannot be written.
    if (!isCapped) await capPartSize(store, sizeLimit(configured, size.diskBytes));
    isCapped = true;
  };
  const attempt = (): void => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch(tell)
      .finally(() => (isLooking = false));
  };
  attempt();
  const timer = setInterval(attempt, CHECK_MS);
  return {
    get size() {
      return last;
    },
    get maxBytes() {
      return last && sizeLimit(configured, last.diskBytes);
    },
    droppedBytes,
    stop: () => clearInterval(timer),
  };
}
