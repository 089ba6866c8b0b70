/** A sink that counts rows and keeps none. */
import type { FlowSink } from "../server/src/decode/index.ts";
import { FlowBatch } from "../server/src/flow/index.ts";

export class RowCounter implements FlowSink {
  readonly batch = new FlowBatch();
  #flushed = 0;

  /** Until now, those in the batch too. */
  get rows(): number {
    return this.#flushed + this.batch.rows;
  }

  flush(): void {
    this.#flushed += this.batch.rows;
    this.batch.reset();
  }
}
