/** What can be wrong inside ClickHouse: too many parts, parts it has put aside, changes that fail. Only reads; the doctor says it in words. */
import type { MeasuredStore, StoreSize } from "./retention/measure-store.ts";

export interface StoreInspection {
  /** The partition with the most active parts; undefined in an empty store. */
  readonly mostParts?: { readonly table: string; readonly partition: string; readonly parts: number };
  /** Active parts of one partition from which on ClickHouse slows inserts down, and refuses them. */
  readonly delayParts: number;
  readonly refuseParts: number;
  /** Parts that ClickHouse has put aside, by table and reason. */
  readonly detached: readonly { readonly table: string; readonly reason: string; readonly parts: number }[];
  /** Changes of tables that fail and are tried again. */
  readonly failingMutations: readonly { readonly table: string; readonly reason: string }[];
  readonly merges: { readonly running: number; readonly longestMs: number };
}

const SETTINGS_SQL =
  "SELECT name, toUInt32(value) FROM system.merge_tree_settings WHERE name IN ('parts_to_delay_insert', 'parts_to_throw_insert')";
/** What ATTACH and backups leave behind on purpose is no trouble. */
const DETACHED_SQL =
  "SELECT table, ifNull(reason, ''), toUInt32(count()) FROM system.detached_parts WHERE database = currentDatabase() AND reason NOT IN ('', 'ignored', 'clone', 'attaching') GROUP BY ALL ORDER BY ALL";
const MUTATIONS_SQL =
  "SELECT table, any(latest_fail_reason) FROM system.mutations WHERE database = currentDatabase() AND NOT is_done AND latest_fail_reason != '' GROUP BY table ORDER BY table";
const MERGES_SQL = "SELECT toUInt32(count()), toFloat64(max(elapsed)) FROM system.merges WHERE database = currentDatabase()";

export async function inspectStore(store: MeasuredStore, { partitions }: StoreSize): Promise<StoreInspection> {
  const settings = new Map((await store.ownRows(SETTINGS_SQL)).map(([name, value]) => [String(name), Number(value)]));
  const detached = await store.ownRows(DETACHED_SQL);
  const mutations = await store.ownRows(MUTATIONS_SQL);
  const [merges] = await store.ownRows(MERGES_SQL);
  const [most] = [...partitions].sort((a, b) => b.parts.length - a.parts.length);
  return {
    ...(most && { mostParts: { table: most.table, partition: most.id, parts: most.parts.length } }),
    delayParts: settings.get("parts_to_delay_insert") ?? Infinity,
    refuseParts: settings.get("parts_to_throw_insert") ?? Infinity,
    detached: detached.map(([table, reason, parts]) => ({ table: String(table), reason: String(reason), parts: Number(parts) })),
    failingMutations: mutations.map(([table, reason]) => ({ table: String(table), reason: String(reason) })),
    merges: { running: Number(merges?.[0] ?? 0), longestMs: Math.round(Number(merges?.[1] ?? 0) * 1000) },
  };
}
