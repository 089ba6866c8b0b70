/**
 * One batch on its way into the store: check its segments -> manifest -> insert -> acknowledge (delete).
 *
 * Invariants: nothing is inserted that is not in a manifest; an open manifest is settled before any newer batch begins; a segment is
 * deleted only after the database counted its rows; what cannot be stored goes into quarantine and holds up nothing.
 */
import {
  checkSegment,
  countQuarantined,
  ManifestFolder,
  parseSegmentName,
  quarantineSegment,
  type Manifest,
  type SegmentColumn,
  type WaitingSegment,
} from "../../spool/index.ts";
import type { ClickHouseStore } from "../clickhouse-store.ts";
import type { DataPaths } from "../data-folder.ts";
import { classifyInsertError } from "./classify-error.ts";
import { sameColumns, whyNotInsertable } from "./segment-columns.ts";

/** Tries of a batch that fails for a reason that is neither its data nor an outage. With the back-off: about three minutes. */
const MAX_UNKNOWN_TRIES = 20;

export interface LoaderLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface BatchLoaderDeps {
  readonly store: Pick<ClickHouseStore, "insertFiles">;
  readonly paths: DataPaths;
  readonly log?: LoaderLog | undefined;
  readonly now: () => number;
}

/** Numbers since the start. */
export interface BatchCounts {
  readonly segments: number;
  readonly rows: number;
  readonly batches: number;
  readonly quarantined: number;
  /** Segments in the quarantine folder, also those of earlier processes. */
  readonly inQuarantine: number;
  readonly errors: number;
  /** When the last batch was acknowledged, epoch ms. */
  readonly lastLoadedMs: number | undefined;
}

/** A batch on its way; `done` from the moment on that the database has it and that was written down. */
type OpenBatch = Manifest & { done: boolean };

export class BatchLoader {
  readonly #deps: BatchLoaderDeps;
  readonly #manifests: ManifestFolder;
  /** Batches to settle before anything newer; undefined until the folder was read. */
  #open: OpenBatch[] | undefined;
  #unknownTries = 0;
  readonly #counts = {
    segments: 0,
    rows: 0,
    batches: 0,
    quarantined: 0,
    inQuarantine: 0,
    errors: 0,
    lastLoadedMs: undefined as number | undefined,
  };
  #failing: string | undefined;

  constructor(deps: BatchLoaderDeps) {
    this.#deps = deps;
    this.#manifests = new ManifestFolder(deps.paths.manifests, deps.paths.spool);
  }

  /** Why the last insert has to be tried again; undefined when it was taken. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Nothing is left that failed. */
  forgetFailure(): void {
    this.#failing = undefined;
  }

  get counts(): BatchCounts {
    return this.#counts;
  }

  /** Finishes what an earlier process or an earlier try has begun. */
  async settleOpen(): Promise<void> {
    if (this.#open === undefined) {
      this.#counts.inQuarantine = await countQuarantined(this.#deps.paths.quarantine);
      const { manifests, unreadable } = await this.#manifests.list();
      for (const file of unreadable) this.#deps.log?.error({ component: "loader", file }, "a manifest cannot be read and is left alone");
      this.#open = manifests;
    }
    for (let manifest = this.#open[0]; manifest !== undefined; manifest = this.#open[0]) {
      if (!manifest.done) await this.#repeat(manifest);
      if (manifest.done) await this.#manifests.finish(manifest);
      this.#open.shift();
    }
  }

  async #repeat(manifest: OpenBatch): Promise<void> {
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
   * Loads a planned batch, behind `settleOpen`.
   * @returns the files that wait no longer
   * @throws the error of an insert that has to be tried again
   */
  async load(planned: readonly WaitingSegment[]): Promise<string[]> {
    const { good, columns, settled } = await this.#check(planned);
    if (good.length > 0) {
      const batch = {
        table: good[0]!.name.table,
        columns,
        rows: good.reduce((sum, { name }) => sum + name.rows, 0),
        files: good.map((segment) => segment.file),
        createdMs: this.#deps.now(),
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
    this.#counts.lastLoadedMs = this.#deps.now();
  }

  async #discard(manifest: Manifest, reason: string): Promise<void> {
    this.#unknownTries = 0;
    for (const file of manifest.files) await this.#quarantine(file, reason, manifest.token);
    await this.#manifests.discard(manifest);
  }

  async #quarantine(file: string, reason: string, batch?: string): Promise<void> {
    await quarantineSegment(file, this.#deps.paths.quarantine, {
      reason,
      atMs: this.#deps.now(),
      ...(batch === undefined ? {} : { batch }),
    });
    this.#counts.quarantined++;
    this.#counts.inQuarantine++;
    this.#deps.log?.error({ component: "loader", file, reason }, "a segment cannot be stored and was put into quarantine");
  }
}
