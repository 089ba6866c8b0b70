/**
 * Keeps logs readable when the network is not: whatever a datagram can trigger is written once a key and pause, and the next line says how
 * often it happened meanwhile. Keys are bounded, because senders choose them.
 */

/** Keys remembered at once; beyond it new keys share one line. */
const MAX_KEYS = 1_000;
const OVERFLOW_KEY = "";

export class LogLimit {
  readonly #pauseMs: number;
  readonly #keys = new Map<string, { writtenMs: number; skipped: number }>();

  /** @param pauseMs least time between two lines of one key */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** How many events the line to write stands for; 0 when it is to be skipped. */
  take(key: string, nowMs: number, events = 1): number {
    const known = this.#keys.has(key) || this.#keys.size < MAX_KEYS ? key : OVERFLOW_KEY;
    const state = this.#keys.get(known);
    if (state && nowMs - state.writtenMs < this.#pauseMs) {
      state.skipped += events;
      return 0;
    }
    this.#keys.set(known, { writtenMs: nowMs, skipped: 0 });
    return events + (state?.skipped ?? 0);
  }

  /** Forgets keys that were silent for ten pauses. */
  sweep(nowMs: number): void {
    for (const [key, state] of this.#keys) if (nowMs - state.writtenMs > 10 * this.#pauseMs) this.#keys.delete(key);
  }
}
