/**
 * Flows per CPU second of a process that is sent a workload over loopback at a bounded rate: what it processed, by its own count, divided by
 * what it used, by the kernel's (utime and stime of /proc/PID/stat).
 */
import type { ReceiveWay } from "../server/src/collect/receive-socket.ts";
import { forkBundled, nextMessage } from "./bundled.ts";
import type { ReceiverReport } from "./decode-receiver.ts";
import { WORKLOADS, type Workload } from "./decode-workloads.ts";
import type { Goflow2 } from "./goflow2.ts";
import { cpuSeconds } from "./process-facts.ts";

export interface Receiver {
  readonly pid: number;
  readonly port: number;
  /** Datagrams it has processed so far. */
  processed(): Promise<number>;
}

export interface SillageReceiver extends Receiver {
  stop(): void;
}

export interface LoopbackRun {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface LoopbackResult {
  readonly flowsPerCpuSecond: number;
  readonly datagramsSent: number;
  readonly datagramsProcessed: number;
}

/** Lets V8 compile, Go fill its pools. */
const WARM_UP_SECONDS = 1;
/** The receiver has caught up when nothing more came for so long. */
const QUIET_MS = 300;
/** Longest wait for that. */
const SETTLE_MS = 30_000;

export async function measureOverLoopback(receiver: Receiver, workload: Workload, run: LoopbackRun): Promise<LoopbackResult> {
  await send(receiver.port, workload, { ...run, seconds: WARM_UP_SECONDS });
  const before = { datagrams: await settled(receiver), cpu: cpuSeconds(receiver.pid) };
  await send(receiver.port, workload, run);
  const preludes = workload.prelude ? 1 : 0;
  const datagramsProcessed = (await settled(receiver)) - before.datagrams - preludes;
  const cpu = cpuSeconds(receiver.pid) - before.cpu;
  return {
    flowsPerCpuSecond: Math.round((datagramsProcessed * workload.flowsPerDatagram) / cpu),
    datagramsSent: Math.round(run.perSecond * run.seconds),
    datagramsProcessed,
  };
}

export function goflow2Receiver(goflow2: Goflow2, { protocol }: Workload): Receiver {
  return { pid: goflow2.pid, port: goflow2.ports[protocol], processed: () => goflow2.processed(protocol) };
}

/** Sillage's socket and decoder in a process of their own. */
export async function startSillageReceiver(receive: ReceiveWay): Promise<SillageReceiver> {
  const child = forkBundled("decode-receiver", [receive]);
  const { port } = await nextMessage<ReceiverReport>(child);
  return {
    pid: child.pid!,
    port,
    processed: async () => {
      child.send("report");
      return (await nextMessage<ReceiverReport>(child)).datagrams;
    },
    stop: () => child.disconnect(),
  };
}

function send(port: number, workload: Workload, { perSecond, seconds }: LoopbackRun): Promise<void> {
  const args = [port, WORKLOADS.indexOf(workload), perSecond, seconds].map(String);
  const sender = forkBundled("datagram-sender", args);
  return new Promise((resolve, reject) => {
    sender.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`the sender ended with ${String(code)}`))));
  });
}

/** The receiver's count once it no longer rises. */
async function settled(receiver: Receiver): Promise<number> {
  let count = await receiver.processed();
  for (const until = performance.now() + SETTLE_MS; performance.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const before = count;
    count = await receiver.processed();
    if (count === before) break;
  }
  return count;
}
