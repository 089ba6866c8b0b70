/**
 * Active parts by table, from the folder of an embedded store that a server has open: only that process could ask `system.parts`.
 *
 *   store/data/sillage/TABLE/PARTITION_MIN_MAX_LEVEL        a part holds the blocks MIN to MAX; one that another part covers was merged into it
 */
import { readdirSync } from "node:fs";
import path from "node:path";

const PART = /^(.+)_(\d+)_(\d+)_(\d+)$/;

/** The most parts that any partition has, by table. Empty tables are left out. */
export function mostParts(storeFolder: string): Readonly<Record<string, number>> {
  const root = path.join(storeFolder, "data/sillage");
  const most: Record<string, number> = {};
  for (const table of readdirSync(root)) {
    const partitions = new Map<string, { readonly min: number; readonly max: number }[]>();
    for (const name of listFolder(path.join(root, table))) {
      const [, partition, min, max] = PART.exec(name) ?? [];
      if (partition === undefined || partition.startsWith("tmp")) continue;
      const parts = partitions.get(partition) ?? [];
      partitions.set(partition, [...parts, { min: Number(min), max: Number(max) }]);
    }
    for (const parts of partitions.values()) most[table] = Math.max(most[table] ?? 0, countActive(parts));
  }
  return most;
}

function countActive(parts: readonly { readonly min: number; readonly max: number }[]): number {
  // Widest first: what lies within one that came before is outdated.
  const sorted = [...parts].sort((a, b) => a.min - b.min || b.max - a.max);
  let [active, covered] = [0, -1];
  for (const { max } of sorted) {
    if (max <= covered) continue;
    active++;
    covered = max;
  }
  return active;
}

/** A table may be dropped, or its link replaced, while it is looked at. */
function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
