/** The built system (`sillage serve`: supervisor, collector, server) in a folder of its own, and the ways to harm it. */
import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseSegmentName, type SegmentName } from "../../server/src/spool/index.ts";
import { freePort } from "../../server/src/testing/free-port.ts";
import { BUNDLE, waitFor } from "../support/system.ts";
import { childOf, isReadUp, isRunning, kernelDrops, listensOn, signal } from "./processes.ts";

export type ProcessName = "supervisor" | "collector" | "server";
export const PROCESSES: readonly ProcessName[] = ["supervisor", "collector", "server"];

export interface SystemOptions {
  /** More options of the configuration, as `--set` takes them. */
  readonly set?: readonly string[];
  /** Environment of the processes, beside that of the test. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface WaitingFile {
  readonly name: SegmentName;
  readonly file: string;
}

/** How long a process holds in memory what it has read: the age of a segment and the time to write one on a busy machine. Unit: ms. */
export const HELD_IN_MEMORY_MS = 2_000;
/** How often it is looked whether a collector listens. Unit: ms. */
const WATCH_MS = 50;
const UP_MS = 60_000;
const LOADED_MS = 240_000;
const END_MS = 30_000;

/** A time in which no collector listened, and the memory of the one before was lost. */
export interface Deafness {
  /** When the last collector was killed, epoch ms. */
  readonly fromMs: number;
  /** When the next one listened; undefined while none does. */
  toMs: number | undefined;
  /** What was sent from then on may have been in the killed collector's memory or socket; `fromMs` when it ended in order. */
  readonly heldFromMs: number;
}

export class SystemUnderFault {
  readonly folder: string;
  readonly udpPort: number;
  /** Times without a collector, in order. */
  readonly deaf: Deafness[] = [];
  readonly #apiPort: number;
  readonly #statusPort: number;
  readonly #options: SystemOptions;
  readonly #started = new Set<number>();
  readonly #watch: NodeJS.Timeout;
  /** Datagrams that the kernel dropped, by socket. */
  readonly #kernelDrops = new Map<string, number>();
  /** When nothing waited in the collector's socket, the last time. */
  #readUpMs = Date.now();
  readonly #seenManifests = new Set<string>();
  /** Rows of the largest batch that was seen while it was open. */
  largestBatch = 0;
  /** Collectors that were told to end, or lost their parent: they may listen for a moment more. */
  readonly #condemned = new Set<number>();
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(ports: { readonly api: number; readonly status: number; readonly udp: number }, options: SystemOptions) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), "sillage-faults-"));
    this.udpPort = ports.udp;
    this.#apiPort = ports.api;
    this.#statusPort = ports.status;
    this.#options = options;
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
  }

  /** Chooses ports and folder; starts nothing. */
  static async prepare(options: SystemOptions = {}): Promise<SystemUnderFault> {
    const [api, status, udp] = [await freePort(), await freePort(), await freePort()];
    return new SystemUnderFault({ api, status, udp }, options);
  }

  static async start(options: SystemOptions = {}): Promise<SystemUnderFault> {
    const system = await SystemUnderFault.prepare(options);
    system.launch();
    await system.up();
    return system;
  }

  get data(): string {
    return path.join(this.folder, "data");
  }

  get spool(): string {
    return path.join(this.data, "spool/main");
  }

  get manifests(): string {
    return path.join(this.data, "state/manifests");
  }

  get url(): string {
    return `http://127.0.0.1:${this.#apiPort}`;
  }

  /** Everything that all processes wrote. */
  get output(): string {
    return this.#output;
  }

  /** What the last process to write wrote last. */
  get lastLine(): string {
    return this.#output.trim().split("\n").at(-1) ?? "";
  }

  /** Exit code or signal of the last supervisor; undefined while it runs. */
  get ended(): string | undefined {
    if (this.#child === undefined) return "never started";
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null ? undefined : String(exitCode ?? signalCode);
  }

  /** Makes the data folder before the program does. */
  makeDataFolder(): void {
    mkdirSync(this.data, { recursive: true });
  }

  /** Starts the program; returns at once. */
  launch(command: "serve" | "collect" = "serve"): void {
    const settings = [
      `data=${this.data}`,
      `collector.listen=[{host: 127.0.0.1, port: ${this.udpPort}}]`,
      `collector.status.port=${this.#statusPort}`,
      `api.port=${this.#apiPort}`,
      "api.host=127.0.0.1",
      ...(this.#options.set ?? []),
    ];
    const child = spawn(process.execPath, [BUNDLE, command, ...settings.flatMap((each) => ["--set", each])], {
      cwd: this.folder,
      env: { ...process.env, SILLAGE_CONFIG: "", ...this.#options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer): void => {
      this.#output += chunk.toString();
      appendFileSync(path.join(this.folder, "output.log"), chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    this.#child = child;
    if (child.pid !== undefined) this.#started.add(child.pid);
  }

  pid(name: ProcessName): number | undefined {
    const supervisor = this.#child?.pid;
    if (supervisor === undefined || this.ended !== undefined) return undefined;
    const pid = name === "supervisor" ? supervisor : childOf(supervisor, name);
    if (pid !== undefined) this.#started.add(pid);
    return pid;
  }

  /** Sends a signal to each that runs; returns those. Killing the collector begins a time without one. */
  signal(names: readonly ProcessName[], what: NodeJS.Signals): ProcessName[] {
    // All pids before the first signal: without its parent a child is not found.
    const pids = PROCESSES.map((name) => [name, this.pid(name)] as const);
    const hit = pids.filter((found): found is [ProcessName, number] => found[1] !== undefined && names.includes(found[0]));
    // Without its parent a collector ends in order.
    const endsCollector = what === "SIGKILL" || what === "SIGTERM" ? hit.some(([name]) => name !== "server") : false;
    const collector = pids.find(([name]) => name === "collector")?.[1];
    if (endsCollector && collector !== undefined) this.#condemned.add(collector);
    if (endsCollector) this.noteDeaf(!(what === "SIGKILL" && hit.some(([name]) => name === "collector")));
    for (const [, pid] of hit) signal(pid, what);
    return hit.map(([name]) => name);
  }

  /** From now on no collector listens. */
  noteDeaf(inOrder: boolean): void {
    const fromMs = Date.now();
    if (isReadUp(this.udpPort)) this.#readUpMs = fromMs;
    this.deaf.push({ fromMs, toMs: undefined, heldFromMs: inOrder ? fromMs : this.#readUpMs - HELD_IN_MEMORY_MS });
  }

  /** Waits for the supervisor's end. */
  async end(): Promise<string> {
    return waitFor("the supervisor's end", () => Promise.resolve(this.ended), END_MS);
  }

  /**
   * Waits until API and collector answer.
   * @throws Error with the output when the supervisor ended instead
   */
  async up(wantStatus = "up"): Promise<void> {
    await waitFor(
      "the system to be up",
      async () => {
        if (this.ended !== undefined) return true;
        const { status } = (await this.get("/api/v1/health")) as { status: string };
        return status === wantStatus && this.#isListening() ? true : undefined;
      },
      UP_MS,
    ).catch((error: unknown) => {
      throw new Error(`the system did not come up:\n${this.#output.slice(-4_000)}`, { cause: error });
    });
    if (this.ended !== undefined)
      throw new Error(`the system ended with ${this.ended}:
${this.#output.slice(-4_000)}`);
    this.#look();
  }

  /** Datagrams that the kernel dropped because a receive buffer was full. */
  get kernelDrops(): number {
    return [...this.#kernelDrops.values()].reduce((sum, drops) => sum + drops, 0);
  }

  /** Waits until a collector listens, with or without a server. */
  async listens(): Promise<void> {
    await waitFor("a collector to listen", () => Promise.resolve(this.#isListening() ? true : undefined), UP_MS);
    this.#look();
  }

  /** By the kernel's word: an orphan that is about to end may still have the status page. */
  #isListening(): boolean {
    const pid = this.pid("collector") ?? this.#alone();
    return pid !== undefined && !this.#condemned.has(pid) && listensOn(pid, this.udpPort);
  }

  /** `sillage collect` has no children. */
  #alone(): number | undefined {
    return this.ended === undefined ? this.#child?.pid : undefined;
  }

  #look(): void {
    this.#lookAtManifests();
    if (isReadUp(this.udpPort)) this.#readUpMs = Date.now();
    for (const [socket, drops] of kernelDrops(this.udpPort)) this.#kernelDrops.set(socket, drops);
    const open = this.deaf.filter(({ toMs }) => toMs === undefined);
    if (open.length > 0 && this.#isListening()) for (const one of open) one.toMs = Date.now();
  }

  #lookAtManifests(): void {
    if (!existsSync(this.manifests)) return;
    for (const name of readdirSync(this.manifests)) {
      if (!name.endsWith(".json") || this.#seenManifests.has(name)) continue;
      this.#seenManifests.add(name);
      try {
        const { rows } = JSON.parse(readFileSync(path.join(this.manifests, name), "utf8")) as { rows: number };
        this.largestBatch = Math.max(this.largestBatch, rows);
      } catch {
        // It was settled meanwhile.
      }
    }
  }

  async get(resource: string): Promise<unknown> {
    return (await fetch(`${this.url}${resource}`)).json();
  }

  /** Segments that wait in the collector's folder. */
  waiting(): WaitingFile[] {
    if (!existsSync(this.spool)) return [];
    return readdirSync(this.spool).flatMap((base) => {
      const name = parseSegmentName(base);
      return name === undefined ? [] : [{ name, file: path.join(this.spool, base) }];
    });
  }

  /** Segments put aside, with the reason. */
  quarantined(): { readonly file: string; readonly reason: string }[] {
    const folder = path.join(this.data, "spool/quarantine");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith(".reason.json"))
      .map((name) => JSON.parse(readFileSync(path.join(folder, name), "utf8")) as { file: string; reason: string });
  }

  /** Files that an orderly end leaves behind and should not: segments, halves of segments, manifests. */
  debris(): string[] {
    return [this.spool, this.manifests].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder).map((name) => path.relative(this.data, path.join(folder, name))) : [],
    );
  }

  /** Waits until nothing waits in the spool: all that was sent before is stored, or put aside. */
  async loaded(timeoutMs = LOADED_MS): Promise<void> {
    // What is in the collector's memory comes within the age of a segment.
    await sleep(HELD_IN_MEMORY_MS);
    await waitFor(
      "the spool to be empty",
      () => {
        const isEmpty = this.waiting().every(({ name }) => name.table !== "flows") && readdirSync(this.manifests).length === 0;
        return Promise.resolve(isEmpty ? true : undefined);
      },
      timeoutMs,
    );
  }

  /** Ends the system as an operator does. @throws Error when it does not end well */
  async stop(): Promise<void> {
    this.signal(["supervisor"], "SIGTERM");
    const end = await this.end();
    if (end !== "0") throw new Error(`the system ended with ${end}:\n${this.#output.slice(-4_000)}`);
  }

  /** Waits until no process of the system is left, orphans included. */
  async gone(): Promise<void> {
    await waitFor("all processes to be gone", () => Promise.resolve([...this.#started].some(isRunning) ? undefined : true), END_MS);
  }

  /** Ends whatever is left, without order. */
  async kill(): Promise<void> {
    for (const name of PROCESSES) this.pid(name);
    for (const pid of this.#started) if (isRunning(pid)) signal(pid, "SIGKILL");
    await this.gone();
  }

  /** Ends whatever is left and deletes the folder; keeps it when asked, to look at. */
  async close({ keep = false } = {}): Promise<void> {
    clearInterval(this.#watch);
    await this.kill();
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}
