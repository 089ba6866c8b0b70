/**
 * Where the collector's time goes: `node --cpu-prof` around `sillage collect` at a steady rate, summed up by function and by file (self time),
 * source maps applied. Node samples the main thread, so what libuv's threads do (write, fsync) is not in it, and idle time is left out.
 */
import { readdirSync, readFileSync, mkdirSync } from "node:fs";
import { findSourceMap, SourceMap } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ReceiveWay } from "../server/src/collect/receive-socket.ts";
import { runTrial, type Sender, type Trial } from "./ingest-trial.ts";
import { SillageCollect } from "./sillage-collect.ts";

export interface ProfileOptions {
  readonly root: string;
  readonly receiveBuffer: number;
  readonly receive: ReceiveWay;
  readonly sender: Sender;
  readonly trial: { readonly flowsPerSecond: number; readonly seconds: number };
  /** Where the .cpuprofile goes: it opens in Chromium's developer tools. */
  readonly folder: string;
}

/** Part of V8's profile format. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
  }[];
  /** One a millisecond of running: a process that has to wait for its turn is not looked at, so samples are counted and not the time between them. */
  readonly samples: readonly number[];
}

interface Share {
  readonly name: string;
  /** Part of the busy time. */
  readonly share: number;
}

const NOT_BUSY = ["(idle)", "(root)"];
const SHOWN = { functions: 25, files: 15 };

/** Prints the summary and returns it. */
export async function profileCollector({ root, receiveBuffer, receive, sender, trial, folder }: ProfileOptions): Promise<object> {
  mkdirSync(folder, { recursive: true });
  const before = new Set(readdirSync(folder));
  const collector = await SillageCollect.start({
    root,
    receiveBuffer,
    receive,
    nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${path.resolve(folder)}`],
  });
  let result: Trial;
  try {
    result = await runTrial(collector, sender, trial);
  } finally {
    await collector.stop();
  }
  const file = readdirSync(folder).find((name) => name.endsWith(".cpuprofile") && !before.has(name));
  if (file === undefined) throw new Error("the collector left no profile");
  const summary = summarize(JSON.parse(readFileSync(path.join(folder, file), "utf8")) as CpuProfile);
  console.log(
    `${result.flowsPerSecond.toLocaleString("en")} flows/s for ${trial.seconds} s, ${result.lostFlows} lost, ${result.cpuSecondsPerMillion} CPU s per million flows (profiler included); ${path.join(folder, file)}`,
  );
  for (const [title, shares] of Object.entries({ "function (self time)": summary.functions, file: summary.files })) {
    console.log(`\n${title}`);
    for (const { name, share } of shares) console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}`);
  }
  return { bench: "ingest", profile: file, trial: result, ...summary };
}

function summarize({ nodes, samples }: CpuProfile): { readonly functions: readonly Share[]; readonly files: readonly Share[] } {
  const samplesOf = new Map<number, number>();
  for (const id of samples) samplesOf.set(id, (samplesOf.get(id) ?? 0) + 1);
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  let total = 0;
  for (const { id, callFrame } of nodes) {
    const self = samplesOf.get(id) ?? 0;
    if (self === 0 || NOT_BUSY.includes(callFrame.functionName)) continue;
    total += self;
    const file = sourceOf(callFrame);
    const name = `${callFrame.functionName || "(anonymous)"}${file === "" ? "" : `  ${file}`}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + self);
    const where = file === "" ? "V8, C++ and the kernel" : file;
    byFile.set(where, (byFile.get(where) ?? 0) + self);
  }
  const shares = (sums: ReadonlyMap<string, number>, shown: number): Share[] =>
    Array.from(sums, ([name, self]) => ({ name, share: Math.round((self / total) * 1000) / 1000 }))
      .sort((a, b) => b.share - a.share)
      .slice(0, shown);
  return { functions: shares(byFunction, SHOWN.functions), files: shares(byFile, SHOWN.files) };
}

const maps = new Map<string, SourceMap | undefined>();

/** The source file of a frame, relative to the repository; "" for native code. */
function sourceOf({ url, lineNumber, columnNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  if (!url.startsWith("file:")) return url;
  const file = fileURLToPath(url);
  if (!maps.has(file)) maps.set(file, readMap(file));
  const entry = maps.get(file)?.findEntry(lineNumber, columnNumber);
  const source = entry && "originalSource" in entry ? path.resolve(path.dirname(file), entry.originalSource) : file;
  return path.relative(path.resolve(__dirname, ".."), source);
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")) as ConstructorParameters<typeof SourceMap>[0]);
  } catch {
    return findSourceMap(file);
  }
}
