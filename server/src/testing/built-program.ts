/** The built program as people start it, for tests: in a folder of its own, on free ports, ended after each test. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./free-port.ts";

const ROOT = path.resolve(__dirname, "../../..");
export const BUNDLE = path.join(ROOT, "server/dist/sillage.mjs");

export interface Ports {
  readonly udp: number;
  readonly api: number;
  readonly status: number;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  /** Everything it wrote. */
  readonly output: () => string;
}

/** The part of `health` that tests look at. */
export interface Health {
  readonly status: string;
  readonly restarts: Readonly<Record<string, number>>;
  readonly collector: { readonly startedMs: number; readonly listening: readonly { readonly datagrams: number }[] } | null;
  readonly loader: { readonly loadedRows: number; readonly backlogRows: number } | null;
}

export interface BuiltProgram {
  /** Folder of the test at hand. */
  folder(): string;
  run(args: readonly string[], env?: NodeJS.ProcessEnv): RunningProgram;
  /** `serve` with these options, waited for until it is up and the collector has told of itself. */
  serve(options?: {
    readonly data?: string;
    readonly set?: readonly string[];
    readonly wantStatus?: string;
  }): Promise<RunningProgram & { readonly ports: Ports; readonly data: string }>;
}

/** Builds the program before the tests of a file; gives each test a folder and ends what it started. */
export function useBuiltProgram(): BuiltProgram {
  let folder = "";
  const children = new Set<ChildProcess>();
  beforeAll(() => {
    const built = spawnSync(process.execPath, [path.join(ROOT, "scripts/build.mjs"), "server"], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(built.stderr);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sillage-program-"));
  });
  afterEach(async () => {
    await Promise.all([...children].map((child) => endOf(child, "SIGKILL")));
    children.clear();
    // The children of a killed supervisor end by themselves a moment later.
    await until("the folder is free", () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve(true);
    });
  });

  function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningProgram {
    const child = spawn(process.execPath, [BUNDLE, ...args], {
      cwd: folder,
      env: { ...process.env, SILLAGE_CONFIG: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return { child, output: () => output };
  }

  return {
    folder: () => folder,
    run,
    async serve({ data = path.join(folder, "data"), set = [], wantStatus = "up" } = {}) {
      const ports = await freePorts();
      const program = run(["serve", ...settings(ports, data), ...set.flatMap((each) => ["--set", each])]);
      await until("it is up", async () => {
        if (program.child.exitCode !== null) throw new Error(program.output());
        const now = await health(ports);
        return now.status === wantStatus && now.collector !== null ? true : undefined;
      });
      return { ...program, ports, data };
    },
  };
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until there is an answer; errors mean "not yet". */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  let lastError: unknown;
  while (Date.now() < endMs) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      lastError = error;
    }
    await pause(100);
  }
  throw new Error(`waited in vain: ${what}`, { cause: lastError });
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Exit code of a process, after a signal when one is given; null when it was killed. */
export function endOf(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    child.once("exit", (code) => resolve(code));
    if (signal) child.kill(signal);
  });
}

export async function freePorts(): Promise<Ports> {
  return { udp: await freePort(), api: await freePort(), status: await freePort() };
}

/** Options that keep a program to its folder and ports. */
export function settings({ udp, api, status }: Ports, data: string): string[] {
  const values = [
    `data=${data}`,
    `collector.listen=[{host: 127.0.0.1, port: ${udp}}]`,
    `collector.status.port=${status}`,
    `api.port=${api}`,
    "api.host=127.0.0.1",
  ];
  return values.flatMap((each) => ["--set", each]);
}

export async function health({ api }: Ports): Promise<Health> {
  return (await (await fetch(`http://127.0.0.1:${api}/api/v1/health`)).json()) as Health;
}

/** Flows in the database, counted by a query of the API. */
export async function storedFlows({ api }: Ports): Promise<number> {
  const query = { refId: "A", view: "stat", measures: ["flows"], intervalMs: 60_000, maxDataPoints: 100 };
  const response = await fetch(`http://127.0.0.1:${api}/api/v1/query`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ from: Date.now() - 600_000, to: Date.now() + 60_000, queries: [query] }),
  });
  const { results } = (await response.json()) as { results: { A: { frames: { data: { values: number[][] } }[] } } };
  return results.A.frames[0]?.data.values[0]?.[0] ?? 0;
}

/** A NetFlow v5 datagram with one record: 24 bytes of header, 48 of record, of which only the counters matter here. */
function netflow5(): Buffer {
  const datagram = Buffer.alloc(72);
  datagram.writeUInt16BE(5, 0);
  datagram.writeUInt16BE(1, 2);
  datagram.writeUInt32BE(Math.floor(Date.now() / 1000), 8);
  datagram.writeUInt32BE(1, 24 + 16);
  datagram.writeUInt32BE(100, 24 + 20);
  return datagram;
}

/** Sends so many flows, one a datagram, over loopback. */
export async function sendFlows(port: number, count: number): Promise<void> {
  const socket = createSocket("udp4");
  for (let i = 0; i < count; i++) await new Promise((resolve) => socket.send(netflow5(), port, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
