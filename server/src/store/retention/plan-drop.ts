/**
 * What goes when the store has outgrown its room. Retention by age is the tables' TTL; this is the second guard, by size: above the limit
 * the oldest partitions are dropped whole until the low-water mark is reached. Detail goes before summaries: raw flows first, then pairs and
 * hosts, then the finer rollups; but raw flows keep half of the room, or months of pairs would leave them hours. Volumes by hour and ports by day are small and are never dropped. Where one day alone is larger than the
 * room, the oldest parts of the running day go too, so that the disk does not fill at whatever rate flows come.
 */

/** What ClickHouse keeps in one folder; the smallest thing that can be dropped. */
export interface Part {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Its oldest and newest row, epoch ms; 0 in a table without partitions by time. */
  readonly oldestMs: number;
  readonly newestMs: number;
}

export interface Partition {
  readonly table: string;
  /** As ClickHouse calls it: YYYYMMDD or YYYYMM. */
  readonly id: string;
  readonly rows: number;
  readonly bytes: number;
  readonly parts: readonly Part[];
}

/** A whole partition, or one part of it. */
export interface Drop {
  readonly table: string;
  readonly id: string;
  readonly part?: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface Room {
  /** Most that all tables may take. Unit: bytes. */
  readonly maxBytes: number;
  /** Room of the disk, and what of it is free; 0 where nobody tells. Unit: bytes. */
  readonly diskBytes: number;
  readonly freeBytes: number;
}

/** Dropping goes on until so much of the limit is used, so that it happens now and then and not with every insert. */
export const LOW_WATER = 0.95;
/** Part of the disk that stays free: merges need room for copies, and the spool for flows. */
const MIN_FREE_SHARE = 0.1;

/** Part of the limit that raw flows keep as long as a rollup has anything to drop. */
export const RAW_SHARE = 0.5;

/** In the order in which they lose partitions. */
export const DROPPABLE: readonly string[] = ["flows", "pairs_1h", "hosts_5m", "ports_5m", "if_counters", "traffic_1m"];

/**
 * @param today YYYYMMDD, UTC; its day and month go last
 * @returns in the order of dropping; empty while there is room
 */
export function planDrop(partitions: readonly Partition[], { maxBytes, diskBytes, freeBytes }: Room, today: string): Drop[] {
  const [whole, running] = [wholePartitions(partitions, today, maxBytes * RAW_SHARE), runningParts(partitions, today)];
  const used = total(partitions);
  const overSize = used > maxBytes ? used - maxBytes * LOW_WATER : 0;
  const minFree = diskBytes * MIN_FREE_SHARE;
  const missing = freeBytes < minFree ? minFree / LOW_WATER - freeBytes : 0;
  // What somebody else put on the disk cannot be made good here: then history stays, and the operator is told. Least of all do flows of
  // today make room for it.
  const forDisk = used > diskBytes / 2 ? total(whole) + total(running) : total(whole);
  const overDisk = missing > forDisk ? 0 : missing;
  let excess = Math.max(overSize, overDisk);
  const out: Drop[] = [];
  for (const drop of [...whole, ...running]) {
    if (excess <= 0) break;
    out.push(drop);
    excess -= drop.bytes;
  }
  return out;
}

/** Days and months that are over, table by table; what raw flows keep comes last. */
function wholePartitions(partitions: readonly Partition[], today: string, rawKeepBytes: number): Drop[] {
  const ofTable = (name: string): Drop[] =>
    partitions
      .filter(({ table, id }) => table === name && isOver(id, today))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ table, id, rows, bytes }) => ({ table, id, rows, bytes }));
  const [raw, ...rollups] = DROPPABLE.map(ofTable) as [Drop[], ...Drop[][]];
  let rawLeft = total(partitions.filter(({ table }) => table === DROPPABLE[0]));
  const kept = raw.findIndex(({ bytes }) => (rawLeft -= bytes) < rawKeepBytes);
  const free = kept < 0 ? raw.length : kept;
  return [...raw.slice(0, free), ...rollups.flat(), ...raw.slice(free)];
}

/** Parts of the running day and month, the oldest of all tables first. */
function runningParts(partitions: readonly Partition[], today: string): Drop[] {
  return partitions
    .filter(({ table, id }) => DROPPABLE.includes(table) && !isOver(id, today))
    .flatMap(({ table, id, parts }) => parts.map((part) => ({ table, id, part })))
    .sort((a, b) => a.part.newestMs - b.part.newestMs)
    .map(({ table, id, part: { name, rows, bytes } }) => ({ table, id, part: name, rows, bytes }));
}

function total(list: readonly { readonly bytes: number }[]): number {
  return list.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The day or month of a partition lies before today's. */
function isOver(id: string, today: string): boolean {
  return id < today.slice(0, id.length);
}
