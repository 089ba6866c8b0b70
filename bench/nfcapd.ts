/**
 * nfcapd and sfcapd as the ingest bench's peers (Debian packages nfdump and nfdump-sflow), found in the PATH. Each trial has a process and
 * a folder of its own; what it stored is counted by nfdump, which reads every record. It writes without fsync and, in version 1.7, without compression.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { freePort } from "../server/src/testing/free-port.ts";
import { pause, type Received, type TrialReceiver } from "./ingest-trial.ts";
import { cpuSeconds, memoryMiB, udpSocket } from "./process-facts.ts";
import type { IngestProtocol } from "./prepared-datagrams.ts";

const START_TIMEOUT_MS = 5_000;
/** It has read everything when its receive buffer was empty for so long. */
const QUIET_MS = 300;
/** No file is rotated within a trial. Unit: s. */
const ROTATION_SECONDS = 3_600;
const SETTLE_TIMEOUT_MS = 30_000;

/** Its version; a sentence that says what is missing where it cannot be used. */
export function findNfcapd(protocol: IngestProtocol): { readonly version: string } | { readonly missing: string } {
  for (const program of [programOf(protocol), "nfdump"]) {
    const { status, stdout, error } = spawnSync(program, ["-V"], { encoding: "utf8" });
    if (error || status !== 0) {
      const debianPackage = program === "sfcapd" ? "nfdump-sflow" : "nfdump";
      return { missing: `${program} is not in the PATH (Debian and Ubuntu: apt-get install ${debianPackage})` };
    }
    if (program !== "nfdump") continue;
    return { version: /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? "unknown" };
  }
  throw new Error("unreachable");
}

function programOf(protocol: IngestProtocol): "nfcapd" | "sfcapd" {
  return protocol === "sflow" ? "sfcapd" : "nfcapd";
}

export class Nfcapd implements TrialReceiver {
  readonly #program: "nfcapd" | "sfcapd";
  readonly #root: string;
  readonly #receiveBuffer: number;
  #process: ChildProcess | undefined;
  #folder = "";
  #port = 0;

  constructor(protocol: IngestProtocol, options: { readonly root: string; readonly receiveBuffer: number }) {
    this.#program = programOf(protocol);
    this.#root = options.root;
    this.#receiveBuffer = options.receiveBuffer;
  }

  /** Where the last trial's files are; the next `begin` removes them. */
  get folder(): string {
    return this.#folder;
  }

  async begin(): Promise<number> {
    this.clear();
    this.#folder = mkdtempSync(path.join(this.#root, `${this.#program}-`));
    this.#port = await freePort();
    const args = ["-w", this.#folder, "-b", "127.0.0.1", "-p", this.#port, "-B", this.#receiveBuffer, "-t", ROTATION_SECONDS].map(String);
    const child = spawn(this.#program, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const until = performance.now() + START_TIMEOUT_MS;
    while (!said.includes("Startup")) {
      if (child.exitCode !== null || performance.now() > until) throw new Error(`${this.#program} did not start: ${said}`);
      await pause(10);
    }
    return this.#port;
  }

  async end(): Promise<Received> {
    const child = this.#process!;
    const pid = child.pid!;
    await this.#quiet(pid);
    const facts = { cpuSeconds: cpuSeconds(pid), peakMiB: memoryMiB(pid).peak, kernelDrops: udpSocket(this.#port).drops };
    await this.stop();
    return { ...facts, storedFlows: countFlows(this.#folder) };
  }

  /** Ends it: it writes what it holds and gives the file its name. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    await ended;
  }

  clear(): void {
    if (this.#folder !== "") rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = "";
  }

  /** Until the receive buffer is empty and the process does nothing any more. */
  async #quiet(pid: number): Promise<void> {
    let used = -1;
    for (const until = performance.now() + SETTLE_TIMEOUT_MS; performance.now() < until;) {
      await pause(QUIET_MS);
      const now = cpuSeconds(pid);
      if (udpSocket(this.#port).waitingBytes === 0 && now === used) return;
      used = now;
    }
  }
}

/** Flows in nfcapd's files, read by nfdump record by record. */
export function countFlows(folder: string): number {
  const out = execFileSync("nfdump", ["-R", folder, "-s", "proto/flows", "-n", "1"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return Number(/Total flows processed: (\d+)/.exec(out)?.[1] ?? NaN);
}

/** Bytes a flow of the files, as they are and written anew by nfdump with each compression it has. */
export function fileSizes(folder: string, flows: number): Readonly<Record<string, number>> {
  const bytesOf = (in_: string): number => readdirSync(in_).reduce((sum, file) => sum + statSync(path.join(in_, file)).size, 0);
  const sizes: Record<string, number> = { none: bytesOf(folder) / flows };
  const help = spawnSync("nfdump", ["-h"], { encoding: "utf8" });
  const options = { lz4: "-y", lzo: "-z", ...(/-z=zstd|ZSTD/i.test(help.stdout + help.stderr) && { zstd: "-z=zstd" }) };
  for (const [name, option] of Object.entries(options)) {
    const target = mkdtempSync(path.join(path.dirname(folder), "rewritten-"));
    try {
      execFileSync("nfdump", ["-R", folder, option, "-w", path.join(target, "flows")], { stdio: "ignore" });
      sizes[name] = bytesOf(target) / flows;
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  }
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, Math.round(size * 10) / 10]));
}
