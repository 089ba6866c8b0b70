/**
 * Writes what an operator should know about losses, from the differences of totals: nothing is logged while a datagram is handled, and a
 * flood of bad ones costs one line a cause and pause, which says how many there were.
 */
import type { Logger } from "../log.ts";
import { sessionKey } from "./flow-output.ts";
import { LogLimit } from "../log-limit.ts";
import type { CollectorStatus } from "./status.ts";

/** Least time between two lines about the same exporter and cause. */
const PAUSE_MS = 300_000;
/** New exporters named one by one in a pause; senders can be invented. */
const MAX_NEW_EXPORTERS = 20;

const HINTS: Readonly<Record<string, string>> = {
  unknown_version: "something that is no NetFlow, IPFIX or sFlow sends to this port",
  template_never_came: "set a shorter template refresh on the exporter, for example 60 s",
  spool_full: "see spool.maxBytes, and why the server does not load what waits",
};

export class LossLog {
  readonly #log: Logger;
  readonly #limit = new LogLimit(PAUSE_MS);
  #totals = new Map<string, number>();
  #sessions = new Set<string>();
  #newInPause = { sinceMs: 0, count: 0 };

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Compares with the status before; call it every few seconds. */
  report(status: CollectorStatus): void {
    const totals = new Map<string, number>();
    const sessions = new Set<string>();
    /** Count since the last line, or 0 when it has not grown or was told a moment ago. */
    const grown = (key: string, total: number): number => {
      totals.set(key, total);
      const more = total - (this.#totals.get(key) ?? 0);
      return more > 0 ? this.#limit.take(key, status.atMs, more) : 0;
    };
    for (const session of status.exporters) {
      const key = sessionKey(session);
      sessions.add(key);
      const { exporter, exporterSource, protocol, obsDomain: domainId } = session;
      const who = { exporter, protocol, domainId, ...(exporterSource === exporter ? {} : { exporterSource }) };
      if (!this.#sessions.has(key) && protocol !== "unknown") this.#newExporter(who, status.atMs);
      for (const [cause, total] of Object.entries(session.dropped)) {
        const count = grown(`${exporter} ${protocol} ${domainId} ${cause}`, total);
        if (count > 0) this.#log.warn({ ...who, cause, count, total, ...hint(cause) }, "received but not stored");
      }
      const lost = grown(`${exporter} ${protocol} ${domainId} lost`, session.lostUnits);
      if (lost > 0)
        this.#log.info({ ...who, count: lost, total: session.lostUnits }, "sequence numbers are missing: lost on the way or by the kernel");
    }
    for (const { port, kernelDrops } of status.listening) {
      const drops = grown(`kernel ${port}`, kernelDrops ?? 0);
      if (drops > 0)
        this.#log.warn(
          { port, count: drops, total: kernelDrops, hint: "raise net.core.rmem_max and collector.receiveBuffer" },
          "the kernel dropped datagrams",
        );
    }
    this.#totals = totals;
    this.#sessions = sessions;
    this.#limit.sweep(status.atMs);
  }

  #newExporter(who: object, nowMs: number): void {
    if (nowMs - this.#newInPause.sinceMs > PAUSE_MS) this.#newInPause = { sinceMs: nowMs, count: 0 };
    this.#newInPause.count++;
    if (this.#newInPause.count <= MAX_NEW_EXPORTERS) this.#log.info(who, "exporter seen");
    else if (this.#newInPause.count === MAX_NEW_EXPORTERS + 1) this.#log.info("more exporters seen; the page and /metrics list them");
  }
}

const hint = (cause: string): { hint?: string } => (HINTS[cause] === undefined ? {} : { hint: HINTS[cause] });
