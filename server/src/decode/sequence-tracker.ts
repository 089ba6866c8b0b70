/**
 * Loss told by sequence numbers. Each protocol counts its own unit, and some exporters count another one than the standard says:
 *
 *   v5     flows before this datagram (v6, v7 too; v8: records of its aggregation); Open vSwitch writes the number of its last flow
 *   v9     datagrams; softflowd counts flows
 *   IPFIX  data records before this message; Open vSwitch counts messages
 *   sFlow  datagrams
 *
 * So every plausible rule is followed at once and the one with the fewest breaks so far speaks. A step back of more than 1,000 is a restart
 * (no loss); a smaller one is a late datagram, whose units were counted as lost and are taken back.
 */

/** One way to count: what the number after a message of `units` is, and how far it counts beyond the first unit of the next message. */
export type SequenceRule = "units-before" | "units-through" | "messages";

const RESTART_STEP = 1_000;

interface Hypothesis {
  readonly rule: SequenceRule;
  breaks: number;
  lost: number;
}

export class SequenceTracker {
  private readonly hypotheses: readonly Hypothesis[];
  private last: number | undefined;
  /** Units of the last message; NaN when they could not be counted (its template was missing). */
  private lastUnits = 0;

  /** @param rules the protocol's own rule first */
  constructor(rules: readonly SequenceRule[]) {
    this.hypotheses = rules.map((rule) => ({ rule, breaks: 0, lost: 0 }));
  }

  /** Units lost so far, by the best rule. */
  get lost(): number {
    return this.hypotheses.reduce((best, next) => (next.breaks < best.breaks ? next : best)).lost;
  }

  /** Forgets the position, not the loss: the exporter restarted. */
  restart(): void {
    this.last = undefined;
  }

  /** @param units what the message held, in the protocol's unit; NaN when a part could not be decoded */
  observe(sequence: number, units: number): void {
    const { last, lastUnits } = this;
    if (last === undefined) {
      this.moveTo(sequence, units);
      return;
    }
    const isLate = sequence !== last && ((sequence - last) | 0) < 0;
    const restarted = isLate && ((last - sequence) | 0) > RESTART_STEP;
    for (const hypothesis of this.hypotheses) {
      if (restarted) break;
      const step = stepOf(hypothesis.rule, units, lastUnits);
      if (Number.isNaN(step)) continue;
      const gap = (sequence - last - step) | 0;
      if (gap === 0) continue;
      hypothesis.breaks++;
      // A late message fills a gap that was counted before; what it holds is no longer lost.
      if (isLate) hypothesis.lost = Math.max(0, hypothesis.lost - (hypothesis.rule === "messages" ? 1 : Number.isNaN(units) ? 0 : units));
      else if (gap > 0) hypothesis.lost += gap;
    }
    if (!isLate || restarted) this.moveTo(sequence, units);
  }

  private moveTo(sequence: number, units: number): void {
    this.last = sequence;
    this.lastUnits = units;
  }
}

function stepOf(rule: SequenceRule, units: number, lastUnits: number): number {
  switch (rule) {
    case "units-before":
      return lastUnits;
    case "units-through":
      return units;
    case "messages":
      return 1;
  }
}
