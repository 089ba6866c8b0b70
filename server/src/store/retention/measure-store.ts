/** How full the store is: its partitions with their parts, and the disk. Only reads. */
import type { QueryAnswer } from "../store.ts";
import type { Part, Partition } from "./plan-drop.ts";

/** What is asked of the store. */
export interface MeasuredStore {
  /** Rows of a statement of the store itself. */
  ownRows(sql: string): Promise<QueryAnswer["rows"]>;
}

export interface StoreSize {
  readonly partitions: readonly Partition[];
  /** Of all active parts. Unit: bytes. */
  readonly usedBytes: number;
  /** Room of the disk, and what of it is free; 0 where nobody tells. Unit: bytes. */
  readonly diskBytes: number;
  readonly freeBytes: number;
}

const PARTS_SQL = [
  "SELECT table, partition_id, name, toFloat64(rows), toFloat64(bytes_on_disk), toUnixTimestamp(min_time), toUnixTimestamp(max_time)",
  "FROM system.parts WHERE active AND database = currentDatabase() ORDER BY table, partition_id, name",
].join(" ");
const DISK_SQL = "SELECT toFloat64(total_space), toFloat64(free_space) FROM system.disks WHERE name = 'default'";

export async function measureStore(store: MeasuredStore): Promise<StoreSize> {
  const partitions = new Map<string, { table: string; id: string; rows: number; bytes: number; parts: Part[] }>();
  for (const [table, id, name, rows, bytes, oldest, newest] of await store.ownRows(PARTS_SQL)) {
    const key = `${String(table)} ${String(id)}`;
    const partition = partitions.get(key) ?? { table: String(table), id: String(id), rows: 0, bytes: 0, parts: [] };
    partitions.set(key, partition);
    const part: Part = {
      name: String(name),
      rows: Number(rows),
      bytes: Number(bytes),
      oldestMs: Number(oldest) * 1000,
      newestMs: Number(newest) * 1000,
    };
    partition.parts.push(part);
    partition.rows += part.rows;
    partition.bytes += part.bytes;
  }
  // A server may keep the tables on a disk of another name: then only the limit counts.
  const [disk] = await store.ownRows(DISK_SQL);
  const list = [...partitions.values()];
  return {
    partitions: list,
    usedBytes: list.reduce((sum, { bytes }) => sum + bytes, 0),
    diskBytes: Number(disk?.[0] ?? 0),
    freeBytes: Number(disk?.[1] ?? 0),
  };
}
