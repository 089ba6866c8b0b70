import { Registry } from "prom-client";
import { addStoreMetrics } from "./store-metrics.ts";

const part = (name: string) => ({ name, rows: 5, bytes: 50, oldestMs: 1, newestMs: 2 });
const partition = (table: string, id: string, parts: number) => ({
  ...{ table, id, rows: parts * 5, bytes: parts * 50 },
  parts: Array.from({ length: parts }, (_, i) => part(String(i))),
});

it("tells sizes by table, and what was dropped", async () => {
  const registry = new Registry();
  const partitions = [partition("flows", "20260501", 3), partition("flows", "20260502", 1), partition("pairs_1h", "20260501", 2)];
  const size = { partitions, usedBytes: 300, diskBytes: 1000, freeBytes: 400 };
  addStoreMetrics(registry, () => ({ size, maxBytes: 600, droppedBytes: new Map([["flows", 70]]) }));
  const text = await registry.metrics();
  for (const line of [
    'sillage_store_table_bytes{table="flows"} 200',
    'sillage_store_table_rows{table="pairs_1h"} 10',
    'sillage_store_table_parts{table="flows"} 4',
    "sillage_store_partition_parts 3",
    "sillage_store_max_bytes 600",
    "sillage_store_disk_free_bytes 400",
    'sillage_store_dropped_bytes_total{table="flows"} 70',
  ])
    expect(text).toContain(`${line}\n`);
  expect(await registry.metrics()).toBe(text);
});

it("tells nothing before the first look", async () => {
  const registry = new Registry();
  addStoreMetrics(registry, () => ({ size: undefined, maxBytes: undefined, droppedBytes: new Map() }));
  expect(await registry.metrics()).not.toMatch(/\{table=/);
});
