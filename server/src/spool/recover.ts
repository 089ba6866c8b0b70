/**
 * What a crash of the collector leaves behind, cleaned at the next start: `.tmp` files (never acknowledged, may be cut short) and
 * sidecars whose body never got its name, but for the one segment that was committed to elsewhere. Bodies are never touched: their name says that they are complete.
 */
import path from "node:path";
import type { SpoolDisk } from "./disk.ts";
import { parseSegmentName, SIDECAR_SUFFIX } from "./segment.ts";

/** Gives a segment its name whose content was written, and that was written down as committed: the step that was missing. */
export async function finishCommit(disk: SpoolDisk, folder: string, fileName: string): Promise<void> {
  if (parseSegmentName(fileName) === undefined) return;
  const present = new Set(await disk.list(folder));
  // The body's name comes last: without its `.tmp` all was done.
  if (!present.has(`${fileName}.tmp`)) return;
  for (const part of [`${fileName}.json`, fileName])
    if (present.has(`${part}.tmp`)) await disk.rename(path.join(folder, `${part}.tmp`), path.join(folder, part));
  await disk.syncFolder(folder);
}

/** Removes the debris; returns how many files that were. */
export async function removeLeftovers(disk: SpoolDisk, folder: string): Promise<number> {
  const files = await disk.list(folder);
  const present = new Set(files);
  const leftovers = files.filter(
    (file) => file.endsWith(".tmp") || (file.endsWith(SIDECAR_SUFFIX) && !present.has(file.slice(0, -".json".length))),
  );
  for (const file of leftovers) await disk.remove(path.join(folder, file));
  if (leftovers.length > 0) await disk.syncFolder(folder);
  return leftovers.length;
}
