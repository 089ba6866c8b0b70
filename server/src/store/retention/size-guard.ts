/** Keeps the store within its room: looks at the partitions now and then and drops what `planDrop` says. */
import type { FlowStore, QueryAnswer } from "../store.ts";
import { identifier, literal } from "../sql-text.ts";
import { planDrop, type Partition, type Room } from "./plan-drop.ts";

/** What is asked of the store. */
export interface GuardedStore extends Pick<FlowStore, "command"> {
  /** Rows of a statement of the store itself. */
  ownRows(sql: string): Promise<QueryAnswer["rows"]>;
}

export interface StoreSize extends Room {
  readonly partitions: readonly Partition[];
  readonly usedBytes: number;
  /** What would go now; empty while there is room. */
  readonly toDrop: readonly Partition[];
}

const PARTITIONS_SQL =
  "SELECT table, partition_id, toFloat64(sum(rows)), toFloat64(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table, partition_id";
const DISK_SQL = "SELECT toFloat64(total_space), toFloat64(free_space) FROM system.disks WHERE name = 'default'";

/** How full the store is and what dropping would take. Changes nothing. */
export async function measureStore(store: Pick<GuardedStore, "ownRows">, maxBytes: number, nowMs: number): Promise<StoreSize> {
  const rows = await store.ownRows(PARTITIONS_SQL);
  const partitions = rows.map(([table, id, count, bytes]) => ({
    table: String(table),
    id: String(id),
    rows: Number(count),
    bytes: Number(bytes),
  }));
  // A server may keep the tables on a disk of another name: then only the limit counts.
  const [disk] = await store.ownRows(DISK_SQL);
  const room: Room = { maxBytes, diskBytes: Number(disk?.[0] ?? 0), freeBytes: Number(disk?.[1] ?? 0) };
  const usedBytes = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  const today = new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "");
  return { ...room, partitions, usedBytes, toDrop: planDrop(partitions, room, today) };
}

/** Drops what has no room. @returns what went */
export async function enforceSize(store: GuardedStore, maxBytes: number, nowMs: number): Promise<readonly Partition[]> {
  const { toDrop } = await measureStore(store, maxBytes, nowMs);
  for (const { table, id } of toDrop) await store.command(`ALTER TABLE ${identifier(table)} DROP PARTITION ID ${literal(id)}`);
  return toDrop;
}
