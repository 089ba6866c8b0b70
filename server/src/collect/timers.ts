/** What runs beside the receive path, each at its own pace. */

/** Something to do again and again. */
export interface PeriodicTask {
  readonly everyMs: number;
  readonly run: () => void;
}

/** @returns ends them all */
export function startTimers(tasks: readonly PeriodicTask[]): () => void {
  const timers = tasks.map(({ everyMs, run }) => setInterval(run, everyMs));
  return () => timers.forEach((timer) => clearInterval(timer));
}
