/**
 * What a crash of the collector leaves behind, cleaned at the next start: `.tmp` files (never acknowledged, may be cut short) and
 * sidecars whose body never got its name. Bodies are never touched: their name says that they are complete.
 */
import path from "node:path";
import type { SpoolDisk } from "./disk.ts";
import { SIDECAR_SUFFIX } from "./segment.ts";

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
