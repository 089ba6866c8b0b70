/** Keeps the store within its room: looks at the partitions now and then and drops what `planDrop` says. */
import type { FlowStore } from "../store.ts";
import { identifier, literal } from "../sql-text.ts";
import { measureStore, type MeasuredStore, type StoreSize } from "./measure-store.ts";
import { DROPPABLE, LOW_WATER, planDrop, type Drop } from "./plan-drop.ts";

export interface GuardedStore extends MeasuredStore, Pick<FlowStore, "command"> {}

/** The limit where the configuration names none: so much, or so much of a smaller disk. Unit: bytes. */
const DEFAULT_MAX_BYTES = 30 * 2 ** 30;
const DEFAULT_DISK_SHARE = 0.6;
/** ClickHouse refuses to drop more than 50 GB at once unless it is told that this is meant. */
const ANY_SIZE = { max_partition_size_to_drop: 0 };
/** Bounds of a part's size: smaller ones are too many, and ClickHouse's own bound is the upper one. Unit: bytes. */
const MIN_PART_BYTES = 2 ** 23;
const MAX_PART_BYTES = 150 * 2 ** 30;

/** Most that all tables may take. `diskBytes` 0: nobody tells. Unit: bytes. */
export function sizeLimit(configured: number | undefined, diskBytes: number): number {
  return configured ?? Math.min(DEFAULT_MAX_BYTES, diskBytes === 0 ? Infinity : Math.floor(diskBytes * DEFAULT_DISK_SHARE));
}

/** What would go now; empty while there is room. */
export function planSizeDrop({ partitions, diskBytes, freeBytes }: StoreSize, maxBytes: number, nowMs: number): Drop[] {
  const today = new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "");
  return planDrop(partitions, { maxBytes, diskBytes, freeBytes }, today);
}

/**
 * Drops what has no room.
 * @param configured `store.maxBytes`
 * @returns what went, the store as it was before, and why something did not go; the rest is dropped all the same
 */
export async function enforceSize(
  store: GuardedStore,
  configured: number | undefined,
  nowMs: number,
): Promise<{ readonly dropped: readonly Drop[]; readonly size: StoreSize; readonly failure?: unknown }> {
  const size = await measureStore(store);
  const dropped: Drop[] = [];
  let failure: unknown;
  for (const drop of planSizeDrop(size, sizeLimit(configured, size.diskBytes), nowMs)) {
    const { table, id, part } = drop;
    const what = part === undefined ? `PARTITION ID ${literal(id)}` : `PART ${literal(part)}`;
    try {
      await store.command(`ALTER TABLE ${identifier(table)} DROP ${what}`, { settings: ANY_SIZE });
      dropped.push(drop);
    } catch (error) {
      // Such as a part that was merged since it was measured.
      failure ??= error;
    }
  }
  return { dropped, size, ...(failure !== undefined && { failure }) };
}

/** Largest part that merges may make: about a twentieth of the limit, the step from there to the low-water mark. Unit: bytes. */
export function partSizeLimit(maxBytes: number): number {
  return Math.min(Math.max(Math.round(maxBytes * (1 - LOW_WATER)), MIN_PART_BYTES), MAX_PART_BYTES);
}

/**
 * Keeps parts small enough to be dropped one by one, where ClickHouse would merge a whole day into one. A setting of each table, written
 * only where it differs.
 * @param maxBytes most that all tables may take
 */
export async function capPartSize(store: GuardedStore, maxBytes: number): Promise<void> {
  const setting = `max_bytes_to_merge_at_max_space_in_pool = ${partSizeLimit(maxBytes)}`;
  const rows = await store.ownRows("SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()");
  for (const [name, sql] of rows) {
    if (!DROPPABLE.includes(String(name)) || new RegExp(`\\b${setting}\\b`).test(String(sql))) continue;
    await store.command(`ALTER TABLE ${identifier(String(name))} MODIFY SETTING ${setting}`);
  }
}
