/**
 * Which partitions go when the store has outgrown its room. Retention by age is the tables' TTL; this is the second guard, by size: above
 * the limit the oldest partitions are dropped whole until the low-water mark is reached. Detail goes before summaries: raw flows first,
 * then pairs and hosts, then the finer rollups. Volumes by hour and ports by day are small and are never dropped, nor is what is written to.
 */

export interface Partition {
  readonly table: string;
  /** As ClickHouse calls it: YYYYMMDD or YYYYMM. */
  readonly id: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface Room {
  /** Most that all tables may take. Unit: bytes. */
  readonly maxBytes: number;
  /** Room of the disk, and what of it is free. Unit: bytes. */
  readonly diskBytes: number;
  readonly freeBytes: number;
}

/** Dropping goes on until so much of the limit is used, so that it happens now and then and not with every insert. */
const LOW_WATER = 0.95;
/** Part of the disk that stays free: merges need room for copies, and the spool for flows. */
const MIN_FREE_SHARE = 0.1;

/** In the order in which they lose partitions. */
const DROPPABLE = ["flows", "pairs_1h", "hosts_5m", "ports_5m", "if_counters", "traffic_1m"];

/**
 * @param today YYYYMMDD, UTC; its day and month are kept
 * @returns in the order of dropping; empty while there is room
 */
export function planDrop(partitions: readonly Partition[], { maxBytes, diskBytes, freeBytes }: Room, today: string): Partition[] {
  const used = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  const overSize = used > maxBytes ? used - maxBytes * LOW_WATER : 0;
  const minFree = diskBytes * MIN_FREE_SHARE;
  const missing = freeBytes < minFree ? minFree / LOW_WATER - freeBytes : 0;
  // What somebody else put on the disk cannot be made good here: then history stays, and the operator is told.
  const droppable = partitions
    .filter(({ table, id }) => DROPPABLE.includes(table) && isOver(id, today))
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const overDisk = missing > droppable ? 0 : missing;
  let excess = Math.max(overSize, overDisk);
  const out: Partition[] = [];
  for (const table of DROPPABLE) {
    const own = partitions.filter((partition) => partition.table === table && isOver(partition.id, today));
    for (const partition of own.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if (excess <= 0) return out;
      out.push(partition);
      excess -= partition.bytes;
    }
  }
  return out;
}

/** The day or month of a partition lies before today's. */
function isOver(id: string, today: string): boolean {
  return id < today.slice(0, id.length);
}
