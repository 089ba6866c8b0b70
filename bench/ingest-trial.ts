/** One trial of a receiver: so many flows at a rate, then what it kept and what that took. */
import type { ChildProcess } from "node:child_process";
import { forkBundled, nextMessage } from "./bundled.ts";
import type { Step } from "./find-limit.ts";
import type { SendOrder, SendReport } from "./ingest-sender.ts";
import type { IngestProtocol } from "./prepared-datagrams.ts";

/** What a receiver has to show after a trial. */
export interface Received {
  /** Flows on disk, read back from there. */
  readonly storedFlows: number;
  /** Datagrams that found no room in the receive buffer. */
  readonly kernelDrops: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

export interface TrialReceiver {
  /** Gets ready; resolves with the UDP port. */
  begin(): Promise<number>;
  /** Waits until nothing more becomes durable. */
  end(sentFlows: number): Promise<Received>;
}

export interface Trial extends Step {
  readonly kernelDrops: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakMiB: number;
  /** Part of a core. */
  readonly senderCpu: number;
}

/** A sender of one protocol. */
export class Sender {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Resolves when the datagrams are prepared: the first time that takes as long as it takes to encode them. */
  static async start(protocol: IngestProtocol, distinctFlows: number): Promise<Sender> {
    const child = forkBundled("ingest-sender", [protocol, String(distinctFlows)]);
    await nextMessage(child);
    return new Sender(child);
  }

  send(order: SendOrder): Promise<SendReport> {
    const report = nextMessage<SendReport>(this.#process);
    this.#process.send(order);
    return report;
  }

  stop(): void {
    this.#process.disconnect();
  }
}

export async function runTrial(
  receiver: TrialReceiver,
  sender: Sender,
  { flowsPerSecond, seconds }: { readonly flowsPerSecond: number; readonly seconds: number },
): Promise<Trial> {
  const port = await receiver.begin();
  const sent = await sender.send({ port, flowsPerSecond, flows: Math.round(flowsPerSecond * seconds) });
  const received = await receiver.end(sent.flows);
  return {
    wantedFlowsPerSecond: flowsPerSecond,
    flowsPerSecond: Math.round(sent.flows / sent.seconds),
    sentFlows: sent.flows,
    lostFlows: sent.flows - received.storedFlows,
    kernelDrops: received.kernelDrops,
    cpuSecondsPerMillion: perMillion(received.cpuSeconds, sent.flows),
    peakMiB: received.peakMiB,
    senderCpu: Math.round((sent.cpuSeconds / sent.seconds) * 100) / 100,
  };
}

/** Three digits. */
export function perMillion(cpuSeconds: number, flows: number): number {
  return Math.round((cpuSeconds / flows) * 1e9) / 1000;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
