/**
 * What the store holds, what of it goes by when, and how much it would hold in the long run: the preview of retention. By age a partition
 * goes when its newest row is older than the table's days (ClickHouse looks every few hours); by size as `planDrop` says.
 */
import { SillageError } from "@sillage/model";
import { nearestName } from "../../config/index.ts";
import { MAX_RETENTION_DAYS } from "../config.ts";
import { FLOWS, TABLES } from "../schema/tables.ts";
import type { StoreSize } from "./measure-store.ts";
import { LOW_WATER, RAW_SHARE, type Drop, type Partition } from "./plan-drop.ts";
import { planSizeDrop, sizeLimit } from "./size-guard.ts";

const DAY_MS = 86_400_000;
/** Growth is told by the newest data of so long. Unit: ms. */
const GROWTH_MS = 7 * DAY_MS;
/** Less than this tells nothing about a day. Unit: ms. */
const MIN_GROWTH_MS = 600_000;

/** What would be if the configuration were another. */
export interface WhatIf {
  /** Instead of `store.maxBytes`. */
  readonly maxBytes?: number;
  /** Instead of `store.retention`: days by table. */
  readonly retention?: Readonly<Record<string, number | undefined>>;
}

/** Sizes in bytes, times in epoch ms. */
export interface TableReport {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly partitions: number;
  readonly parts: number;
  /** null where the table is empty, or knows no time. */
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly retention_days: number;
  readonly bytes_per_row: number | null;
  /** By the newest data of up to seven days; null before there are ten minutes of it. */
  readonly bytes_per_day: number | null;
  /** `bytes_per_day` by flow record of a day. */
  readonly bytes_per_flow: number | null;
  /** The partition that goes next by age, and when. */
  readonly next: { readonly partition: string; readonly rows: number; readonly bytes: number; readonly at: number } | null;
}

export interface RetentionReport {
  readonly at: number;
  readonly used_bytes: number;
  readonly max_bytes: number;
  /** Dropping by size begins above `max_bytes` and goes on down to here. */
  readonly low_water_bytes: number;
  /** null where ClickHouse does not tell. */
  readonly disk: { readonly total_bytes: number; readonly free_bytes: number } | null;
  readonly tables: readonly TableReport[];
  /** Older than its table's days: goes when ClickHouse looks next. */
  readonly expired: readonly Drop[];
  /** Has no room: goes within a minute. */
  readonly no_room: readonly Drop[];
  /** What all tables take in the long run, at the growth of the last days and by age alone; null while nothing is known of it. */
  readonly by_age_bytes: number | null;
  /** How many days of raw flows the limit has room for at this growth, at most as many as are kept by age; null likewise. */
  readonly raw_days: number | null;
}

/** Days by table from texts such as `flows=14`. @throws SillageError RETENTION_INVALID */
export function parseRetention(texts: readonly string[]): Record<string, number> {
  const names = TABLES.map(({ name }) => name);
  return Object.fromEntries(
    texts.map((text) => {
      const [table = "", days = ""] = text.split("=");
      if (!names.includes(table))
        throw new SillageError("input", "RETENTION_INVALID", `there is no table ${JSON.stringify(table)}`, {
          hint: `did you mean ${nearestName(table, names) ?? "flows"}? Tables: ${names.join(", ")}`,
        });
      if (!/^\d{1,5}$/.test(days) || Number(days) < 1 || Number(days) > MAX_RETENTION_DAYS)
        throw new SillageError("input", "RETENTION_INVALID", `${JSON.stringify(text)}: expected days from 1 to ${MAX_RETENTION_DAYS}`, {
          hint: 'write a table and its days, such as "flows=14"',
        });
      return [table, Number(days)];
    }),
  );
}

/** @param config as in force; `whatIf` stands in place of it */
export function retentionReport(
  size: StoreSize,
  config: { readonly maxBytes?: number | undefined; readonly retention: Readonly<Record<string, number | undefined>> },
  nowMs: number,
  whatIf: WhatIf = {},
): RetentionReport {
  const maxBytes = sizeLimit(whatIf.maxBytes ?? config.maxBytes, size.diskBytes);
  const byTable = TABLES.map((table) => {
    const days = whatIf.retention?.[table.name] ?? config.retention[table.name] ?? table.retentionDays;
    return { name: table.name, days, partitions: size.partitions.filter((partition) => partition.table === table.name) };
  });
  const flowsADay = perDay(byTable.find(({ name }) => name === FLOWS.name)!.partitions, "rows");
  const tables = byTable.map(({ name, days, partitions }) => tableReport({ name, days, partitions, flowsADay, nowMs }));
  const expired = byTable.flatMap(({ days, partitions }) =>
    partitions.filter((partition) => goesAt(partition, days) <= nowMs).map(({ table, id, rows, bytes }) => ({ table, id, rows, bytes })),
  );
  // What age takes first needs not go by size.
  const gone = new Set(expired.map(({ table, id }) => `${table} ${id}`));
  const staying = size.partitions.filter(({ table, id }) => !gone.has(`${table} ${id}`));
  return {
    at: nowMs,
    used_bytes: size.usedBytes,
    max_bytes: maxBytes,
    low_water_bytes: Math.round(maxBytes * LOW_WATER),
    disk: size.diskBytes === 0 ? null : { total_bytes: size.diskBytes, free_bytes: size.freeBytes },
    tables,
    expired,
    no_room: planSizeDrop({ ...size, partitions: staying }, maxBytes, nowMs),
    ...longRun(tables, maxBytes),
  };
}

interface TableState {
  readonly name: string;
  readonly days: number;
  readonly partitions: readonly Partition[];
  readonly flowsADay: number | null;
  readonly nowMs: number;
}

function tableReport({ name, days, partitions, flowsADay, nowMs }: TableState): TableReport {
  const parts = partitions.flatMap((partition) => partition.parts);
  const rows = partitions.reduce((sum, partition) => sum + partition.rows, 0);
  const bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  const newest = Math.max(0, ...parts.map(({ newestMs }) => newestMs));
  const oldest = Math.min(...parts.map(({ oldestMs }) => oldestMs));
  const bytesADay = perDay(partitions, "bytes");
  const [next] = partitions
    .map((partition) => ({ partition: partition.id, rows: partition.rows, bytes: partition.bytes, at: goesAt(partition, days) }))
    .filter(({ at }) => at > nowMs && at < Infinity)
    .sort((a, b) => a.at - b.at);
  return {
    table: name,
    rows,
    bytes,
    partitions: partitions.length,
    parts: parts.length,
    oldest: newest === 0 ? null : oldest,
    newest: newest === 0 ? null : newest,
    retention_days: days,
    bytes_per_row: rows === 0 ? null : bytes / rows,
    bytes_per_day: bytesADay,
    bytes_per_flow: bytesADay === null || flowsADay === null ? null : bytesADay / flowsADay,
    next: next ?? null,
  };
}

/** When a partition's last row is too old; never in a table without partitions by time. */
function goesAt({ parts }: Partition, days: number): number {
  const newest = Math.max(0, ...parts.map(({ newestMs }) => newestMs));
  return newest === 0 ? Infinity : newest + days * DAY_MS;
}

/** Rows or bytes of a day, by the newest partitions. */
function perDay(partitions: readonly Partition[], what: "rows" | "bytes"): number | null {
  const spans = partitions
    .map((partition) => ({
      amount: partition[what],
      from: Math.min(...partition.parts.map(({ oldestMs }) => oldestMs)),
      to: Math.max(...partition.parts.map(({ newestMs }) => newestMs)),
    }))
    .filter(({ to }) => to > 0)
    .sort((a, b) => b.to - a.to);
  let [amount, spanMs] = [0, 0];
  for (const span of spans) {
    if (spanMs >= GROWTH_MS) break;
    amount += span.amount;
    spanMs = spans[0]!.to - span.from;
  }
  return spanMs < MIN_GROWTH_MS ? null : (amount / spanMs) * DAY_MS;
}

function longRun(tables: readonly TableReport[], maxBytes: number): Pick<RetentionReport, "by_age_bytes" | "raw_days"> {
  const raw = tables.find(({ table }) => table === FLOWS.name)!;
  if (raw.bytes_per_day === null) return { by_age_bytes: null, raw_days: null };
  const needs = (table: TableReport): number => (table.bytes_per_day === null ? table.bytes : table.bytes_per_day * table.retention_days);
  const byAge = tables.reduce((sum, table) => sum + needs(table), 0);
  const forRaw = Math.max(maxBytes * RAW_SHARE, maxBytes * LOW_WATER - (byAge - needs(raw)));
  return { by_age_bytes: byAge, raw_days: Math.min(raw.retention_days, forRaw / raw.bytes_per_day) };
}
