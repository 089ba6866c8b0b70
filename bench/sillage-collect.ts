/** `sillage collect` as users run it, in a process of its own: the collector without anybody who loads what it writes. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { BUNDLE } from "../e2e/support/system.ts";
import type { ReceiveWay } from "../server/src/collect/receive-socket.ts";
import { parseSegmentName, SEGMENT_SUFFIX } from "../server/src/spool/index.ts";
import { freePort } from "../server/src/testing/free-port.ts";
import { pause, type Received, type TrialReceiver } from "./ingest-trial.ts";
import { cpuSeconds, memoryMiB, udpSocket } from "./process-facts.ts";

const COLLECTOR = "bench";
/** Beyond spool.closeAfter and a slow fsync: what is not durable by then is lost. */
const QUIET_MS = 2_000;

export interface CollectOptions {
  readonly root: string;
  readonly receiveBuffer: number;
  readonly receive: ReceiveWay;
  /** Options of Node in front of the program. */
  readonly nodeOptions?: readonly string[];
  /** The program; another build, to compare with. @default this checkout's */
  readonly bundle?: string;
}

export class SillageCollect implements TrialReceiver {
  readonly #process: ChildProcess;
  readonly #pid: number;
  readonly #port: number;
  readonly #spool: string;
  #before = { cpuSeconds: 0, drops: 0 };

  private constructor(process: ChildProcess, options: { readonly port: number; readonly spool: string }) {
    this.#process = process;
    this.#pid = process.pid!;
    this.#port = options.port;
    this.#spool = options.spool;
  }

  static async start({ root, receiveBuffer, receive, nodeOptions = [], bundle = BUNDLE }: CollectOptions): Promise<SillageCollect> {
    const folder = path.join(root, "collect");
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const configFile = path.join(folder, "sillage.yaml");
    const config = {
      data: path.join(folder, "data"),
      collector: {
        name: COLLECTOR,
        listen: [{ host: "127.0.0.1", port }],
        receiveBuffer: `${receiveBuffer}B`,
        receive,
        status: { port: await freePort() },
      },
    };
    writeFileSync(configFile, JSON.stringify(config)); // JSON is YAML
    const child = spawn(process.execPath, [...nodeOptions, bundle, "collect", "--config", configFile], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes("Sillage collects")) {
      if (child.exitCode !== null) throw new Error(`sillage collect did not start:\n${output}`);
      await pause(20);
    }
    return new SillageCollect(child, { port, spool: path.join(config.data, "spool", COLLECTOR) });
  }

  begin(): Promise<number> {
    this.#before = { cpuSeconds: cpuSeconds(this.#pid), drops: udpSocket(this.#port).drops };
    return Promise.resolve(this.#port);
  }

  async end(sentFlows: number): Promise<Received> {
    let stored = 0;
    for (let quietSince = performance.now(); stored < sentFlows && performance.now() - quietSince < QUIET_MS;) {
      await pause(100);
      const now = this.#durableFlows();
      if (now === stored) continue;
      stored = now;
      quietSince = performance.now();
    }
    const received = {
      storedFlows: stored,
      cpuSeconds: cpuSeconds(this.#pid) - this.#before.cpuSeconds,
      kernelDrops: udpSocket(this.#port).drops - this.#before.drops,
      peakMiB: memoryMiB(this.#pid).peak,
    };
    for (const file of readdirSync(this.#spool)) if (!file.endsWith(".tmp")) rmSync(path.join(this.#spool, file), { force: true });
    return received;
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#process.once("exit", () => resolve()));
    this.#process.kill("SIGTERM");
    await ended;
  }

  /** Rows of the segments that have their final names. */
  #durableFlows(): number {
    return readdirSync(this.#spool)
      .filter((file) => file.endsWith(SEGMENT_SUFFIX))
      .map(parseSegmentName)
      .reduce((sum, name) => sum + (name?.table === "flows" ? name.rows : 0), 0);
  }
}
