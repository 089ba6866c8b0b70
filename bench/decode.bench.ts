/**
 * How many rows one core decodes, beside goflow2:
 *
 *   memory     datagrams from memory into a FlowBatch: no socket, no encoding, no disk
 *   loopback   the collector's socket and the decoder in a process of their own, fed over UDP at a bounded rate
 *   goflow2    v2.2.6, fed the same datagrams at the same rate, its output thrown away
 *
 * Time is CPU time, so that a busy machine does not count against anybody (caches and turbo still do: compare within one run).
 *
 *   npm run bench -- decode [--seconds N] [--rate DATAGRAMS_PER_SECOND] [--no-peer]
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Decoder } from "../server/src/decode/index.ts";
import { FlowBatch, parseAddress } from "../server/src/flow/index.ts";
import { DISTINCT_DATAGRAMS, EXPORT_MS, makeDatagrams, WORKLOADS, type Workload } from "./decode-workloads.ts";
import { startGoflow2 } from "./goflow2.ts";
import {
  goflow2Receiver,
  measureOverLoopback,
  startSillageReceiver,
  type LoopbackResult,
  type LoopbackRun,
  type SillageReceiver,
} from "./over-loopback.ts";

interface MemoryResult {
  readonly rowsPerSecond: number;
  readonly datagramsPerSecond: number;
  readonly nanosecondsPerRow: number;
}

function measureFromMemory(workload: Workload, seconds: number): MemoryResult {
  const { name, prelude, flowsPerDatagram } = workload;
  const datagrams = makeDatagrams(workload);
  const decoder = new Decoder();
  const context = { source: parseAddress("192.0.2.1"), sourcePort: 2055, receivedMs: EXPORT_MS };
  const batch = new FlowBatch();
  let rows = 0;
  const sink = {
    batch,
    flush: (): void => {
      rows += batch.rows;
      batch.reset();
    },
  };
  if (prelude) decoder.decode(prelude, context, sink);
  const run = (until: number): number => {
    let rounds = 0;
    do {
      for (const bytes of datagrams) decoder.decode(bytes, context, sink);
      context.receivedMs++; // as at some 200,000 datagrams a second
      rounds++;
    } while (performance.now() < until);
    return rounds;
  };
  run(performance.now() + Math.min(1000, seconds * 500)); // lets V8 compile the loops
  sink.flush();
  rows = 0;
  const before = process.cpuUsage();
  const rounds = run(performance.now() + seconds * 1000);
  const used = process.cpuUsage(before);
  const elapsed = (used.user + used.system) / 1e6;
  sink.flush();
  if (rows !== rounds * DISTINCT_DATAGRAMS * flowsPerDatagram)
    throw new Error(`${name}: ${rows} rows from ${rounds * DISTINCT_DATAGRAMS} datagrams`);
  return {
    rowsPerSecond: Math.round(rows / elapsed),
    datagramsPerSecond: Math.round((rounds * DISTINCT_DATAGRAMS) / elapsed),
    nanosecondsPerRow: Math.round((elapsed * 1e10) / rows) / 10,
  };
}

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
    },
    allowNegative: true,
  });
  const seconds = positive(values.seconds, "--seconds");
  const perSecond = positive(values.rate, "--rate");
  const results: Result[] = WORKLOADS.map((workload) => ({
    name: workload.name,
    ...measureFromMemory(workload, seconds),
    overLoopback: undefined,
    goflow2: undefined,
  }));
  const peer = values.peer ? await measureWithPeer(results, { perSecond, seconds }) : "--no-peer was asked for";
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
async function measureWithPeer(results: Result[], loopback: LoopbackRun): Promise<string | undefined> {
  if (process.platform !== "linux") return "CPU times of processes are read from /proc, which only Linux has";
  const goflow2 = await startGoflow2();
  if (typeof goflow2 === "string") return goflow2;
  let sillage: SillageReceiver | undefined;
  try {
    sillage = await startSillageReceiver();
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
    `${"".padEnd(44)}${"ns/row".padStart(8)}${["memory", "loopback", "goflow2"].map((head) => head.padStart(13)).join("")}${["memory", "loopback"].map((head) => head.padStart(9)).join("")}`,
  );
  for (const { name, nanosecondsPerRow, rowsPerSecond, overLoopback, goflow2 } of results) {
    const alone = `${name.padEnd(44)}${nanosecondsPerRow.toFixed(1).padStart(8)}${number(rowsPerSecond)}`;
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
