/**
 * Whose datagrams the kernel dropped. It counts them by socket, many exporters share one, and each dropped datagram also is a gap in the
 * sequence numbers of its exporter. So the drops of a socket are given to those whose gaps appear about that time, in proportion to the gaps.
 * What no gap explains within a minute is given to the exporters of the socket that have no usable numbers, in proportion to their datagrams,
 * or else to nobody: a line of its own.
 */

/** How long drops wait for the gaps they make: an exporter may send again only after a while. Unit: ms. */
const WAIT_MS = 60_000;

/** What is known of a session at one moment; all are totals. */
export interface SessionGaps {
  readonly key: string;
  /** Local UDP port it sends to; 0 unknown. */
  readonly port: number;
  readonly datagrams: number;
  /** Datagrams missing in its sequence numbers; undefined when it has none that tell. */
  readonly missing: number | undefined;
}

interface Known {
  datagrams: number;
  missing: number;
  /** Missing datagrams of the step before that no drop was given to: the drop may be read a moment after its gap. */
  unexplained: number;
  drops: number;
}

interface Waiting {
  readonly sinceMs: number;
  drops: number;
}

export class KernelShares {
  private readonly totals = new Map<number, number>();
  private readonly waiting = new Map<number, Waiting[]>();
  private sessions = new Map<string, Known>();
  private readonly unowned = new Map<number, number>();

  /** Datagrams of a session that the kernel dropped, so far. */
  of(key: string): number {
    return this.sessions.get(key)?.drops ?? 0;
  }

  /** Dropped datagrams by local port of which nobody knows whose they were. */
  unownedByPort(): ReadonlyMap<number, number> {
    return this.unowned;
  }

  /** @param dropsByPort the kernel's totals; a port that is not in it tells nothing */
  update(dropsByPort: ReadonlyMap<number, number>, sessions: readonly SessionGaps[], nowMs: number): void {
    const grown = this.grow(sessions);
    for (const [port, total] of dropsByPort) {
      const drops = total - (this.totals.get(port) ?? 0);
      this.totals.set(port, total);
      const waiting = this.waiting.get(port) ?? [];
      if (drops > 0) waiting.push({ sinceMs: nowMs, drops });
      this.giveToGaps(
        waiting,
        grown.filter((one) => one.port === port),
      );
      this.giveUp(
        port,
        waiting,
        grown.filter((one) => one.port === port && one.missing === undefined),
        nowMs,
      );
      this.waiting.set(port, waiting);
    }
  }

  private grow(sessions: readonly SessionGaps[]): Grown[] {
    const next = new Map<string, Known>();
    const grown = sessions.map(({ key, port, datagrams, missing }): Grown => {
      const before = this.sessions.get(key) ?? { datagrams: 0, missing: 0, unexplained: 0, drops: 0 };
      const fresh = Math.max(0, (missing ?? before.missing) - before.missing);
      const gaps = fresh + before.unexplained;
      const known: Known = { datagrams, missing: missing ?? before.missing, unexplained: fresh, drops: before.drops };
      next.set(key, known);
      return { port, missing, gaps, datagrams: Math.max(0, datagrams - before.datagrams), known };
    });
    this.sessions = next;
    return grown;
  }

  private giveToGaps(waiting: Waiting[], sessions: readonly Grown[]): void {
    const drops = waiting.reduce((sum, one) => sum + one.drops, 0);
    const gaps = sessions.reduce((sum, one) => sum + one.gaps, 0);
    const given = Math.min(drops, gaps);
    if (given === 0) return;
    for (const { gaps: own, known } of sessions) {
      const share = (given * own) / gaps;
      known.drops += share;
      known.unexplained = Math.max(0, Math.min(known.unexplained, own - share));
    }
    take(waiting, given);
  }

  private giveUp(port: number, waiting: Waiting[], unnumbered: readonly Grown[], nowMs: number): void {
    let old = 0;
    for (const { sinceMs, drops } of waiting) if (nowMs - sinceMs >= WAIT_MS) old += drops;
    if (old === 0) return;
    take(waiting, old);
    const datagrams = unnumbered.reduce((sum, one) => sum + one.datagrams, 0);
    if (datagrams === 0) this.unowned.set(port, (this.unowned.get(port) ?? 0) + old);
    for (const one of unnumbered) if (one.datagrams > 0) one.known.drops += (old * one.datagrams) / datagrams;
  }
}

/** A session since the step before. */
interface Grown {
  readonly port: number;
  readonly missing: number | undefined;
  readonly gaps: number;
  readonly datagrams: number;
  readonly known: Known;
}

/** Takes drops away, the oldest first. */
function take(waiting: Waiting[], count: number): void {
  let left = count;
  for (let first = waiting[0]; first && left > 0; first = waiting[0]) {
    if (first.drops > left) {
      first.drops -= left;
      return;
    }
    left -= first.drops;
    waiting.shift();
  }
}
