/** Metrics of the server process about tables and disk, as they were when the store was last looked at. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { StoreSize } from "./store/index.ts";
import type { StoreWatch } from "./store-watch.ts";

export function addStoreMetrics(registry: Registry, watch: () => Omit<StoreWatch, "stop">): void {
  const registers = [registry];
  const byTable = (name: string, help: string, value: (partition: StoreSize["partitions"][number]) => number) =>
    new Gauge({
      name: `sillage_store_table_${name}`,
      help: `${help} Looked at once a minute.`,
      labelNames: ["table"],
      registers,
      collect() {
        this.reset();
        for (const partition of watch().size?.partitions ?? []) this.inc({ table: partition.table }, value(partition));
      },
    });
  const whole = (name: string, help: string, value: (size: StoreSize) => number | undefined) =>
    new Gauge({
      name: `sillage_store_${name}`,
      help,
      registers,
      collect() {
        const { size } = watch();
        const now = size && value(size);
        if (now !== undefined) this.set(now);
      },
    });
  byTable("bytes", "Bytes on disk by table.", ({ bytes }) => bytes);
  byTable("rows", "Rows by table.", ({ rows }) => rows);
  byTable("parts", "Active parts by table.", ({ parts }) => parts.length);
  whole("partition_parts", "Active parts of the partition that has the most: merges are behind where it keeps growing.", ({ partitions }) =>
    Math.max(0, ...partitions.map(({ parts }) => parts.length)),
  );
  whole("max_bytes", "Most that all tables may take (`store.maxBytes`).", () => watch().maxBytes);
  whole("disk_bytes", "Size of the database's disk; 0 where ClickHouse does not tell.", ({ diskBytes }) => diskBytes);
  whole("disk_free_bytes", "What of it is free.", ({ freeBytes }) => freeBytes);
  new Counter({
    name: "sillage_store_dropped_bytes_total",
    help: "Bytes of partitions and parts dropped for lack of room, by table; what retention by age takes is not counted.",
    labelNames: ["table"],
    registers,
    collect() {
      this.reset();
      for (const [table, bytes] of watch().droppedBytes) this.inc({ table }, bytes);
    },
  });
}
