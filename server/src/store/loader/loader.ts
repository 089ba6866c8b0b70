/**
 * Loads the spool's segments into the store, each exactly once. The only link to the collectors is the folder data/spool.
 *
 *   look at the spool -> plan a batch -> check its segments -> manifest -> insert -> acknowledge (delete)
 *
 * Of a backlog the newest segments are loaded first (plan-batch.ts), and several batches side by side: one insert uses one core.
 *
 * Invariants: nothing is inserted that is not in a manifest; an open manifest is settled before any newer batch begins; a segment is
 * deleted only after the database counted its rows; what cannot be stored goes into quarantine and holds up nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  checkSegment,
  countQuarantined,
  ManifestFolder,
  parseSegmentName,
  quarantineSegment,
  SpoolReader,
  type Manifest,
  type SegmentColumn,
  type WaitingSegment,
} from "../../spool/index.ts";
import type { ClickHouseStore } from "../clickhouse-store.ts";
import type { DataPaths } from "../data-folder.ts";
import { classifyInsertError } from "./classify-error.ts";
import type { LoaderConfig } from "./config.ts";
import { planBatch } from "./plan-batch.ts";
import { sameColumns, whyNotInsertable } from "./segment-columns.ts";

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;
/** How often the spool is looked at while batches are inserted. */
const LOOK_EVERY_MS = 1_000;
/** Another batch is begun beside a running one only when it would be so full: small inserts cost more per row. */
const MIN_FILL_BESIDE = 0.25;
/** Tries of a batch that fails for a reason that is neither its data nor an outage. With the back-off: about three minutes. */
const MAX_UNKNOWN_TRIES = 20;

export interface LoaderLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LoaderDeps {
  readonly store: Pick<ClickHouseStore, "insertFiles">;
  readonly paths: DataPaths;
  readonly log?: LoaderLog;
  readonly now?: () => number;
}

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

/** A batch on its way; `done` from the moment on that the database has it and that was written down. */
type OpenBatch = Manifest & { done: boolean };

/** Does nothing before `start` or `runOnce`. */
export function createLoader(config: LoaderConfig, deps: LoaderDeps): Loader {
  return new SpoolLoader(config, deps);
}

class SpoolLoader implements Loader {
  readonly #config: LoaderConfig;
  readonly #deps: LoaderDeps;
  readonly #now: () => number;
  readonly #reader: SpoolReader;
  readonly #manifests: ManifestFolder;
  /** Batches to settle before anything newer; undefined until the folder was read. */
  #open: OpenBatch[] | undefined;
  #unknownTries = 0;
  #waiting: readonly WaitingSegment[] = [];
  /** Files of the batches that are being inserted; they are among `#waiting` until they are stored. */
  readonly #taken = new Set<string>();
  readonly #counts = { segments: 0, rows: 0, batches: 0, quarantined: 0, inQuarantine: 0, errors: 0 };
  #failing: string | undefined;
  #lastLoadedMs: number | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  readonly #wake = new AbortController();

  constructor(config: LoaderConfig, deps: LoaderDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    this.#reader = new SpoolReader(deps.paths.spool);
    this.#manifests = new ManifestFolder(deps.paths.manifests, deps.paths.spool);
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
    const before = this.#counts.rows;
    await this.#settleOpen();
    this.#waiting = await this.#reader.list();
    await this.#loadWaiting();
    const { unreadable } = this.#reader;
    this.#failing = unreadable.length === 0 ? undefined : `folders of the spool cannot be read: ${unreadable.join(", ")}`;
    return this.#counts.rows - before;
  }

  stats(): LoaderStats {
    const oldest = this.#waiting[0];
    return {
      backlogSegments: this.#waiting.length,
      backlogRows: rowsOf(this.#waiting),
      backlogBytes: this.#waiting.reduce((sum, segment) => sum + segment.bytes, 0),
      oldestAgeMs: oldest === undefined ? 0 : Math.max(0, this.#now() - oldest.writtenMs),
      loadedSegments: this.#counts.segments,
      loadedRows: this.#counts.rows,
      loadedBatches: this.#counts.batches,
      quarantined: this.#counts.quarantined,
      inQuarantine: this.#counts.inQuarantine,
      errors: this.#counts.errors,
      failing: this.#failing,
      lastLoadedMs: this.#lastLoadedMs,
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

  /** Finishes what an earlier process or an earlier try has begun. */
  async #settleOpen(): Promise<void> {
    if (this.#open === undefined) {
      this.#counts.inQuarantine = await countQuarantined(this.#deps.paths.quarantine);
      const { manifests, unreadable } = await this.#manifests.list();
      for (const file of unreadable) this.#deps.log?.error({ component: "loader", file }, "a manifest cannot be read and is left alone");
      this.#open = manifests;
    }
    for (let manifest = this.#open[0]; manifest !== undefined; manifest = this.#open[0]) {
      if (!manifest.done) await this.#settle(manifest);
      if (manifest.done) await this.#manifests.finish(manifest);
      this.#open.shift();
    }
  }

  async #settle(manifest: OpenBatch): Promise<void> {
    const spoilt = await this.#whySpoilt(manifest.files);
    if (spoilt === undefined) await this.#insert(manifest);
    else await this.#discard(manifest, `the batch cannot be repeated: ${spoilt}`);
  }

  /** Why a batch is not what it was when its manifest was written. */
  async #whySpoilt(files: readonly string[]): Promise<string | undefined> {
    for (const file of files) {
      const check = await checkSegment({ name: parseSegmentName(file.slice(file.lastIndexOf("/") + 1))!, file });
      if (check.kind !== "good") return `${file}: ${check.kind === "gone" ? "it is gone" : check.reason}`;
    }
    return undefined;
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
      const settled = new Set(await this.#loadPlanned(planned));
      this.#waiting = this.#waiting.filter(({ file }) => !settled.has(file));
    } finally {
      for (const { file } of planned) this.#taken.delete(file);
    }
  }

  /** @returns the files that wait no longer */
  async #loadPlanned(planned: readonly WaitingSegment[]): Promise<string[]> {
    const { good, columns, settled } = await this.#check(planned);
    if (good.length > 0) {
      const batch = {
        table: good[0]!.name.table,
        columns,
        rows: rowsOf(good),
        files: good.map((segment) => segment.file),
        createdMs: this.#now(),
      };
      const manifest = { ...(await this.#manifests.write(batch)), done: false };
      // In the list while it is tried, so that whatever happens the next run begins with it.
      this.#open!.push(manifest);
      await this.#insert(manifest);
      if (manifest.done) await this.#manifests.finish(manifest);
      this.#open!.splice(this.#open!.indexOf(manifest), 1);
    }
    return [...settled, ...good].map(({ file }) => file);
  }

  /** Sorts a planned batch: the good ones of one column list, and those that are settled by being moved aside. */
  async #check(
    planned: readonly WaitingSegment[],
  ): Promise<{ good: WaitingSegment[]; columns: readonly SegmentColumn[]; settled: WaitingSegment[] }> {
    const good: WaitingSegment[] = [];
    const settled: WaitingSegment[] = [];
    let columns: readonly SegmentColumn[] = [];
    for (const segment of planned) {
      const check = await checkSegment(segment);
      if (check.kind === "gone") {
        settled.push(segment);
        continue;
      }
      const reason = check.kind === "bad" ? check.reason : whyNotInsertable(segment.name.table, check.columns);
      if (reason !== undefined || check.kind === "bad") {
        await this.#quarantine(segment.file, reason!);
        settled.push(segment);
      } else if (good.length === 0 || sameColumns(columns, check.columns)) {
        columns = check.columns;
        good.push(segment);
      }
    }
    return { good, columns, settled };
  }

  /** Until it is marked as done, the batch may be inserted again; after that only its files are left to delete. */
  async #insert(manifest: OpenBatch): Promise<void> {
    const { table, columns, files, rows, token } = manifest;
    try {
      await this.#deps.store.insertFiles({ table, columns, files, rows, token });
    } catch (error) {
      this.#counts.errors++;
      const verdict = classifyInsertError(error);
      if (verdict === "data" || (verdict === "unknown" && ++this.#unknownTries >= MAX_UNKNOWN_TRIES)) {
        await this.#discard(manifest, error instanceof Error ? error.message : String(error));
        return;
      }
      this.#failing = error instanceof Error ? error.message : String(error);
      throw error;
    }
    this.#unknownTries = 0;
    this.#failing = undefined;
    await this.#manifests.markDone(manifest);
    manifest.done = true;
    this.#counts.segments += files.length;
    this.#counts.rows += rows;
    this.#counts.batches++;
    this.#lastLoadedMs = this.#now();
  }

  async #discard(manifest: Manifest, reason: string): Promise<void> {
    this.#unknownTries = 0;
    for (const file of manifest.files) await this.#quarantine(file, reason, manifest.token);
    await this.#manifests.discard(manifest);
  }

  async #quarantine(file: string, reason: string, batch?: string): Promise<void> {
    await quarantineSegment(file, this.#deps.paths.quarantine, { reason, atMs: this.#now(), ...(batch === undefined ? {} : { batch }) });
    this.#counts.quarantined++;
    this.#counts.inQuarantine++;
    this.#deps.log?.error({ component: "loader", file, reason }, "a segment cannot be stored and was put into quarantine");
  }
}

function rowsOf(segments: readonly WaitingSegment[]): number {
  return segments.reduce((sum, { name }) => sum + name.rows, 0);
}
