/**
 * The whole way, with the built program as people run it, beside nfcapd and sfcapd on the same datagrams with the same receive buffer.
 *
 *   acceptance   highest rate received without loss and durable on disk: `sillage collect` alone (segments, fsynced), `sillage serve` (segments
 *                or loaded), nfcapd (its file, not fsynced). Read back from the disk; kernel drops from /proc/net/udp.
 *   sustained    highest rate at which the backlog of the database, embedded and with all rollups, does not grow
 *   delay        from a datagram until a query answers with its flow, at half the sustained rate
 *   burst        2 million flows at once: seconds until all are loaded
 *   disk         bytes a flow, of both
 *
 * Sender, collector and database share this machine's cores: rates are lower bounds, and ratios of one run are what counts.
 *
 *   npm run bench -- ingest [--protocols v5,v9,ipfix,sflow] [--seconds N] [--quick] [--no-peer] [--no-serve] [--receive-buffer BYTES]
 *                           [--profile FOLDER [--rate N]] [--receive single]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { ReceiveWay } from "../server/src/collect/receive-socket.ts";
import { findLimit, type Limit } from "./find-limit.ts";
import { profileCollector } from "./ingest-profile.ts";
import { pause, runTrial, Sender, type Trial, type TrialReceiver } from "./ingest-trial.ts";
import { countFlows, fileSizes, findNfcapd, Nfcapd } from "./nfcapd.ts";
import { INGEST_PROTOCOLS, workloadOf, type IngestProtocol } from "./prepared-datagrams.ts";
import { probeDelays } from "./probe-delay.ts";
import { machineFacts } from "./process-facts.ts";
import { SillageCollect } from "./sillage-collect.ts";
import { isSustained, runSustained, SillageServe, type SustainedRun } from "./sillage-serve.ts";
import { receiveWay } from "./receive-way.ts";
import { storeSizes } from "./store-sizes.ts";

interface Options {
  readonly protocols: readonly IngestProtocol[];
  /** Of one step of acceptance; those of sustained take eight times as long. */
  readonly seconds: number;
  readonly bisections: number;
  readonly withPeer: boolean;
  readonly withServe: boolean;
  /** For both the same: what the kernel grants everybody, though it would grant root more. */
  readonly receiveBuffer: number;
  readonly receive: ReceiveWay;
  /** Different flows that are prepared for each protocol. */
  readonly distinctFlows: number;
  readonly burstFlows: number;
}

interface Acceptance {
  readonly protocol: IngestProtocol;
  readonly collect: Limit<Trial>;
  readonly peer: Limit<Trial> | undefined;
}

/** What `serve` does with flows of one protocol. */
interface ServeResult {
  readonly protocol: IngestProtocol;
  readonly acceptance: Limit<Trial>;
  readonly sustained: SustainedRun | undefined;
  readonly sustainedRuns: readonly SustainedRun[];
  readonly delayMs: { readonly flowsPerSecond: number; readonly p50: number; readonly p99: number; readonly probes: number } | undefined;
  readonly peakMiB: { readonly collector: number; readonly server: number };
}

interface BurstResult {
  readonly flows: number;
  readonly lostFlows: number;
  readonly sendSeconds: number;
  readonly loadedSeconds: number;
  readonly bytesPerFlow: Readonly<Record<string, number>>;
  readonly peerBytesPerFlow: Readonly<Record<string, number>> | undefined;
}

/** Where the search begins, datagrams a second: at a rate that everybody should take. */
const FIRST_DATAGRAMS = 12_000;
const SUSTAINED_STEPS = 8;
/** Lets V8 compile. */
const WARM_UP = { flowsPerSecond: 100_000, seconds: 1 };
/** The first rate that is tried, as part of what is accepted; the next ones are what the database loaded before, less this. */
const SUSTAINED_FIRST = 0.9;
const SUSTAINED_LESS = 0.97;
const SUSTAINED_RUNS = 6;

/** Prints tables and returns the figures. */
export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      protocols: { type: "string", default: INGEST_PROTOCOLS.join(",") },
      seconds: { type: "string" },
      quick: { type: "boolean", default: false },
      peer: { type: "boolean", default: true },
      serve: { type: "boolean", default: true },
      "receive-buffer": { type: "string", default: "33554432" },
      receive: { type: "string", default: "batches" },
      profile: { type: "string" },
      rate: { type: "string", default: "600000" },
    },
    allowNegative: true,
  });
  if (process.platform !== "linux") throw new Error("CPU times and kernel drops are read from /proc, which only Linux has");
  const machine = machineFacts();
  const options: Options = {
    protocols: values.protocols.split(",").map(protocolOf),
    seconds: Number(values.seconds ?? (values.quick ? 1 : 1.5)),
    bisections: values.quick ? 1 : 2,
    withPeer: values.peer,
    withServe: values.serve,
    receiveBuffer: Math.min(Number(values["receive-buffer"]), machine.rmemMax),
    receive: receiveWay(values.receive),
    distinctFlows: values.quick ? 200_000 : 400_000,
    burstFlows: values.quick ? 400_000 : 2_000_000,
  };
  const root = mkdtempSync(path.join(tmpdir(), "sillage-bench-"));
  try {
    if (values.profile !== undefined) {
      const { protocols, seconds, receiveBuffer, receive, distinctFlows } = options;
      const sender = await Sender.start(protocols[0]!, distinctFlows);
      const trial = { flowsPerSecond: Number(values.rate), seconds: Math.max(seconds, 5) };
      try {
        return await profileCollector({ root, receiveBuffer, receive, sender, trial, folder: values.profile });
      } finally {
        sender.stop();
      }
    }
    console.log(
      `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}; load average ${machine.loadAverage}; receive buffer ${options.receiveBuffer / 2 ** 20} MiB\n`,
    );
    const acceptances = await measureAcceptances(root, options);
    const served = options.withServe ? await measureServe(root, options, acceptances) : undefined;
    const { loadAverage } = machineFacts();
    console.log(`\nload average at the end ${loadAverage}`);
    return { bench: "ingest", machine, loadAverageAtEnd: loadAverage, options, acceptances, ...served };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function protocolOf(name: string): IngestProtocol {
  const protocol = INGEST_PROTOCOLS.find((each) => each === name);
  if (protocol === undefined) throw new RangeError(`--protocols wants some of ${INGEST_PROTOCOLS.join(",")}, not ${name}`);
  return protocol;
}

const count = (value: number): string => Math.round(value).toLocaleString("en");

function searchAcceptance(
  receiver: TrialReceiver,
  sender: Sender,
  { protocol, options }: { readonly protocol: IngestProtocol; readonly options: Options },
) {
  const { seconds, bisections } = options;
  const first = FIRST_DATAGRAMS * workloadOf(protocol).flowsPerDatagram;
  return findLimit({ first, bisections }, (flowsPerSecond) => runTrial(receiver, sender, { flowsPerSecond, seconds }));
}

async function measureAcceptances(root: string, options: Options): Promise<Acceptance[]> {
  const { receiveBuffer, receive } = options;
  console.log("Acceptance: flows a second without loss and on disk; CPU seconds per million flows at that rate");
  const heads = ["collect", "CPU s/M", "MiB", "peer", "CPU s/M", "MiB", "rate", "CPU", "sender"];
  console.log(`${"".padEnd(40)}${heads.map((head) => head.padStart(10)).join("")}`);
  const acceptances: Acceptance[] = [];
  for (const protocol of options.protocols) {
    const found = options.withPeer ? findNfcapd(protocol) : { missing: "--no-peer was asked for" };
    const sender = await Sender.start(protocol, options.distinctFlows);
    const collector = await SillageCollect.start({ root, receiveBuffer, receive });
    const peer = "missing" in found ? undefined : new Nfcapd(protocol, { root, receiveBuffer });
    try {
      await runTrial(collector, sender, WARM_UP);
      const collect = await searchAcceptance(collector, sender, { protocol, options });
      const acceptance = { protocol, collect, peer: peer && (await searchAcceptance(peer, sender, { protocol, options })) };
      acceptances.push(acceptance);
      printAcceptance(acceptance);
      if ("missing" in found) console.log(`  skipped: comparison, ${found.missing}`);
    } finally {
      sender.stop();
      await collector.stop();
      await peer?.stop();
      peer?.clear();
    }
  }
  return acceptances;
}

function printAcceptance({ protocol, collect, peer }: Acceptance): void {
  const { name, flowsPerDatagram } = workloadOf(protocol);
  const own = cellsOf(collect);
  const theirs = peer ? cellsOf(peer) : ["", "", ""];
  const ratio = (pick: (trial: Trial) => number): string =>
    collect.best && peer?.best ? `x ${(pick(collect.best) / pick(peer.best)).toFixed(2)}` : "";
  const senderCpu = Math.max(...[collect, ...(peer ? [peer] : [])].map(({ best }) => best?.senderCpu ?? 0));
  const cells = [
    ...own,
    ...theirs,
    ratio(({ flowsPerSecond }) => flowsPerSecond),
    ratio((trial) => trial.cpuSecondsPerMillion),
    `${senderCpu} core`,
  ];
  console.log(`${`${name}, ${flowsPerDatagram} a datagram`.padEnd(40)}${cells.map((cell) => cell.padStart(10)).join("")}`);
  for (const [who, limit] of Object.entries({ collect, peer })) {
    if (limit?.endedBy === "sender") console.log(`  ${who}: the sender reached no higher rate, so this is a lower bound`);
  }
}

function cellsOf({ best }: Limit<Trial>): string[] {
  return best ? [count(best.flowsPerSecond), best.cpuSecondsPerMillion.toFixed(2), count(best.peakMiB)] : ["none", "", ""];
}

async function measureServe(
  root: string,
  options: Options,
  acceptances: readonly Acceptance[],
): Promise<{ readonly serve: ServeResult; readonly burst: BurstResult }> {
  const protocol = options.protocols.includes("v9") ? "v9" : options.protocols[0]!;
  console.log(`\n\`sillage serve\`, embedded, all rollups; ${workloadOf(protocol).name}`);
  const sender = await Sender.start(protocol, options.burstFlows);
  const accepted = acceptances.find((each) => each.protocol === protocol)!;
  try {
    const burst = await measureBurst(root, sender, { protocol, options, accepted });
    const serve = await measureRates(sender, { protocol, options });
    return { serve, burst };
  } finally {
    sender.stop();
  }
}

/** Every flow of the burst is another one, so that what it takes on disk is no artefact of repetition. */
async function measureBurst(
  root: string,
  sender: Sender,
  { protocol, options, accepted }: { readonly protocol: IngestProtocol; readonly options: Options; readonly accepted: Acceptance },
): Promise<BurstResult> {
  const flowsPerSecond = Math.round((accepted.collect.best?.flowsPerSecond ?? 100_000) * 0.6);
  const flows = options.burstFlows;
  const serve = await SillageServe.start();
  let folder: string | undefined;
  try {
    const warmUp = await runTrial(serve, sender, WARM_UP);
    const started = performance.now();
    const sent = await sender.send({ port: serve.system.udpPort, flowsPerSecond, flows });
    const { flows: stored, atMs } = await serve.loaded(warmUp.sentFlows - warmUp.lostFlows, sent.flows);
    const loadedSeconds = Math.round((atMs - started) / 10) / 100;
    console.log(
      `burst        ${count(sent.flows)} flows in ${sent.seconds.toFixed(1)} s at once: loaded after ${loadedSeconds.toFixed(1)} s${lossNote(sent.flows - stored)}`,
    );
    await serve.stop({ keepFolder: true });
    folder = serve.system.folder;
    const bytesPerFlow = await storeSizes(path.join(folder, "data"), stored + warmUp.sentFlows - warmUp.lostFlows);
    const rollups = Object.entries(bytesPerFlow).filter(([table]) => table !== "flows");
    console.log(
      `disk         ${bytesPerFlow["flows"]?.toFixed(1)} bytes a flow; rollups together ${rollups.reduce((sum, [, bytes]) => sum + bytes, 0).toFixed(1)} (${rollups.map(([table, bytes]) => `${table} ${bytes}`).join(", ")})`,
    );
    const peerBytesPerFlow =
      accepted.peer?.best &&
      (await measurePeerSizes(root, sender, { protocol, options, flowsPerSecond: accepted.peer.best.flowsPerSecond / 2 }));
    if (peerBytesPerFlow)
      console.log(
        `             nfcapd ${Object.entries(peerBytesPerFlow)
          .map(([codec, bytes]) => `${codec} ${bytes}`)
          .join(", ")}`,
      );
    return { flows: sent.flows, lostFlows: sent.flows - stored, sendSeconds: sent.seconds, loadedSeconds, bytesPerFlow, peerBytesPerFlow };
  } finally {
    if (folder === undefined) await serve.stop();
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function measurePeerSizes(
  root: string,
  sender: Sender,
  { protocol, options, flowsPerSecond }: { readonly protocol: IngestProtocol; readonly options: Options; readonly flowsPerSecond: number },
): Promise<Readonly<Record<string, number>>> {
  const peer = new Nfcapd(protocol, { root, receiveBuffer: options.receiveBuffer });
  try {
    await runTrial(peer, sender, { flowsPerSecond: Math.round(flowsPerSecond), seconds: options.burstFlows / flowsPerSecond });
    return fileSizes(peer.folder, countFlows(peer.folder));
  } finally {
    await peer.stop();
    peer.clear();
  }
}

const lossNote = (lostFlows: number): string => (lostFlows === 0 ? "" : `, ${count(lostFlows)} lost`);

async function measureRates(
  sender: Sender,
  { protocol, options }: { readonly protocol: IngestProtocol; readonly options: Options },
): Promise<ServeResult> {
  const serve = await SillageServe.start();
  try {
    const acceptance = await searchAcceptance(serve, sender, {
      protocol,
      options: { ...options, bisections: Math.min(options.bisections, 2) },
    });
    console.log(
      `acceptance   ${acceptance.best ? count(acceptance.best.flowsPerSecond) : "no"} flows/s without loss while the database loads`,
    );
    const sustainedRuns = await findSustained(serve, sender, {
      first: (acceptance.best?.flowsPerSecond ?? WARM_UP.flowsPerSecond) * SUSTAINED_FIRST,
      seconds: options.seconds * SUSTAINED_STEPS,
    });
    const last = sustainedRuns.at(-1);
    const sustained = last && isSustained(last) ? last : undefined;
    printSustained(sustainedRuns, sustained);
    await pause(1_000);
    const delayMs =
      sustained &&
      (await measureDelay(serve, sender, { flowsPerSecond: Math.round(sustained.flowsPerSecond / 2), seconds: options.seconds * 6 }));
    if (delayMs)
      console.log(
        `delay        at ${count(delayMs.flowsPerSecond)} flows/s from datagram to answer: p50 ${count(delayMs.p50)} ms, p99 ${count(delayMs.p99)} ms (${delayMs.probes} probes)`,
      );
    const { collector, server } = serve.memoryMiB();
    console.log(`memory       at most: collector ${collector.peak} MiB, server ${server.peak} MiB`);
    return { protocol, acceptance, sustained, sustainedRuns, delayMs, peakMiB: { collector: collector.peak, server: server.peak } };
  } finally {
    await serve.stop();
  }
}

/** Runs at falling rates until one is sustained: that is the last. */
async function findSustained(
  serve: SillageServe,
  sender: Sender,
  { first, seconds }: { readonly first: number; readonly seconds: number },
): Promise<SustainedRun[]> {
  const runs: SustainedRun[] = [];
  for (let rate = first; runs.length < SUSTAINED_RUNS;) {
    const run_ = await runSustained(serve, sender, { flowsPerSecond: Math.round(rate), seconds });
    runs.push(run_);
    if (isSustained(run_)) break;
    rate = SUSTAINED_LESS * Math.min(rate, Math.max(run_.loadedPerSecond, rate / 2));
  }
  return runs;
}

function printSustained(runs: readonly SustainedRun[], sustained: SustainedRun | undefined): void {
  for (const run_ of runs) {
    const [middle, last] = run_.backlogPeaks;
    console.log(
      `sustained    ${run_ === sustained ? "yes" : "no "} ${count(run_.flowsPerSecond).padStart(9)} flows/s: loaded ${count(run_.loadedPerSecond)}/s, backlog at most ${count(middle)}, then ${count(last)} rows; drained in ${run_.drainSeconds.toFixed(1)} s; CPU s/M: collector ${run_.collectorCpuPerMillion}, server ${run_.serverCpuPerMillion}${lossNote(run_.lostFlows)}`,
    );
  }
}

async function measureDelay(
  serve: SillageServe,
  sender: Sender,
  { flowsPerSecond, seconds }: { readonly flowsPerSecond: number; readonly seconds: number },
): Promise<NonNullable<ServeResult["delayMs"]>> {
  const sending = sender.send({ port: serve.system.udpPort, flowsPerSecond, flows: flowsPerSecond * (seconds + 1) });
  const delays = await probeDelays(serve, seconds);
  await sending;
  const quantile = (q: number): number => Math.round(delays[Math.min(delays.length - 1, Math.ceil(q * delays.length) - 1)] ?? Infinity);
  return { flowsPerSecond, p50: quantile(0.5), p99: quantile(0.99), probes: delays.length };
}
