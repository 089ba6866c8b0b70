/**
 * Segments that cannot be stored are moved aside, never deleted: body, sidecar and a `.reason.json` that says why. Moving body and sidecar
 * back into the collector's folder loads them again.
 */
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { errorCode, nodeDisk } from "./disk.ts";

export interface QuarantineReason {
  readonly reason: string;
  /** Epoch ms. */
  readonly atMs: number;
  /** Batch that the segment was part of, if the database refused that; with its token, part of it may have been stored already. */
  readonly batch?: string;
}

const REASON_SUFFIX = ".reason.json";
/** Read at once, so bounded. */
const MAX_REASONS = 1_000;

/** Moves a segment into `folder`. A file that is gone already is no error. */
export async function quarantineSegment(file: string, folder: string, reason: QuarantineReason): Promise<void> {
  await mkdir(folder, { recursive: true });
  const target = path.join(folder, path.basename(file));
  const text = JSON.stringify({ file: path.basename(file), collector: path.basename(path.dirname(file)), ...reason });
  await nodeDisk.writeDurable(`${target}${REASON_SUFFIX}`, [Buffer.from(`${text}\n`)]);
  // The body first: a crash between the two leaves a sidecar without body, which the collector clears away.
  for (const suffix of ["", ".json"]) {
    await rename(`${file}${suffix}`, `${target}${suffix}`).catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
    });
  }
  await nodeDisk.syncFolder(folder);
  await nodeDisk.syncFolder(path.dirname(file));
}

/** How many segments lie in quarantine. */
export async function countQuarantined(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(REASON_SUFFIX)).length;
}

/** Why the segments lie there, a reason each, of a thousand at most. */
export async function quarantineReasons(folder: string): Promise<QuarantineReason[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(REASON_SUFFIX)).slice(0, MAX_REASONS);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(folder, name), "utf8").catch(() => "");
      try {
        return JSON.parse(text) as QuarantineReason;
      } catch {
        return { reason: "unknown: the file that says it cannot be read", atMs: 0 };
      }
    }),
  );
}
