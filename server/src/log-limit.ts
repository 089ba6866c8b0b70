/**
 * Keeps logs readable when the network is not: whatever a datagram can trigger is written once a key and pause, and the next line says how
 * often it happened meanwhile. Keys are bounded, because senders choose them.
 */

/** Key of everything that found no place of its own. */
const OVERFLOW_KEY = "";

/** A line to write: how many events it stands for, and whether they are of several keys that share one line. */
export interface LimitedLine {
  readonly count: number;
  readonly shared: boolean;
}

export class LogLimit {
  readonly #pauseMs: number;
  readonly #maxKeys: number;
  readonly #keys = new Map<string, { writtenMs: number; skipped: number }>();

  /**
   * @param pauseMs least time between two lines of one key
   * @param maxKeys keys told apart at once; what comes beyond shares one line
   */
  constructor(pauseMs: number, maxKeys = 100) {
    this.#pauseMs = pauseMs;
    this.#maxKeys = maxKeys;
  }

  /** The line to write now; undefined when it is to be skipped. */
  take(key: string, nowMs: number, events = 1): LimitedLine | undefined {
    const known = this.#keys.has(key) || this.#keys.size < this.#maxKeys ? key : OVERFLOW_KEY;
    const state = this.#keys.get(known);
    if (state && nowMs - state.writtenMs < this.#pauseMs) {
      state.skipped += events;
      return undefined;
    }
    this.#keys.set(known, { writtenMs: nowMs, skipped: 0 });
    return { count: events + (state?.skipped ?? 0), shared: known !== key };
  }

  /** Makes room: forgets keys whose pause is over and that were silent in it. */
  sweep(nowMs: number): void {
    for (const [key, { writtenMs, skipped }] of this.#keys) if (skipped === 0 && nowMs - writtenMs > this.#pauseMs) this.#keys.delete(key);
  }
}
