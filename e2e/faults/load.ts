/** Numbered flows of three exporters at a steady rate, until it is told to stop. Its exporters are the ledger: what was sent, and when. */
import { setTimeout as sleep } from "node:timers/promises";
import { NumberedExporter, type ExporterProtocol } from "./numbered-exporter.ts";

/** By the last octet of 127.0.3.N. */
const EXPORTERS: readonly { readonly protocol: ExporterProtocol; readonly host: number }[] = [
  { protocol: "netflow5", host: 5 },
  { protocol: "netflow9", host: 9 },
  { protocol: "ipfix", host: 10 },
];
/** Pause between two looks at the clock. Unit: ms. */
const TICK_MS = 4;
/** Sent at once at most, so that a sender that was held up does not overrun the receive buffer. Unit: datagrams. */
const MAX_BURST = 60;

export class Load {
  readonly exporters: readonly NumberedExporter[];
  #next = 0;
  #running: Promise<void> | undefined;
  #stopping = false;

  private constructor(exporters: readonly NumberedExporter[]) {
    this.exporters = exporters;
  }

  static async open(collectorPort: number): Promise<Load> {
    return new Load(
      await Promise.all(EXPORTERS.map(({ protocol, host }) => NumberedExporter.open(protocol, `127.0.3.${host}`, collectorPort))),
    );
  }

  /** Flows sent, copies not counted. */
  get sentFlows(): number {
    return this.exporters.reduce((sum, { sentFlows }) => sum + sentFlows, 0);
  }

  /**
   * Begins to send; each exporter sends as many datagrams as the others.
   * @param options.twice each datagram comes again right behind itself, as a network with a loop makes it
   */
  start(flowsPerSecond: number, { twice = false } = {}): void {
    this.#stopping = false;
    this.#running ??= this.#run(flowsPerSecond, twice).finally(() => (this.#running = undefined));
  }

  /** Resolves when the last datagram is on its way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** Sends for so long. */
  async run(flowsPerSecond: number, seconds: number): Promise<void> {
    this.start(flowsPerSecond);
    await sleep(seconds * 1_000);
    await this.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.exporters.map((exporter) => exporter.close()));
  }

  async #run(flowsPerSecond: number, twice: boolean): Promise<void> {
    const perDatagram = this.exporters.reduce((sum, { flowsPerDatagram }) => sum + flowsPerDatagram, 0) / this.exporters.length;
    const perMs = flowsPerSecond / perDatagram / 1_000;
    let lastMs = performance.now();
    let due = 0;
    while (!this.#stopping) {
      const nowMs = performance.now();
      due = Math.min(due + (nowMs - lastMs) * perMs, MAX_BURST);
      lastMs = nowMs;
      for (; due >= 1; due--) {
        const exporter = this.exporters[this.#next++ % this.exporters.length]!;
        exporter.send();
        if (twice) exporter.sendAgain(exporter.sentMs.length - 1);
      }
      await sleep(TICK_MS);
    }
  }
}
