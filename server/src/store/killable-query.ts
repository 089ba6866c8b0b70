/** A query that ends: by itself, by the engine's own limit, or by KILL when the caller aborts or the limit did not work. */
import { setTimeout as sleep } from "node:timers/promises";
import type { SillageError } from "@sillage/model";
import type { EngineConnection, Statement } from "./engine.ts";
import { literal } from "./sql-text.ts";
import { queryCancelled, queryTimeout, storeError } from "./store-errors.ts";

/** A KILL may come before its query has begun, so it is repeated until the query has ended. Unit: ms. */
const KILL_INTERVAL_MS = 200;
/** After this the wait for the killed query's answer is given up too (a network that swallows everything). Unit: ms. */
const GIVE_UP_MS = 10_000;

export interface KillableQuery {
  readonly connection: Pick<EngineConnection, "query">;
  readonly statement: Statement;
  /** The statement's `log_comment`, which no other has. */
  readonly comment: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface QueryControl {
  /** Called when the engine is done with the query, which may be later than its caller has heard. */
  readonly onEnded: () => void;
  /** Runs a KILL beside the query. */
  readonly kill: (sql: string) => Promise<void>;
}

/**
 * Runs it; the caller hears at once.
 * @throws SillageError QUERY_CANCELLED, QUERY_TIMEOUT and those of storeError
 */
export function runKillable(query: KillableQuery, { onEnded, kill }: QueryControl): Promise<string> {
  const { connection, statement, comment, deadlineMs, signal } = query;
  const giveUp = new AbortController();
  const running = connection.query(statement, giveUp.signal);
  const ended = new AbortController();
  const settled = running.then(
    () => ended.abort(),
    () => ended.abort(),
  );
  void settled.then(onEnded);
  return new Promise((resolve, reject) => {
    const stop = (error: SillageError): void => {
      finish();
      reject(error);
      void killUntil(ended.signal, () => kill(killSql(comment))).then(() => {
        if (!ended.signal.aborted) giveUp.abort();
      });
    };
    const onAbort = (): void => stop(queryCancelled(signal?.reason));
    const timer = setTimeout(() => stop(queryTimeout()), deadlineMs);
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    running.then(resolve, (error: unknown) => reject(storeError(error))).finally(finish);
  });
}

async function killUntil(ended: AbortSignal, kill: () => Promise<void>): Promise<void> {
  const lastTry = performance.now() + GIVE_UP_MS;
  while (!ended.aborted && performance.now() < lastTry) {
    // An engine that cannot be reached now is asked again.
    await kill().catch(() => undefined);
    await sleep(KILL_INTERVAL_MS, undefined, { signal: ended, ref: false }).catch(() => undefined);
  }
}

function killSql(comment: string): string {
  return `KILL QUERY WHERE Settings['log_comment'] = ${literal(comment)} ASYNC`;
}
