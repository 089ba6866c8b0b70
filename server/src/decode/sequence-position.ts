/**
 * Where a message lies on an exporter's 32-bit counter. A message takes an interval of it; what lies between the end of one and the begin of
 * the next was sent and did not come. The gaps of the last 1,000 units are remembered, so that a late message (it fills a gap) and one that
 * came twice (it fills none) are told apart.
 *
 *   counter   0 . . . . . . . . . . . . . . . . . . . . . . . . . . . . 2^32
 *             origin |=====|        |====|     |=========| next
 *                           \ gap  /      \gap/           \ the next message is expected here
 *
 * A step back of more than 1,000 is a restart, and so is a jump that no loss explains; nothing is lost by either. If one of the next messages
 * goes on where the counter was before, the message between was old or its number wrong, and what it changed is taken back.
 */

/** A larger step back is a restart. Unit: the counter's. */
const RESTART_STEP = 1_000;
/** Messages after a large step within which the old counter may go on; a restarted one must not get there: 16 x 30 flows of v5. */
const PROBATION_MESSAGES = 16;

/**
 * What a message was:
 * first, there is nothing to compare with · next, it came where it was expected · gap, units are missing before it · late, it fills a gap ·
 * again, it was here before · restart, the counter began anew · resumed, the large step before was none
 */
export type Place = "first" | "next" | "gap" | "late" | "again" | "restart" | "resumed";

export class SequencePosition {
  /** Units that the last `place` added to those known as lost; negative for a late message. */
  lostChange = 0;
  /** Restarts that the last `place` added to those known. */
  restartChange = 0;
  /** Begin of the newest message; NaN before the first. */
  private newest = Number.NaN;
  /** Where the next message is expected; NaN when the length of the newest is unknown. */
  private next = Number.NaN;
  /** The earliest unit seen since the counter began. */
  private origin = 0;
  /** Begin and end of each gap. */
  private gaps: number[] = [];
  private probation = 0;
  /** What `next` was before the last large step, and what that step changed. */
  private resumeAt = Number.NaN;
  private undoLost = 0;
  private undoRestart = 0;

  /** Where the next message is expected; NaN when that is not known. */
  get expected(): number {
    return Number.isNaN(this.newest) ? Number.NaN : this.next;
  }

  /** Expects the next message there: an earlier process has followed the counter until now. */
  resumeFrom(next: number): void {
    this.begin(next, next);
  }

  /** Forgets where the counter was: the exporter restarted. */
  reset(): void {
    this.newest = Number.NaN;
    this.probation = 0;
  }

  /**
   * @param from first unit of the message; NaN when it is unknown
   * @param to unit behind its last one; NaN when it is unknown
   * @param largestGap more cannot have been lost since the message before: the counter was set
   */
  place(from: number, to: number, largestGap: number): Place {
    this.lostChange = this.restartChange = 0;
    if (Number.isNaN(this.newest)) {
      this.begin(from, to);
      return "first";
    }
    if (this.probation > 0) {
      this.probation--;
      if (from === this.resumeAt) return this.resume(from, to);
    }
    // An unknown begin or an unknown end before it: all that can be told is whether the counter went forward.
    const isExact = !Number.isNaN(from) && !Number.isNaN(this.next);
    const step = isExact ? (from - this.next) | 0 : ((Number.isNaN(from) ? to : from) - this.newest - 1) | 0;
    if (step < 0) return step < -RESTART_STEP ? this.restart(from, to) : this.fill(from, to);
    if (step > largestGap) return this.restart(from, to);
    if (step === 0 || !isExact) {
      this.advance(from, to);
      return "next";
    }
    if (step > RESTART_STEP) this.remember({ lost: step, restarts: 0 });
    this.addGap(this.next, from);
    this.advance(from, to);
    return "gap";
  }

  private begin(from: number, to: number): void {
    this.gaps = [];
    this.origin = Number.isNaN(from) ? to : from;
    this.advance(from, to);
  }

  private advance(from: number, to: number): void {
    this.newest = Number.isNaN(from) ? to : from;
    this.next = to;
  }

  private restart(from: number, to: number): Place {
    this.remember({ lost: 0, restarts: 1 });
    this.restartChange = 1;
    this.begin(from, to);
    return "restart";
  }

  private remember({ lost, restarts }: { readonly lost: number; readonly restarts: number }): void {
    this.probation = PROBATION_MESSAGES;
    this.resumeAt = this.next;
    this.undoLost = lost;
    this.undoRestart = restarts;
  }

  private resume(from: number, to: number): Place {
    this.lostChange = -this.undoLost;
    this.restartChange = -this.undoRestart;
    this.probation = 0;
    this.begin(from, to);
    // The gaps before are forgotten; nothing that comes late from there may open new ones.
    this.origin = (from - RESTART_STEP - 1) >>> 0;
    return "resumed";
  }

  private addGap(from: number, to: number): void {
    this.lostChange += (to - from) >>> 0;
    this.gaps.push(from, to);
    let old = 0;
    while (old < this.gaps.length - 2 && ((to - this.gaps[old + 1]!) | 0) > RESTART_STEP) old += 2;
    if (old > 0) this.gaps.splice(0, old);
  }

  /** A message from before the newest: its units are no longer lost, if they were. */
  private fill(from: number, to: number): Place {
    if (Number.isNaN(from)) return "late";
    if (((from - this.origin) | 0) < 0) {
      // Older than the first message: the counter's numbers between both were sent too.
      if (((this.origin - to) | 0) > 0) this.addGap(to, this.origin);
      this.origin = from;
      return "late";
    }
    for (let i = 0; i < this.gaps.length; i += 2) {
      const [gapFrom, gapTo] = [this.gaps[i]!, this.gaps[i + 1]!];
      if (((from - gapTo) | 0) >= 0 || ((from - gapFrom) | 0) < 0) continue;
      const end = Number.isNaN(to) || ((to - gapTo) | 0) > 0 ? gapTo : to;
      this.lostChange = -((end - from) >>> 0);
      const rest: number[] = [];
      if (from !== gapFrom) rest.push(gapFrom, from);
      if (end !== gapTo) rest.push(end, gapTo);
      this.gaps.splice(i, 2, ...rest);
      return "late";
    }
    return "again";
  }
}
