import type { FlowBatch } from "../flow/index.ts";
import type { FlowSink, InterfaceCounters } from "./contract.ts";

/** Passes everything on to the caller's sink and remembers whether its flush is running: its errors are not the decoder's. */
export class GuardedSink implements FlowSink {
  isFlushing = false;
  private inner: FlowSink | undefined;

  get batch(): FlowBatch {
    return this.target.batch;
  }

  flush(): void {
    this.isFlushing = true;
    this.target.flush();
    this.isFlushing = false;
  }

  counters(row: InterfaceCounters): void {
    this.target.counters?.(row);
  }

  attach(sink: FlowSink): void {
    this.inner = sink;
    this.isFlushing = false;
  }

  private get target(): FlowSink {
    if (!this.inner) throw new Error("no sink attached");
    return this.inner;
  }
}
