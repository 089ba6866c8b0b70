/** Holds TCP exporters back while there is no room for rows. Datagrams cannot be held back: their rows are counted as `spool_full`. */
import type { Logger } from "../log.ts";
import { LogLimit } from "../log-limit.ts";
import type { SpoolWriter } from "../spool/index.ts";
import type { TcpConnections } from "./tcp-connections.ts";

/** How often the log tells it. */
const LOG_PAUSE_MS = 60_000;

export interface HoldBackDeps {
  readonly connections: Pick<TcpConnections, "setPaused" | "openCount">;
  readonly spool: Pick<SpoolWriter, "isNearlyFull" | "stats">;
  readonly log: Pick<Logger, "warn" | "info">;
}

export class HoldBack {
  readonly #deps: HoldBackDeps;
  readonly #lines = new LogLimit(LOG_PAUSE_MS);

  constructor(deps: HoldBackDeps) {
    this.#deps = deps;
  }

  /** Looks at the spool. */
  update(nowMs: number): void {
    const { connections, spool, log } = this.#deps;
    const isFull = spool.isNearlyFull();
    if (!connections.setPaused(isFull) || connections.openCount === 0 || !this.#lines.take(String(isFull), nowMs)) return;
    const { pendingBytes, usedBytes, limitBytes } = spool.stats();
    if (isFull) log.warn({ usedBytes, limitBytes, pendingBytes }, "the spool is nearly full: exporters over TCP are held back");
    else log.info({ usedBytes, limitBytes, pendingBytes }, "the spool has room again: exporters over TCP go on");
  }
}
