/**
 * Writes what an operator should know about losses, from the differences of totals: nothing is logged while a datagram is handled, and a
 * flood of bad ones costs one line a cause and pause, which says how many there were.
 */
import type { Logger } from "../log.ts";
import { LogLimit, type LimitedLine } from "../log-limit.ts";
import type { CollectorStatus } from "./status.ts";
import type { CloseCause } from "./tcp-connections.ts";

/** Least time between two lines about the same exporter and cause. */
const PAUSE_MS = 300_000;
const HINTS: Readonly<Record<string, string>> = {
  unknown_version: "something that is no NetFlow, IPFIX or sFlow sends to this port",
  template_never_came: "set a shorter template refresh on the exporter, for example 60 s",
  spool_full: "see spool.maxBytes, and why the server does not load what waits",
};

/** Causes to close a TCP connection that an operator should know of, with what to do. */
const CLOSE_HINTS: Readonly<Partial<Record<CloseCause, string>>> = {
  lost_framing: "over TCP only IPFIX (version 10) is read; without TLS, unless a terminator stands in front",
  slow_message: "the path is too slow for its messages; see collector.tcp.messageTimeout",
  idle: "it was silent; if it is to stay connected, raise collector.tcp.idleTimeout",
  too_many: "raise collector.tcp.maxConnections, or see what connects so often",
  too_many_from_address: "raise collector.tcp.maxConnectionsPerAddress, or see why it connects so often",
};

/** What one line is about: an exporter and protocol, whatever ports and domains it uses, because senders choose those freely. */
interface Subject {
  readonly exporter: string;
  readonly name?: string;
  readonly protocol: string;
}

/** One kind of loss of a subject. */
interface Loss extends Subject {
  readonly cause: string;
  total: number;
}

/** Cause under which missing sequence numbers are kept; no cause of the decoder is called so. */
const MISSING = "sequence";
/** Cause under which templates that changed their layout are kept: no loss, but worth a line, because nothing authenticates a datagram. */
const LAYOUT = "layout";

export class LossLog {
  readonly #log: Logger;
  readonly #limit = new LogLimit(PAUSE_MS);
  readonly #newExporters = new LogLimit(PAUSE_MS, 20);
  readonly #newRefused = new LogLimit(PAUSE_MS, 20);
  #totals = new Map<string, number>();
  #seen = new Set<string>();
  #refused = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Compares with the status before; call it every few seconds. */
  report(status: CollectorStatus): void {
    const { atMs } = status;
    this.#reportNew(status);
    this.#reportRefused(status);
    const totals = new Map<string, number>();
    for (const [key, { cause, total, ...subject }] of lossesOf(status)) {
      totals.set(key, total);
      const line = this.#grown(key, total, atMs);
      if (!line) continue;
      const fields = line.shared ? { count: line.count } : { ...subject, cause, count: line.count, total, ...hint(cause) };
      if (line.shared) this.#log.warn(fields, "losses of further exporters; the page and /metrics list them");
      else if (cause === LAYOUT) this.#log.info(fields, "templates have another layout than before");
      else if (cause === MISSING) this.#log.info(fields, "sequence numbers are missing: lost on the way or by the kernel");
      else this.#log.warn(fields, "received but not stored");
    }
    for (const { port, kernelDrops } of status.listening) {
      const key = `kernel ${port}`;
      totals.set(key, kernelDrops ?? 0);
      const line = this.#grown(key, kernelDrops ?? 0, atMs);
      if (line)
        this.#log.warn(
          { port, count: line.count, total: kernelDrops, hint: "raise net.core.rmem_max and collector.receiveBuffer" },
          "the kernel dropped datagrams",
        );
    }
    const fragments = status.host?.ipReassemblyFailures ?? 0;
    totals.set("host fragments", fragments);
    const lost = this.#grown("host fragments", fragments, atMs);
    if (lost)
      this.#log.warn(
        { count: lost.count, total: fragments, hint: "let exporters send datagrams that fit the path's MTU, such as 1,400 bytes" },
        "IP fragments were lost: exports larger than the MTU may be missing",
      );
    for (const [cause, closed] of Object.entries(status.tcp.closed) as [CloseCause, number][]) {
      const hintOfCause = CLOSE_HINTS[cause];
      totals.set(`tcp ${cause}`, closed);
      const line = hintOfCause === undefined ? undefined : this.#grown(`tcp ${cause}`, closed, atMs);
      if (line)
        this.#log.warn(
          { cause, count: line.count, total: closed, last: status.tcp.lastClosed[cause], hint: hintOfCause },
          "TCP connections of exporters were closed",
        );
    }
    this.#totals = totals;
    this.#limit.sweep(atMs);
    this.#newExporters.sweep(atMs);
    this.#newRefused.sweep(atMs);
  }

  #grown(key: string, total: number, nowMs: number): LimitedLine | undefined {
    const more = total - (this.#totals.get(key) ?? 0);
    return more > 0 ? this.#limit.take(key, nowMs, more) : undefined;
  }

  #reportNew({ exporters, atMs }: CollectorStatus): void {
    const seen = new Set<string>();
    for (const session of exporters) {
      const { exporter, protocol } = session;
      const key = `${exporter} ${protocol}`;
      if (protocol === "unknown" || seen.has(key)) continue;
      seen.add(key);
      if (this.#seen.has(key)) continue;
      const line = this.#newExporters.take(key, atMs);
      if (line?.shared === true) this.#log.info({ count: line.count }, "more exporters seen; the page and /metrics list them");
      else if (line) this.#log.info(subjectOf(session), "exporter seen");
    }
    this.#seen = seen;
  }

  /** Each once, as long as it is told apart: who keeps sending is not named again. */
  #reportRefused({ refused: { sources }, atMs }: CollectorStatus): void {
    for (const { source, port, hint } of sources) {
      if (this.#refused.has(source)) continue;
      const line = this.#newRefused.take(source, atMs);
      if (line?.shared === true)
        this.#log.warn({ count: line.count }, "more senders refused that are not in collector.allow; the page and /metrics list them");
      else if (line) this.#log.warn({ exporter: source, port, hint }, "sender refused: it is not in collector.allow");
    }
    this.#refused = new Set(sources.map(({ source }) => source));
  }
}

function subjectOf({ exporter, name, protocol }: Subject): Subject {
  return { exporter, ...(name !== undefined && { name }), protocol };
}

/** Losses by exporter, protocol and cause. */
function lossesOf({ exporters }: CollectorStatus): Map<string, Loss> {
  const losses = new Map<string, Loss>();
  const add = (session: Subject, cause: string, count: number): void => {
    const { exporter, protocol } = session;
    const key = `${exporter} ${protocol} ${cause}`;
    const loss = losses.get(key);
    if (loss) loss.total += count;
    else losses.set(key, { ...subjectOf(session), cause, total: count });
  };
  for (const session of exporters) {
    for (const [cause, count] of Object.entries(session.dropped)) add(session, cause, count);
    if (session.layoutChanges > 0) add(session, LAYOUT, session.layoutChanges);
    if (session.sequence.lost > 0) add(session, MISSING, session.sequence.lost);
  }
  return losses;
}

const hint = (cause: string): { hint?: string } => (HINTS[cause] === undefined ? {} : { hint: HINTS[cause] });
