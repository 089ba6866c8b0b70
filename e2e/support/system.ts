/** Starts the built system as a user does (`sillage serve`), in a temporary folder and on free ports, and ends it in order. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { FlowQueryInput, Frame } from "@sillage/model";
import { freePort } from "../../server/src/testing/free-port.ts";
import { REPOSITORY } from "./needs.ts";

export const BUNDLE = path.join(REPOSITORY, "server/dist/sillage.mjs");

export interface QueryResult {
  status: number;
  frames: Frame[];
  error?: { code: string; message: string; position?: { offset: number; length: number } };
}

export interface System {
  readonly folder: string;
  /** Of the supervisor. */
  readonly pid: number;
  readonly url: string;
  readonly udpPort: number;
  readonly configFile: string;
  /** Everything the process wrote. */
  output(): string;
  query(
    range: { from: number; to: number },
    queries: Record<string, FlowQueryInput & { intervalMs?: number; maxDataPoints?: number }>,
  ): Promise<Record<string, QueryResult>>;
  get(resource: string): Promise<unknown>;
  /** Ends it in order and removes its folder, unless that is still needed. */
  stop(options?: { readonly keepFolder: boolean }): Promise<void>;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls `probe` until it returns something other than undefined; throws with `what` when it does not within `timeoutMs`. */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs = 90_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      lastError = error;
    }
    await delay(250);
  }
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: lastError });
}

/**
 * Starts everything and waits until the API says that it is up.
 * @param args arguments of `sillage serve`
 * @param apiOptions more YAML lines below `api:`, given the system's folder
 */
export async function startSystem(args: readonly string[] = [], apiOptions: (folder: string) => string[] = () => []): Promise<System> {
  if (!existsSync(BUNDLE)) throw new Error("server/dist/sillage.mjs is missing: run `npm run build` first");
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-e2e-"));
  const [apiPort, statusPort, udpPort] = [await freePort(), await freePort(), await freePort()];
  const configFile = path.join(folder, "sillage.yaml");
  writeFileSync(
    configFile,
    [
      `data: ${path.join(folder, "data")}`,
      "collector:",
      "  listen:",
      `    - { host: "127.0.0.1", port: ${udpPort}, tcp: true }`,
      "  status:",
      `    port: ${statusPort}`,
      "api:",
      `  port: ${apiPort}`,
      ...apiOptions(folder),
      "",
    ].join("\n"),
  );
  const child: ChildProcess = spawn(process.execPath, [BUNDLE, "serve", "--config", configFile, ...args], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${apiPort}`;

  const system: System = {
    folder,
    pid: child.pid!,
    url,
    udpPort,
    configFile,
    output: () => output,
    async query(range, queries) {
      const body = {
        ...range,
        queries: Object.entries(queries).map(([refId, query]) => ({ intervalMs: 60_000, maxDataPoints: 1000, ...query, refId })),
      };
      const response = await fetch(`${url}/api/v1/query`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { results?: Record<string, QueryResult> };
      if (!answer.results) throw new Error(`query answered ${response.status}: ${JSON.stringify(answer)}`);
      return answer.results;
    },
    async get(resource) {
      const response = await fetch(`${url}${resource}`);
      return response.json();
    },
    async stop({ keepFolder } = { keepFolder: false }) {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
      if (!keepFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    const early = ended.then(() => {
      throw new Error(`sillage ended with ${String(child.exitCode)}`);
    });
    const up = waitFor("the API", async () => {
      const health = (await system.get("/api/v1/health")) as { status?: string };
      return health.status === "up" ? health : undefined;
    });
    await Promise.race([up, early]);
    early.catch(() => undefined); // its end is no failure any more
    return system;
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`sillage did not start:\n${output}`, { cause: error });
  }
}

/** Rows of a frame as objects. */
export function frameRows(frame: Frame): Record<string, string | number | null>[] {
  const names = frame.schema.fields.map((field) => field.name);
  const length = frame.data.values[0]?.length ?? 0;
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(names.map((name, column) => [name, frame.data.values[column]?.[row] ?? null])),
  );
}
