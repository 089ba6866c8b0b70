/**
 * The collecting side of the spool: takes encoded blocks from the receive loop and makes them segments (segment.ts) that survive a crash.
 *
 * `offer` only copies bytes, so a slow disk never holds the receive loop; one task behind it writes. Waiting segments are written side by
 * side and share one fsync of the folder. Invariants: segments become durable in the order they were offered; what is durable is never
 * written again; a refused block leaves no trace. Disk errors are counted and tried again until they pass, while memory for waiting
 * segments is bounded.
 */
import path from "node:path";
import { SillageError } from "@sillage/model";
import { BodyPool } from "./body-pool.ts";
import type { SpoolConfig } from "./config.ts";
import { errorCode, nodeDisk, type SpoolDisk } from "./disk.ts";
import { columnSetOf, type SpoolBlock } from "./native-block.ts";
import { finishCommit, removeLeftovers } from "./recover.ts";
import { SegmentFile } from "./segment-file.ts";
import { SpoolUsage } from "./usage.ts";

/** Segments that are written at once: as many as Node's thread pool has threads. */
const GROUP = 4;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** How often the folder is measured while there is room, and while there is none. */
const MEASURE_MS = 5_000;
const MEASURE_FULL_MS = 1_000;
/** Shares of the limits from which the spool is nearly full. */
const NEARLY_FULL_DISK = 0.95;
const NEARLY_FULL_MEMORY = 0.5;

export interface SpoolWriterOptions {
  readonly config: SpoolConfig;
  /** Folder of this collector, `spool/<collector>`; made if it is missing. */
  readonly folder: string;
  /** Name of the collector, [a-z0-9_]{1,32}. */
  readonly collector: string;
  /** Start of the process, epoch ms: orders the segments of several runs. */
  readonly bootMs: number;
  /** File name of the segment that the run before has committed to (see `offer`): if it had no time to give it its name, that is done now. */
  readonly committed?: string;
}

export interface SpoolWriterDeps {
  readonly disk?: SpoolDisk;
  readonly now?: () => number;
  readonly delay?: (ms: number) => Promise<void>;
  /** Told about every disk error; the caller limits how often it is logged. */
  readonly onDiskError?: (code: string, error: unknown) => void;
}

/** Why a block was not taken: no room in the folder, or too much waiting for the disk. */
export type SpoolRefusal = "spool_limit" | "pending_limit";

/** Smallest and largest time_received of a block, epoch ms. */
export interface TimeSpan {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** Writes down that the segment with this file name counts, whatever happens next. */
export type CommitSegment = (fileName: string) => Promise<void>;

export interface SpoolStats {
  /** On disk, without what waits in memory. */
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly pendingBytes: number;
  readonly pendingSegments: number;
  readonly durableSegments: number;
  readonly durableRows: number;
  readonly durableBytes: number;
  readonly refusedRows: Readonly<Record<SpoolRefusal, number>>;
  /** Errors by system code. */
  readonly diskErrors: Readonly<Record<string, number>>;
  /** Code of the error that the writer is trying to get past; undefined when all is well. */
  readonly failing: string | undefined;
}

export interface SpoolWriter {
  /**
   * Makes the folder, removes what a crash left, measures.
   * @throws SillageError SPOOL_FOLDER when the folder cannot be used
   */
  start(): Promise<void>;
  /**
   * Takes a block, or says why not. Never waits, never throws.
   * @param commit is called with the segment's file name when its content is on stable storage, everything offered before is visible,
   *   and only its name is missing: whoever writes the file name down there, and gives it to the next run as `committed`, makes the segment and
   *   what else was written one step, which happens whole or not at all
   */
  offer(table: string, block: SpoolBlock, span?: TimeSpan, commit?: CommitSegment): SpoolRefusal | undefined;
  /** Whether rows may soon find no room: who can make senders wait does it now. What is on its way then still finds room. */
  isNearlyFull(): boolean;
  /** Resolves when everything taken so far is durable. */
  drained(): Promise<void>;
  /** Waits for the disk, at most so long; resolves with the rows that could not be made durable. Later offers are refused. */
  stop(deadlineMs: number): Promise<{ readonly lostRows: number }>;
  stats(): SpoolStats;
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** A writer for one collector's folder; does nothing before `start`. */
export function createSpoolWriter(options: SpoolWriterOptions, deps: SpoolWriterDeps = {}): SpoolWriter {
  const { config, folder, collector } = options;
  const { disk = nodeDisk, now = Date.now, delay = sleep, onDiskError } = deps;
  const boot = options.bootMs.toString(16).padStart(12, "0");
  const usage = new SpoolUsage(config, disk, folder);
  const queue: SegmentFile[] = [];
  const commits = new Map<SegmentFile, CommitSegment>();
  const pool = new BodyPool();
  const refusedRows: Record<SpoolRefusal, number> = { spool_limit: 0, pending_limit: 0 };
  const diskErrors: Record<string, number> = {};
  const durable = { segments: 0, rows: 0, bytes: 0 };
  let sequence = 0;
  let pendingBytes = 0;
  let failing: string | undefined;
  let stopped = false;
  let abandoned = false;
  let writing: Promise<void> | undefined;
  let measuring = false;
  let measuredAt = -Infinity;

  function countError(error: unknown): string {
    const code = errorCode(error);
    diskErrors[code] = (diskErrors[code] ?? 0) + 1;
    onDiskError?.(code, error);
    return code;
  }

  /** Looks at the folder again when the last look is old; the numbers meanwhile are on the safe side. */
  function measureIfOld(full: boolean): void {
    if (measuring || now() - measuredAt < (full ? MEASURE_FULL_MS : MEASURE_MS)) return;
    measuring = true;
    measuredAt = now();
    usage
      .measure()
      .catch(countError)
      .finally(() => (measuring = false));
  }

  function refuse(reason: SpoolRefusal, rows: number): SpoolRefusal {
    refusedRows[reason] += rows;
    return reason;
  }

  async function commit(group: readonly SegmentFile[]): Promise<void> {
    // All of them end before an error counts: a retry must not meet a write that still runs.
    const written = await Promise.allSettled(group.map((segment) => segment.write(disk, folder)));
    const failed = written.find((result) => result.status === "rejected");
    if (failed) {
      await Promise.allSettled(group.map((segment) => segment.discard(disk, folder)));
      throw failed.reason;
    }
    for (const segment of group) {
      const commit = commits.get(segment);
      if (commit && !segment.visible) {
        await disk.syncFolder(folder);
        await commit(segment.fileName);
        segment.promise();
      }
      commits.delete(segment);
      await segment.rename(disk, folder);
      usage.add(segment.fileName, segment.bytes);
      usage.add(`${segment.fileName}.json`, segment.sidecarBytes);
    }
    await disk.syncFolder(folder);
  }

  async function writeAll(): Promise<void> {
    let retryMs = RETRY_MIN_MS;
    while (queue.length > 0 && !abandoned) {
      const group = queue.slice(0, GROUP);
      try {
        await commit(group);
      } catch (error) {
        failing = countError(error);
        await delay(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
        continue;
      }
      retryMs = RETRY_MIN_MS;
      failing = undefined;
      queue.splice(0, group.length);
      for (const segment of group) {
        pendingBytes -= segment.bytes;
        pool.give(segment.body);
        durable.segments++;
        durable.rows += segment.name.rows;
        durable.bytes += segment.bytes;
      }
    }
  }

  return {
    async start() {
      try {
        await disk.makeFolder(folder);
        if (options.committed !== undefined) await finishCommit(disk, folder, options.committed);
        await removeLeftovers(disk, folder);
        const probe = path.join(folder, `${boot}.tmp`);
        await disk.writeDurable(probe, []);
        await disk.remove(probe);
        await usage.measure();
      } catch (cause) {
        throw new SillageError("config", "SPOOL_FOLDER", `the spool folder ${folder} cannot be written (${errorCode(cause)})`, {
          hint: "make it writable for this user, or choose another folder with the option `data`",
          cause,
        });
      }
      measuredAt = now();
    },

    offer(table, block, span, commit) {
      if (stopped) return refuse("pending_limit", block.rows);
      const bytes = block.body.reduce((sum, piece) => sum + piece.byteLength, 0);
      const full = usage.usedBytes + pendingBytes + bytes > usage.limitBytes;
      measureIfOld(full);
      if (full) return refuse("spool_limit", block.rows);
      if (pendingBytes + bytes > config.maxPendingBytes) return refuse("pending_limit", block.rows);
      const name = { table, columnSet: columnSetOf(block.columns), collector, boot, sequence: sequence++, rows: block.rows };
      const segment = new SegmentFile(name, pool.join(block.body, bytes), { columns: block.columns, ...span });
      queue.push(segment);
      if (commit) commits.set(segment, commit);
      pendingBytes += bytes;
      writing ??= writeAll().finally(() => (writing = undefined));
      return undefined;
    },

    isNearlyFull() {
      const isFull =
        usage.usedBytes + pendingBytes > usage.limitBytes * NEARLY_FULL_DISK || pendingBytes > config.maxPendingBytes * NEARLY_FULL_MEMORY;
      // Nobody may offer anything until there is room again.
      if (isFull) measureIfOld(true);
      return isFull;
    },

    async drained() {
      while (writing) await writing;
    },

    async stop(deadlineMs) {
      stopped = true;
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
      await Promise.race([this.drained(), deadline]);
      clearTimeout(timer);
      abandoned = true;
      return { lostRows: queue.reduce((rows, segment) => rows + (segment.visible ? 0 : segment.name.rows), 0) };
    },

    stats: () => ({
      usedBytes: usage.usedBytes,
      limitBytes: usage.limitBytes,
      pendingBytes,
      pendingSegments: queue.length,
      durableSegments: durable.segments,
      durableRows: durable.rows,
      durableBytes: durable.bytes,
      refusedRows: { ...refusedRows },
      diskErrors: { ...diskErrors },
      failing,
    }),
  };
}
