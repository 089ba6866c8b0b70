/**
 * A steady rate for minutes, with the panels of the shipped dashboards asked all the time, and what must not grow: losses, memory, the backlog,
 * parts of a partition. All with the built program, embedded ClickHouse and all rollups; sender and system share the machine.
 *
 *   npm run bench -- soak [--minutes N] [--rate FLOWS_PER_SECOND] [--protocols v5,v9,ipfix,sflow] [--pause MS between two queries]
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { pause, Sender } from "./ingest-trial.ts";
import { INGEST_PROTOCOLS, type IngestProtocol } from "./prepared-datagrams.ts";
import { machineFacts } from "./process-facts.ts";
import { panels } from "./query-cases.ts";
import { DAY_MS } from "./query-flows.ts";
import { SillageServe } from "./sillage-serve.ts";
import { mostParts } from "./store-parts.ts";

/** What is seen once a second. */
interface Sample {
  readonly seconds: number;
  readonly collectorMiB: number;
  readonly serverMiB: number;
  readonly backlogRows: number;
  readonly parts: Readonly<Record<string, number>>;
}

interface QueryCounts {
  readonly asked: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

const DISTINCT_FLOWS = 400_000;
const SAMPLE_MS = 1_000;
/** Rows of the table that is printed. */
const SHOWN = 12;
/** Caches fill at first: memory is judged by what it does after this part of the time. */
const SETTLED = 1 / 3;
/** Memory that grows by a larger part of what it was in the time that is judged is not flat. */
const MOST_GROWTH = 0.1;
/** More than this and the backlog is not bounded. Unit: seconds of traffic. */
const MOST_BACKLOG_SECONDS = 10;
/** ClickHouse delays inserts into a partition from 1,000 parts and refuses them from 3,000; merges that keep up leave far fewer. */
const MOST_PARTS = 100;

/** Prints a table and a verdict and returns the figures. */
export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "2" },
      rate: { type: "string", default: "100000" },
      protocols: { type: "string", default: INGEST_PROTOCOLS.join(",") },
      pause: { type: "string", default: "250" },
    },
  });
  const [minutes, rate, pauseMs] = [Number(values.minutes), Number(values.rate), Number(values.pause)];
  if (!(minutes > 0 && rate > 0 && pauseMs >= 0))
    throw new RangeError("--minutes and --rate want positive numbers, --pause one of 0 or more");
  const protocols = values.protocols.split(",").map((name): IngestProtocol => {
    const protocol = INGEST_PROTOCOLS.find((each) => each === name);
    if (protocol === undefined) throw new RangeError(`--protocols wants some of ${INGEST_PROTOCOLS.join(",")}, not ${name}`);
    return protocol;
  });
  const machine = machineFacts();
  console.log(
    `${minutes} minutes at ${rate.toLocaleString("en")} flows/s (${protocols.join(", ")}), a panel of the dashboards every ${pauseMs} ms; load average ${machine.loadAverage}\n`,
  );
  const senders: Sender[] = [];
  for (const protocol of protocols) senders.push(await Sender.start(protocol, DISTINCT_FLOWS));
  const serve = await SillageServe.start();
  try {
    const flowsPerSecond = Math.round(rate / senders.length);
    const order = { port: serve.system.udpPort, flowsPerSecond, flows: Math.round(flowsPerSecond * minutes * 60) };
    const samples: Sample[] = [];
    const running = { sending: true };
    const started = performance.now();
    const sending = Promise.all(senders.map((sender) => sender.send(order))).finally(() => (running.sending = false));
    const asking = askPanels(serve, running, pauseMs);
    while (running.sending) {
      await Promise.race([sending, pause(SAMPLE_MS)]);
      samples.push(await takeSample(serve, (performance.now() - started) / 1000));
    }
    const reports = await sending;
    const queries = await asking;
    const sentFlows = reports.reduce((sum, { flows }) => sum + flows, 0);
    const { flows: storedFlows } = await serve.loaded(0, sentFlows);
    const { loader } = await serve.health();
    const cpu = serve.cpuSeconds();
    const seconds = Math.max(...reports.map((report) => report.seconds));
    const outcome = {
      sentFlows,
      lostFlows: sentFlows - storedFlows,
      kernelDrops: serve.kernelDrops(),
      loaderErrors: loader.errors,
      quarantined: loader.inQuarantine,
      flowsPerSecond: Math.round(sentFlows / seconds),
      cpuPerMillion: { collector: round(cpu.collector / (sentFlows / 1e6)), server: round(cpu.server / (sentFlows / 1e6)) },
    };
    const trends = summarize(samples, outcome.flowsPerSecond);
    printSamples(samples);
    const verdict = judge({ ...outcome, ...trends, queries });
    console.log(
      `\n${outcome.sentFlows.toLocaleString("en")} flows at ${outcome.flowsPerSecond.toLocaleString("en")}/s, CPU s per million: collector ${outcome.cpuPerMillion.collector}, server with queries ${outcome.cpuPerMillion.server}; ${queries.asked} queries, p50 ${queries.p50Ms} ms, p95 ${queries.p95Ms} ms`,
    );
    for (const { what, says, holds } of verdict) console.log(`${holds ? "yes" : "NO "}  ${what.padEnd(18)}${says}`);
    return {
      bench: "soak",
      machine,
      loadAverageAtEnd: machineFacts().loadAverage,
      minutes,
      rate,
      protocols,
      ...outcome,
      ...trends,
      queries,
      verdict,
    };
  } finally {
    for (const sender of senders) sender.stop();
    await serve.stop();
  }
}

async function takeSample(serve: SillageServe, seconds: number): Promise<Sample> {
  const { collector, server } = serve.memoryMiB();
  const { loader } = await serve.health();
  return {
    seconds: round(seconds),
    collectorMiB: collector.now,
    serverMiB: server.now,
    backlogRows: loader.backlogRows,
    parts: mostParts(path.join(serve.system.folder, "data/store")),
  };
}

/** One panel after the other over the last hour, as people who look at dashboards do. */
async function askPanels(serve: SillageServe, running: { readonly sending: boolean }, pauseMs: number): Promise<QueryCounts> {
  const times: number[] = [];
  let failed = 0;
  for (let asked = 0; running.sending; asked++) {
    const questions = panels(Date.now() - DAY_MS).hour;
    const { query, fromMs, toMs, intervalMs } = questions[asked % questions.length]!;
    const started = performance.now();
    const { A } = await serve.system.query({ from: fromMs, to: toMs }, { A: { ...query, intervalMs } });
    times.push(performance.now() - started);
    if (A?.error !== undefined) failed++;
    await pause(pauseMs);
  }
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => Math.round(times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? 0);
  return { asked: times.length, failed, p50Ms: quantile(0.5), p95Ms: quantile(0.95) };
}

interface Trends {
  readonly mibPerMinute: { readonly collector: number; readonly server: number };
  /** What the slope comes to in the time that is judged, as part of the peak. */
  readonly growth: { readonly collector: number; readonly server: number };
  readonly peakMiB: { readonly collector: number; readonly server: number };
  readonly backlogSeconds: number;
  /** By table, the most parts a partition ever had. */
  readonly parts: Readonly<Record<string, number>>;
}

function summarize(samples: readonly Sample[], flowsPerSecond: number): Trends {
  const settled = samples.filter(({ seconds }) => seconds >= samples.at(-1)!.seconds * SETTLED);
  const parts: Record<string, number> = {};
  for (const sample of samples)
    for (const [table, count] of Object.entries(sample.parts)) parts[table] = Math.max(parts[table] ?? 0, count);
  const minutes = (settled.at(-1)!.seconds - settled[0]!.seconds) / 60;
  const mibPerMinute = {
    collector: slopePerMinute(settled, ({ collectorMiB }) => collectorMiB),
    server: slopePerMinute(settled, ({ serverMiB }) => serverMiB),
  };
  const peakMiB = {
    collector: Math.max(...samples.map(({ collectorMiB }) => collectorMiB)),
    server: Math.max(...samples.map(({ serverMiB }) => serverMiB)),
  };
  return {
    mibPerMinute,
    growth: {
      collector: round((mibPerMinute.collector * minutes) / peakMiB.collector),
      server: round((mibPerMinute.server * minutes) / peakMiB.server),
    },
    peakMiB,
    backlogSeconds: round(Math.max(...samples.map(({ backlogRows }) => backlogRows)) / flowsPerSecond),
    parts,
  };
}

/** Least squares. */
function slopePerMinute(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [samples.map(({ seconds }) => seconds / 60), samples.map(of)];
  const [mx, my] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  return spread === 0 ? 0 : round(x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0) / spread);
}

interface Judged extends Trends {
  readonly sentFlows: number;
  readonly lostFlows: number;
  readonly kernelDrops: number;
  readonly loaderErrors: number;
  readonly quarantined: number;
  readonly queries: QueryCounts;
}

function judge(seen: Judged): { readonly what: string; readonly says: string; readonly holds: boolean }[] {
  const { lostFlows, kernelDrops, loaderErrors, quarantined, mibPerMinute, growth, peakMiB, backlogSeconds, parts, queries } = seen;
  const [busiest, most] = Object.entries(parts).sort((a, b) => b[1] - a[1])[0] ?? ["none", 0];
  return [
    { what: "nothing lost", says: `${lostFlows} flows lost, ${kernelDrops} datagrams dropped by the kernel`, holds: lostFlows === 0 },
    {
      what: "nothing failed",
      says: `${loaderErrors} inserts tried again, ${quarantined} segments in quarantine, ${queries.failed} queries failed`,
      holds: loaderErrors + quarantined + queries.failed === 0,
    },
    {
      what: "memory flat",
      says: `collector ${mibPerMinute.collector} MiB a minute (at most ${peakMiB.collector}), server ${mibPerMinute.server} (at most ${peakMiB.server})`,
      holds: Math.max(growth.collector, growth.server) <= MOST_GROWTH,
    },
    { what: "backlog bounded", says: `at most ${backlogSeconds} s of traffic`, holds: backlogSeconds <= MOST_BACKLOG_SECONDS },
    { what: "parts bounded", says: `at most ${most} active parts in a partition (${busiest})`, holds: most <= MOST_PARTS },
  ];
}

function printSamples(samples: readonly Sample[]): void {
  console.log(["minute", "collector MiB", "server MiB", "backlog rows", "most parts"].map((head) => head.padStart(15)).join(""));
  const every = Math.max(1, Math.floor(samples.length / SHOWN));
  for (const [i, { seconds, collectorMiB, serverMiB, backlogRows, parts }] of samples.entries()) {
    if (i % every !== every - 1) continue;
    const cells = [
      (seconds / 60).toFixed(1),
      collectorMiB,
      serverMiB,
      backlogRows.toLocaleString("en"),
      Math.max(0, ...Object.values(parts)),
    ];
    console.log(cells.map((cell) => String(cell).padStart(15)).join(""));
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
