/** Whether what waits for ClickHouse grows or shrinks: the backlog of the last minutes, looked at now and then. */

/** Older looks say nothing about now. Unit: ms. */
const WINDOW_MS = 180_000;
/** One batch alone moves the backlog by a million rows; a shorter time would show that. Unit: ms. */
const MIN_SPAN_MS = 30_000;

export class BacklogTrend {
  readonly #looks: { readonly atMs: number; readonly rows: number }[] = [];

  look(atMs: number, rows: number): void {
    this.#looks.push({ atMs, rows });
    while (this.#looks[0]!.atMs < atMs - WINDOW_MS) this.#looks.shift();
  }

  /** Rows by which the backlog grows each second, negative when it shrinks; undefined before there is enough to tell. */
  get rowsPerSecond(): number | undefined {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    if (!first || !last || last.atMs - first.atMs < MIN_SPAN_MS) return undefined;
    return ((last.rows - first.rows) / (last.atMs - first.atMs)) * 1000;
  }
}
