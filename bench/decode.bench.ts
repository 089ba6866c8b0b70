/**
 * How many rows one core decodes, beside goflow2:
 *
 *   memory     datagrams from memory into a FlowBatch: no socket, no encoding, no disk
 *   best       the same in the quietest tenth of the time
 *   loopback   the collector's socket and the decoder in a process of their own, fed over UDP at a bounded rate
 *   goflow2    v2.2.6, fed the same datagrams at the same rate, its output thrown away
 *
 * Time is CPU time, so that a busy machine does not count against anybody (caches and turbo still do: compare within one run).
 *
 *   npm run bench -- decode [--seconds N] [--rate DATAGRAMS_PER_SECOND] [--no-peer] [--receive single]
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { ReceiveWay } from "../server/src/collect/receive-socket.ts";
import { receiveWay } from "./receive-way.ts";
import { forkBundled, nextMessage } from "./bundled.ts";
import type { MemoryResult } from "./decode-from-memory.ts";
import { WORKLOADS } from "./decode-workloads.ts";
import { startGoflow2 } from "./goflow2.ts";
import {
  goflow2Receiver,
  measureOverLoopback,
  startSillageReceiver,
  type LoopbackResult,
  type LoopbackRun,
  type SillageReceiver,
} from "./over-loopback.ts";

interface Result extends MemoryResult {
  readonly name: string;
  readonly overLoopback: LoopbackResult | undefined;
  readonly goflow2: LoopbackResult | undefined;
}

/** Prints a table and returns the figures. */
export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "3" },
      rate: { type: "string", default: "8000" },
      peer: { type: "boolean", default: true },
      receive: { type: "string", default: "batches" },
    },
    allowNegative: true,
  });
  const seconds = positive(values.seconds, "--seconds");
  const perSecond = positive(values.rate, "--rate");
  const memory = forkBundled("decode-from-memory", [String(seconds)]);
  const results: Result[] = [];
  for (const { name } of WORKLOADS)
    results.push({ name, ...(await nextMessage<MemoryResult>(memory)), overLoopback: undefined, goflow2: undefined });
  const peer = values.peer ? await measureWithPeer(results, receiveWay(values.receive), { perSecond, seconds }) : "--no-peer was asked for";
  printTable(results);
  if (typeof peer === "string") console.log(`skipped: comparison with goflow2, ${peer}`);
  return { bench: "decode", node: process.version, cpu: cpus()[0]?.model.trim() ?? "unknown", seconds, perSecond, results };
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`${option} wants a positive number, not ${text}`);
  return value;
}

/** Fills in what Sillage's receiver and goflow2 do with the same datagrams over loopback. @returns why not, when there is no peer */
async function measureWithPeer(results: Result[], receive: ReceiveWay, loopback: LoopbackRun): Promise<string | undefined> {
  if (process.platform !== "linux") return "CPU times of processes are read from /proc, which only Linux has";
  const goflow2 = await startGoflow2();
  if (typeof goflow2 === "string") return goflow2;
  let sillage: SillageReceiver | undefined;
  try {
    sillage = await startSillageReceiver(receive);
    for (const [i, workload] of WORKLOADS.entries()) {
      results[i] = {
        ...results[i]!,
        overLoopback: await measureOverLoopback(sillage, workload, loopback),
        goflow2: await measureOverLoopback(goflow2Receiver(goflow2, workload), workload, loopback),
      };
    }
  } finally {
    sillage?.stop();
    await goflow2.stop();
  }
  return undefined;
}

function printTable(results: readonly Result[]): void {
  const number = (value: number): string => value.toLocaleString("en").padStart(13);
  const ratio = (a: number, b: number): string => `x ${(a / b).toFixed(1)}`.padStart(9);
  console.log(
    "Flows per CPU second: Sillage from memory, Sillage and goflow2 over loopback, and how many times goflow2 each of the first is",
  );
  console.log(
    `${"".padEnd(44)}${"ns/row".padStart(8)}${["best", "memory", "loopback", "goflow2"].map((head) => head.padStart(13)).join("")}${["memory", "loopback"].map((head) => head.padStart(9)).join("")}`,
  );
  for (const { name, nanosecondsPerRow, bestRowsPerSecond, rowsPerSecond, overLoopback, goflow2 } of results) {
    const alone = `${name.padEnd(44)}${nanosecondsPerRow.toFixed(1).padStart(8)}${number(bestRowsPerSecond)}${number(rowsPerSecond)}`;
    if (!overLoopback || !goflow2) {
      console.log(alone);
      continue;
    }
    const peer = goflow2.flowsPerCpuSecond;
    console.log(
      `${alone}${number(overLoopback.flowsPerCpuSecond)}${number(peer)}${ratio(rowsPerSecond, peer)}${ratio(overLoopback.flowsPerCpuSecond, peer)}`,
    );
    for (const [who, { datagramsSent, datagramsProcessed }] of Object.entries({ sillage: overLoopback, goflow2 })) {
      if (datagramsProcessed < datagramsSent)
        console.log(`  ${who} missed ${datagramsSent - datagramsProcessed} of ${datagramsSent} datagrams`);
    }
  }
}
