/**
 * Loads the spool's segments into the store, each exactly once. The only link to the collectors is the folder data/spool.
 *
 *   look at the spool -> plan a batch (plan-batch.ts) -> load it (batch-loader.ts)
 *
 * Of a backlog the newest segments are loaded first, and several batches side by side: one insert uses one core. After an error everything
 * waits, longer each time, and begins with the batches that are open.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { SpoolReader, type WaitingSegment } from "../../spool/index.ts";
import { BatchLoader, type BatchLoaderDeps, type LoaderLog } from "./batch-loader.ts";
import type { LoaderConfig } from "./config.ts";
import { planBatch } from "./plan-batch.ts";

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;
/** How often the spool is looked at while batches are inserted. */
const LOOK_EVERY_MS = 1_000;
/** Another batch is begun beside a running one only when it would be so full: small inserts cost more per row. */
const MIN_FILL_BESIDE = 0.25;

export type LoaderDeps = Pick<BatchLoaderDeps, "store" | "paths"> & { readonly log?: LoaderLog; readonly now?: () => number };

/** Numbers since the start, and of what waits now. */
export interface LoaderStats {
  readonly backlogSegments: number;
  readonly backlogRows: number;
  readonly backlogBytes: number;
  /** Age of the oldest waiting segment, ms; 0 when none waits. */
  readonly oldestAgeMs: number;
  readonly loadedSegments: number;
  readonly loadedRows: number;
  readonly loadedBatches: number;
  /** Segments put into quarantine since the start. */
  readonly quarantined: number;
  /** Segments in the quarantine folder. */
  readonly inQuarantine: number;
  readonly errors: number;
  /** Why the loader waits now; undefined when all is well. */
  readonly failing: string | undefined;
  /** When the last batch was acknowledged, epoch ms. */
  readonly lastLoadedMs: number | undefined;
}

export interface Loader {
  /** Begins to look at the spool. */
  start(): void;
  /** Loads what is there, at most so long, and stops. */
  stop(deadlineMs: number): Promise<void>;
  /**
   * Loads what waits now.
   * @returns rows loaded
   * @throws the error of the first batch that has to be tried again
   */
  runOnce(): Promise<number>;
  stats(): LoaderStats;
}

/** Does nothing before `start` or `runOnce`. */
export function createLoader(config: LoaderConfig, deps: LoaderDeps): Loader {
  return new SpoolLoader(config, deps);
}

class SpoolLoader implements Loader {
  readonly #config: LoaderConfig;
  readonly #deps: LoaderDeps;
  readonly #now: () => number;
  readonly #reader: SpoolReader;
  readonly #batches: BatchLoader;
  #waiting: readonly WaitingSegment[] = [];
  /** Files of the batches that are being inserted; they are among `#waiting` until they are stored. */
  readonly #taken = new Set<string>();
  /** Why not all of the spool was seen at the last look. */
  #unreadable: string | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  readonly #wake = new AbortController();

  constructor(config: LoaderConfig, deps: LoaderDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    this.#reader = new SpoolReader(deps.paths.spool);
    this.#batches = new BatchLoader({ store: deps.store, paths: deps.paths, log: deps.log, now: this.#now });
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#wake.abort();
    const late = new AbortController();
    await Promise.race([this.#loop, sleep(deadlineMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined)]);
    late.abort();
  }

  async runOnce(): Promise<number> {
    const before = this.#batches.counts.rows;
    await this.#batches.settleOpen();
    this.#waiting = await this.#reader.list();
    await this.#loadWaiting();
    const { unreadable } = this.#reader;
    this.#batches.forgetFailure();
    this.#unreadable = unreadable.length === 0 ? undefined : `folders of the spool cannot be read: ${unreadable.join(", ")}`;
    return this.#batches.counts.rows - before;
  }

  stats(): LoaderStats {
    const oldest = this.#waiting[0];
    const { segments, rows, batches, quarantined, inQuarantine, errors, lastLoadedMs } = this.#batches.counts;
    return {
      backlogSegments: this.#waiting.length,
      backlogRows: rowsOf(this.#waiting),
      backlogBytes: this.#waiting.reduce((sum, segment) => sum + segment.bytes, 0),
      oldestAgeMs: oldest === undefined ? 0 : Math.max(0, this.#now() - oldest.writtenMs),
      loadedSegments: segments,
      loadedRows: rows,
      loadedBatches: batches,
      quarantined,
      inQuarantine,
      errors,
      failing: this.#batches.failing ?? this.#unreadable,
      lastLoadedMs,
    };
  }

  /** Looks, loads, sleeps; after an error it sleeps longer each time. Ends when it was told to stop and nothing is left, or fails then. */
  async #run(): Promise<void> {
    let retryMs = RETRY_MIN_MS;
    for (;;) {
      const last = this.#stopping;
      try {
        const rows = await this.runOnce();
        retryMs = RETRY_MIN_MS;
        if (last) return;
        // Much may have come during a long insert.
        if (rows === 0) await this.#sleep(this.#config.pollEvery);
      } catch (error) {
        if (last) return;
        await this.#sleep(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
        this.#deps.log?.warn({ component: "loader", err: error, retryMs }, "loading failed, trying again");
        // What arrives meanwhile counts as backlog.
        this.#waiting = await this.#reader.list().catch(() => this.#waiting);
      }
    }
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  /**
   * Loads until nothing waits.
   * @throws the first error, after the batches beside it have ended
   */
  async #loadWaiting(): Promise<void> {
    const running = new Set<Promise<void>>();
    const errors: unknown[] = [];
    for (;;) {
      while (errors.length === 0 && running.size < this.#config.parallelBatches) {
        const free = this.#waiting.filter(({ file }) => !this.#taken.has(file));
        if (rowsOf(free) < (running.size === 0 ? 1 : this.#config.maxBatchRows * MIN_FILL_BESIDE)) break;
        const batch: Promise<void> = this.#loadNext(free)
          .catch((error: unknown) => void errors.push(error))
          .finally(() => running.delete(batch));
        running.add(batch);
      }
      if (running.size === 0) break;
      await Promise.race([...running, sleep(LOOK_EVERY_MS, undefined, { ref: false })]);
      // What came meanwhile goes before what is left.
      if (errors.length === 0) this.#waiting = await this.#reader.list();
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Plans, checks, writes down and inserts one batch of what is free; takes what was settled off `#waiting`. */
  async #loadNext(free: readonly WaitingSegment[]): Promise<void> {
    const planned = planBatch(free, { maxRows: this.#config.maxBatchRows, maxSegments: this.#config.maxBatchSegments });
    for (const { file } of planned) this.#taken.add(file);
    try {
      const settled = new Set(await this.#batches.load(planned));
      this.#waiting = this.#waiting.filter(({ file }) => !settled.has(file));
    } finally {
      for (const { file } of planned) this.#taken.delete(file);
    }
  }
}

function rowsOf(segments: readonly WaitingSegment[]): number {
  return segments.reduce((sum, { name }) => sum + name.rows, 0);
}
