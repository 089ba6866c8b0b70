/**
 * How far an exporter's clock is from ours, from the export time in its headers and the time of receipt. Each difference also holds the way
 * and, where headers tell whole seconds, a part of a second, both of which only make a datagram look older: the youngest-looking datagram of
 * the last minutes is the one to believe.
 */

/** Time over which the smallest difference is taken; the answer covers the last window and the one at hand. Unit: ms. */
const WINDOW_MS = 60_000;

export class ClockOffset {
  private windowMs = Number.NaN;
  private smallest = Number.POSITIVE_INFINITY;
  private smallestBefore = Number.POSITIVE_INFINITY;

  observe(exportMs: number, receivedMs: number): void {
    const age = receivedMs - exportMs;
    const sinceWindow = receivedMs - this.windowMs;
    if (sinceWindow >= 0 && sinceWindow < WINDOW_MS) {
      if (age < this.smallest) this.smallest = age;
      return;
    }
    // The first datagram, the next window, or a clock of ours that was set back.
    this.smallestBefore = sinceWindow < 2 * WINDOW_MS ? this.smallest : Number.POSITIVE_INFINITY;
    this.windowMs = receivedMs;
    this.smallest = age;
  }

  /** Exporter's clock minus ours: positive when it is ahead. Unit: ms. NaN before the first datagram with an export time. */
  get offsetMs(): number {
    const age = Math.min(this.smallest, this.smallestBefore);
    return age === Number.POSITIVE_INFINITY ? Number.NaN : -age;
  }
}
