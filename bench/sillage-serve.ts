/** `sillage serve` as users run it, with embedded ClickHouse and all rollups: what the ingest and soak benches ask of it. */
import { startSystem, type System } from "../e2e/support/system.ts";
import type { SendReport } from "./ingest-sender.ts";
import { pause, type Received, type Sender, type TrialReceiver } from "./ingest-trial.ts";
import { cpuSeconds, findChild, memoryMiB, udpSocket } from "./process-facts.ts";

/** What of GET /api/v1/health is read here. */
export interface Health {
  readonly collector: {
    readonly listening: readonly { readonly receiveBufferBytes: number }[];
    readonly spool: { readonly pendingBytes: number; readonly refusedRows: Readonly<Record<string, number>> };
  };
  readonly loader: { readonly backlogRows: number; readonly loadedRows: number; readonly errors: number; readonly inQuarantine: number };
}

/** Nothing new in the database for so long, and nothing that waits: the rest is lost. */
const QUIET_MS = 4_000;
const POLL_MS = 200;

export class SillageServe implements TrialReceiver {
  readonly system: System;
  readonly #pids: { readonly collector: number; readonly server: number };
  #before = { cpuSeconds: 0, drops: 0, flows: 0 };

  private constructor(system: System) {
    this.system = system;
    this.#pids = { collector: findChild(system.pid, "collector"), server: findChild(system.pid, "server") };
  }

  static async start(): Promise<SillageServe> {
    return new SillageServe(await startSystem());
  }

  health(): Promise<Health> {
    return this.system.get("/api/v1/health") as Promise<Health>;
  }

  cpuSeconds(): { readonly collector: number; readonly server: number } {
    return { collector: cpuSeconds(this.#pids.collector), server: cpuSeconds(this.#pids.server) };
  }

  memoryMiB(): Readonly<Record<"collector" | "server", { readonly now: number; readonly peak: number }>> {
    return { collector: memoryMiB(this.#pids.collector), server: memoryMiB(this.#pids.server) };
  }

  kernelDrops(): number {
    return udpSocket(this.system.udpPort).drops;
  }

  /** All flows in the database; rows of the raw table are flows here. */
  async storedFlows(): Promise<number> {
    const now = Date.now();
    const { A } = await this.system.query(
      { from: now - 3_600_000, to: now + 3_600_000 },
      { A: { view: "stat", measures: ["flows"], scaled: false } },
    );
    return Number(A?.frames[0]?.data.values.at(-1)?.[0] ?? 0);
  }

  async begin(): Promise<number> {
    this.#before = { cpuSeconds: this.cpuSeconds().collector, drops: this.kernelDrops(), flows: await this.storedFlows() };
    return this.system.udpPort;
  }

  async end(sentFlows: number): Promise<Received> {
    return {
      storedFlows: (await this.loaded(this.#before.flows, sentFlows)).flows,
      cpuSeconds: this.cpuSeconds().collector - this.#before.cpuSeconds,
      kernelDrops: this.kernelDrops() - this.#before.drops,
      peakMiB: this.memoryMiB().collector.peak,
    };
  }

  /** Waits until `wanted` flows more than `before` are stored, or nothing more comes. @returns how many came, and when the last did */
  async loaded(before: number, wanted: number): Promise<{ readonly flows: number; readonly atMs: number }> {
    let [flows, atMs] = [0, performance.now()];
    let quietSince = atMs;
    while (flows < wanted && performance.now() - quietSince < QUIET_MS) {
      await pause(POLL_MS);
      const now = (await this.storedFlows()) - before;
      if ((await this.health()).loader.backlogRows > 0) quietSince = performance.now();
      if (now === flows) continue;
      flows = now;
      atMs = quietSince = performance.now();
    }
    return { flows, atMs };
  }

  stop(options?: { readonly keepFolder: boolean }): Promise<void> {
    return this.system.stop(options);
  }
}

export interface SustainedRun {
  readonly flowsPerSecond: number;
  readonly sentFlows: number;
  readonly lostFlows: number;
  readonly kernelDrops: number;
  /** Most rows that waited for the database, in the middle third of the time and in the last. */
  readonly backlogPeaks: readonly [number, number];
  /** Flows stored a second from the first datagram until the last was loaded, less what the last one would have taken alone. */
  readonly loadedPerSecond: number;
  readonly drainSeconds: number;
  readonly collectorCpuPerMillion: number;
  readonly serverCpuPerMillion: number;
}

/** The backlog has grown when its peak is higher by more than this, or when it holds more seconds of traffic than that. */
const GROWN = 1.25;
const MOST_BACKLOG_SECONDS = 5;

/** Until a flow is loaded when nothing else is: a segment's second and an insert. */
const SINGLE_DELAY_SECONDS = 1.5;

/** Whether all was stored and the backlog did not grow. */
export function isSustained({ lostFlows, backlogPeaks: [middle, last], flowsPerSecond }: SustainedRun): boolean {
  return lostFlows === 0 && (last <= flowsPerSecond || last <= middle * GROWN) && last <= flowsPerSecond * MOST_BACKLOG_SECONDS;
}

/** A steady rate for a while, and how the database follows. */
export async function runSustained(
  serve: SillageServe,
  sender: Sender,
  { flowsPerSecond, seconds }: { readonly flowsPerSecond: number; readonly seconds: number },
): Promise<SustainedRun> {
  const before = { flows: await serve.storedFlows(), cpu: serve.cpuSeconds(), drops: serve.kernelDrops() };
  const samples: { readonly at: number; readonly backlog: number }[] = [];
  const started = performance.now();
  let report: SendReport | undefined;
  const sending = sender
    .send({ port: serve.system.udpPort, flowsPerSecond, flows: flowsPerSecond * seconds })
    .then((sent) => (report = sent));
  while (report === undefined) {
    await Promise.race([sending, pause(POLL_MS)]);
    const { loader } = await serve.health();
    samples.push({ at: (performance.now() - started) / 1000, backlog: loader.backlogRows });
  }
  const ended = performance.now();
  const sent = await sending;
  const { flows, atMs } = await serve.loaded(before.flows, sent.flows);
  const cpu = serve.cpuSeconds();
  const peak = (from: number, to: number): number =>
    Math.max(0, ...samples.filter(({ at }) => at >= sent.seconds * from && at <= sent.seconds * to).map(({ backlog }) => backlog));
  const drainSeconds = (atMs - ended) / 1000;
  const million = sent.flows / 1e6;
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  return {
    flowsPerSecond: Math.round(sent.flows / sent.seconds),
    sentFlows: sent.flows,
    lostFlows: sent.flows - flows,
    kernelDrops: serve.kernelDrops() - before.drops,
    backlogPeaks: [peak(1 / 3, 2 / 3), peak(2 / 3, Infinity)],
    loadedPerSecond: Math.round(flows / (sent.seconds + Math.max(0, drainSeconds - SINGLE_DELAY_SECONDS))),
    drainSeconds: rounded(drainSeconds),
    collectorCpuPerMillion: rounded((cpu.collector - before.cpu.collector) / million),
    serverCpuPerMillion: rounded((cpu.server - before.cpu.server) / million),
  };
}
