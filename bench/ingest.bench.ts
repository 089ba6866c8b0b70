/**
 * The whole way, with the built program as people run it: datagrams over loopback from a process of their own, through collector, spool and
 * embedded ClickHouse, until a query counts them. Two questions:
 *
 *   how many flows a second   rising rates, a few seconds each; a rate counts when every flow sent is in the database and, for "sustained",
 *                             when no more than two seconds of traffic were left to load at the end
 *   how soon                  one datagram into an idle system, asked for every 10 ms until a query answers with it
 *
 * Sender, collector and database share this machine's cores, so a rate here is a lower bound.
 *
 *   npm run bench -- ingest [--rates 50000,100000] [--seconds N] [--probes N]
 */
import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { startSystem, type System } from "../e2e/support/system.ts";
import { encodeNetflow5 } from "../server/src/demo/index.ts";
import type { SenderReport } from "./ingest-sender.ts";

interface RateResult {
  readonly wantedFlowsPerSecond: number;
  readonly flowsPerSecond: number;
  readonly sentFlows: number;
  readonly storedFlows: number;
  readonly lostFlows: number;
  readonly kernelDroppedDatagrams: number;
  /** Rows that waited for the database when the sender ended. */
  readonly backlogRows: number;
  /** From the last datagram until everything was loaded. */
  readonly drainSeconds: number;
  readonly collectorCpuSecondsPerMillion: number;
  readonly serverCpuSecondsPerMillion: number;
}

interface Health {
  readonly collector: { readonly listening: { readonly datagrams: number; readonly kernelDrops: number | null }[] };
  readonly loader: { readonly backlogRows: number; readonly loadedRows: number };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** All flows in the database. Counted in the raw table, whose rows are flows here. */
async function storedFlows(system: System): Promise<number> {
  const now = Date.now();
  const { A } = await system.query(
    { from: now - 3_600_000, to: now + 3_600_000 },
    { A: { view: "stat", measures: ["flows"], scaled: false } },
  );
  return Number(A?.frames[0]?.data.values.at(-1)?.[0] ?? 0);
}

async function cpuSeconds(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1]);
}

function send(port: number, rate: number, seconds: number): Promise<SenderReport> {
  const sender = fork(path.join(__dirname, "ingest-sender.ts"), [port, rate, seconds].map(String), { execArgv: ["--import", "tsx"] });
  return new Promise((resolve, reject) => {
    sender.once("message", (report: SenderReport) => {
      sender.disconnect();
      resolve(report);
    });
    sender.once("exit", (code) => reject(new Error(`the sender ended with ${String(code)}`)));
  });
}

async function measureRate(system: System, collectorUrl: string, rate: number, seconds: number): Promise<RateResult> {
  const health = async (): Promise<Health> => (await system.get("/api/v1/health")) as Health;
  const drops = ({ collector }: Health): number => collector.listening.reduce((sum, { kernelDrops }) => sum + (kernelDrops ?? 0), 0);
  const urls = [`${collectorUrl}/metrics`, `${system.url}/metrics`];
  const before = { flows: await storedFlows(system), drops: drops(await health()), cpu: await Promise.all(urls.map(cpuSeconds)) };
  const sent = await send(system.udpPort, rate, seconds);
  const ended = performance.now();
  const backlogRows = (await health()).loader.backlogRows;
  let stored = 0;
  let drainSeconds = 0;
  // Until all is there, or nothing has come for three seconds and nothing waits: the rest is lost.
  let quietSince = performance.now();
  while (stored < sent.flows && performance.now() - quietSince < 3_000) {
    await pause(100);
    const now = (await storedFlows(system)) - before.flows;
    if ((await health()).loader.backlogRows > 0) quietSince = performance.now();
    if (now === stored) continue;
    stored = now;
    quietSince = performance.now();
    drainSeconds = (performance.now() - ended) / 1000;
  }
  await pause(1_500); // the collector's numbers are told once a second
  const cpu = await Promise.all(urls.map(cpuSeconds));
  const perMillion = (i: number): number => round(((cpu[i]! - before.cpu[i]!) / sent.flows) * 1e6, 2);
  return {
    wantedFlowsPerSecond: rate,
    flowsPerSecond: Math.round(sent.flows / sent.seconds),
    sentFlows: sent.flows,
    storedFlows: stored,
    lostFlows: sent.flows - stored,
    kernelDroppedDatagrams: drops(await health()) - before.drops,
    backlogRows,
    drainSeconds: round(drainSeconds, 1),
    collectorCpuSecondsPerMillion: perMillion(0),
    serverCpuSecondsPerMillion: perMillion(1),
  };
}

/** Milliseconds from sending one datagram until a query answers with its flow. */
async function measureDelay(system: System, probe: number): Promise<number> {
  const nowMs = Date.now();
  const flow = {
    ipVersion: 4,
    srcAddr: "192.0.2.77",
    dstAddr: "198.51.100.77",
    proto: 17,
    srcPort: 20_000 + probe,
    dstPort: 53,
    tcpFlags: 0,
    tos: 0,
  } as const;
  const volume = {
    bytes: 100,
    packets: 1,
    inIf: 1,
    outIf: 2,
    srcAs: 0,
    dstAs: 0,
    srcMask: 0,
    dstMask: 0,
    vlan: 0,
    startMs: nowMs - 10,
    endMs: nowMs,
  };
  const datagram = encodeNetflow5({
    flows: [{ ...flow, ...volume }],
    exportMs: nowMs,
    bootMs: nowMs - 3_600_000,
    sequence: 0,
    engine: 7,
    samplingInterval: 0,
  });
  const socket = createSocket("udp4");
  const started = performance.now();
  await new Promise<void>((resolve, reject) =>
    socket.send(datagram, system.udpPort, "127.0.0.1", (error) => (error ? reject(error) : resolve())),
  );
  socket.close();
  const filter = `src ip ${flow.srcAddr} and src port ${flow.srcPort}`;
  while (performance.now() - started < 30_000) {
    const { A } = await system.query({ from: nowMs - 60_000, to: nowMs + 60_000 }, { A: { view: "stat", filter, measures: ["flows"] } });
    if (Number(A?.frames[0]?.data.values.at(-1)?.[0] ?? 0) > 0) return performance.now() - started;
    await pause(10);
  }
  throw new Error("a flow was not found within 30 s");
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
const quantile = (sorted: readonly number[], q: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!);

/** Prints two tables and returns the figures. */
export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      rates: { type: "string", default: "25000,50000,100000,200000,400000,800000" },
      seconds: { type: "string", default: "10" },
      probes: { type: "string", default: "20" },
    },
  });
  const system = await startSystem();
  try {
    const statusPort = /status:\s+port: (\d+)/.exec(readFileSync(system.configFile, "utf8"))?.[1];
    const delays: number[] = [];
    for (let probe = 0; probe < Number(values.probes); probe++) delays.push(await measureDelay(system, probe));
    delays.sort((a, b) => a - b);
    const delayMs = { median: quantile(delays, 0.5), p90: quantile(delays, 0.9), max: quantile(delays, 1) };
    console.log(
      `datagram to answer, ${delays.length} times: median ${delayMs.median} ms, 90 % within ${delayMs.p90} ms, longest ${delayMs.max} ms\n`,
    );

    const heads = ["flows/s", "sent", "lost", "drops", "backlog", "drain s", "collector", "server"];
    console.log(`${heads.map((head) => head.padStart(11)).join("")}   (last two: CPU seconds per million flows)`);
    const rates: RateResult[] = [];
    for (const rate of values.rates.split(",").map(Number)) {
      await pause(2_000); // what was sent before is in every table
      const result = await measureRate(system, `http://127.0.0.1:${statusPort ?? ""}`, rate, Number(values.seconds));
      rates.push(result);
      const {
        flowsPerSecond,
        sentFlows,
        lostFlows,
        kernelDroppedDatagrams,
        backlogRows,
        drainSeconds,
        collectorCpuSecondsPerMillion,
        serverCpuSecondsPerMillion,
      } = result;
      const cells = [
        flowsPerSecond,
        sentFlows,
        lostFlows,
        kernelDroppedDatagrams,
        backlogRows,
        drainSeconds,
        collectorCpuSecondsPerMillion,
        serverCpuSecondsPerMillion,
      ];
      console.log(cells.map((cell) => cell.toLocaleString("en").padStart(11)).join(""));
      if (lostFlows > sentFlows / 10) break; // beyond this the picture only gets worse
    }
    const lossless = rates.filter(({ lostFlows }) => lostFlows === 0);
    const sustained = lossless.filter(({ backlogRows, flowsPerSecond }) => backlogRows <= 2 * flowsPerSecond);
    const best = (results: readonly RateResult[]): number => Math.max(0, ...results.map(({ flowsPerSecond }) => flowsPerSecond));
    console.log(
      `\nwithout loss ${best(lossless).toLocaleString("en")} flows/s, loaded as fast as it came ${best(sustained).toLocaleString("en")} flows/s`,
    );
    const machine = { node: process.version, cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length };
    return {
      bench: "ingest",
      ...machine,
      seconds: Number(values.seconds),
      delayMs,
      losslessFlowsPerSecond: best(lossless),
      sustainedFlowsPerSecond: best(sustained),
      rates,
    };
  } finally {
    await system.stop();
  }
}
