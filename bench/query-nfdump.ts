/**
 * nfdump beside us: the same flows in nfcapd's own files (LZ4, as most keep them), written by nfcapd from the same datagrams, and the time
 * that nfdump takes for the same question.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { freePort } from "../server/src/testing/free-port.ts";
import type { NfdumpQuestion } from "./query-cases.ts";

const RECEIVE_BUFFER = 4 * 2 ** 20;

export interface Totals {
  readonly flows: number;
  readonly bytes: number;
  readonly packets: number;
}

export interface NfdumpAnswer {
  /** Of the ten largest groups: names of the group, and what they are ranked by. */
  readonly groups: readonly (Totals & { readonly key: string })[];
  readonly totals: Totals | undefined;
}

/** Version, or undefined when it is not installed. */
export function nfdumpVersion(): string | undefined {
  try {
    return /Version: (\S+)/.exec(execFileSync("nfdump", ["-V"], { encoding: "utf8" }))?.[1];
  } catch {
    return undefined;
  }
}

/** Runs nfcapd on `folder` while `feed` sends to its port. */
export async function captureWith(folder: string, feed: (port: number) => Promise<unknown>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const args = ["-p", String(port), "-b", "127.0.0.1", "-w", folder, "-y", "-B", String(RECEIVE_BUFFER), "-t", "3600"];
  const nfcapd = spawn("nfcapd", args, { stdio: "ignore" });
  const ended = new Promise((resolve) => nfcapd.once("exit", resolve));
  const failed = new Promise<never>((_, reject) => nfcapd.once("error", reject));
  await Promise.race([new Promise((resolve) => setTimeout(resolve, 1_000)), failed]);
  try {
    await feed(port);
  } finally {
    nfcapd.kill("SIGTERM");
    await ended;
  }
}

export function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

/** One run: its answer and the wall time of the process. Unit: ms. */
export function askNfdump(folder: string, { args, filter }: NfdumpQuestion): { readonly ms: number; readonly output: string } {
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync("nfdump", ["-R", folder, "-o", "csv", ...args, filter], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(`nfdump ${args.join(" ")} "${filter}" ended with ${String(status)}: ${stderr}`);
  return { ms, output: stdout };
}

/** Reads the csv of a statistic or an aggregation, and of the summary below it. */
export function readAnswer(output: string, { args }: NfdumpQuestion): NfdumpAnswer {
  const blocks = output.split(/\n(?=Summary)/);
  const summary = blocks[1]?.trim().split("\n");
  const totals = summary && column(summary[1]!, summary[2]!);
  const lines = blocks[0]!.trim().split("\n");
  const header = lines.findIndex((line) => line.startsWith("ts,"));
  const names = lines[header]?.split(",") ?? [];
  const keys = args[0] === "-A" ? ["sa", "da"] : ["val"];
  const [flows, packets, bytes] = args[0] === "-A" ? (["", "ipkt", "ibyt"] as const) : (["fl", "pkt", "byt"] as const);
  const groups = lines.slice(header + 1).map((line) => {
    const values = line.split(",");
    const value = (name: string): string => values[names.indexOf(name)] ?? "";
    return { key: keys.map(value).join(" "), flows: Number(value(flows)), packets: Number(value(packets)), bytes: Number(value(bytes)) };
  });
  return { groups, totals };
}

function column(header: string, line: string): Totals {
  const names = header.split(",");
  const values = line.split(",");
  const of = (name: string): number => Number(values[names.indexOf(name)]);
  return { flows: of("flows"), bytes: of("bytes"), packets: of("packets") };
}
