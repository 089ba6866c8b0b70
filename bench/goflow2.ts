/**
 * goflow2 as the decode bench's peer: found in the PATH or installed into a folder of its own, started on loopback with the cheapest output
 * it has (protobuf to /dev/null; it cannot decode without producing), asked by its metrics what it processed.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../server/src/testing/free-port.ts";
import type { Workload } from "./decode-workloads.ts";

export const GOFLOW2_VERSION = "v2.2.6";
const MODULE = `github.com/netsampler/goflow2/v2/cmd/goflow2@${GOFLOW2_VERSION}`;
const INSTALL_TIMEOUT_MS = 300_000;
const START_TIMEOUT_MS = 10_000;

export interface Goflow2 {
  readonly pid: number;
  readonly ports: Readonly<Record<Workload["protocol"], number>>;
  /** Datagrams it has processed so far. */
  processed(protocol: Workload["protocol"]): Promise<number>;
  stop(): Promise<void>;
}

/** Starts goflow2; a sentence that says why not where that cannot be. */
export async function startGoflow2(): Promise<Goflow2 | string> {
  const folder = mkdtempSync(path.join(tmpdir(), "sillage-goflow2-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const program = findProgram(folder);
  if (typeof program !== "string") {
    removeFolder();
    return program.missing;
  }
  const [netflow, sflow, http] = [await freePort(), await freePort(), await freePort()];
  const listen = `netflow://127.0.0.1:${netflow}?count=1,sflow://127.0.0.1:${sflow}?count=1`;
  const child = spawn(
    program,
    ["-addr", `127.0.0.1:${http}`, "-listen", listen, "-format", "bin", "-transport.file", "/dev/null", "-loglevel", "error"],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    removeFolder();
  };
  const metrics = `http://127.0.0.1:${http}/metrics`;
  if (!(await answers(metrics, child))) {
    await stop();
    return `${program} did not start`;
  }
  return {
    pid: child.pid!,
    ports: { netflow, sflow },
    processed: async (protocol) =>
      sumOf(await (await fetch(metrics)).text(), `goflow2_flow_process_${protocol === "sflow" ? "sf" : "nf"}_total`),
    stop,
  };
}

function findProgram(folder: string): string | { readonly missing: string } {
  const inPath = run("sh", ["-c", "command -v goflow2"])?.trim();
  if (inPath !== undefined && inPath !== "") return inPath;
  if (run("go", ["version"]) === undefined) return { missing: "neither goflow2 nor go is in the PATH" };
  const installed = run("go", ["install", MODULE], { ...process.env, GOBIN: folder });
  return installed === undefined ? { missing: `go install ${MODULE} failed` } : path.join(folder, "goflow2");
}

/** What the command printed; undefined when it failed. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string | undefined {
  try {
    return execFileSync(command, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: INSTALL_TIMEOUT_MS });
  } catch {
    return undefined;
  }
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (const until = performance.now() + START_TIMEOUT_MS; performance.now() < until && child.exitCode === null;) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Sum of a metric over its labels. */
function sumOf(text: string, metric: string): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
