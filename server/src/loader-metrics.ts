/** Metrics of the server process about loading, read from the loader at each scrape. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { LoaderStats } from "./store/index.ts";

/** A registry with the process's own numbers and the loader's; the API adds its own. */
export function createServerMetrics(stats: () => LoaderStats): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, value: (now: LoaderStats) => number) =>
    new Gauge({
      name: `sillage_loader_${name}`,
      help,
      registers,
      collect() {
        this.set(value(stats()));
      },
    });
  const counter = (name: string, help: string, value: (now: LoaderStats) => number) =>
    new Counter({
      name: `sillage_loader_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value(stats()));
      },
    });
  gauge("backlog_segments", "Segments that wait for ClickHouse.", (now) => now.backlogSegments);
  gauge("backlog_rows", "Rows that wait for ClickHouse.", (now) => now.backlogRows);
  gauge("backlog_bytes", "Bytes that wait for ClickHouse.", (now) => now.backlogBytes);
  gauge("oldest_age_seconds", "Age of the oldest segment that waits.", (now) => now.oldestAgeMs / 1000);
  gauge("quarantine_segments", "Segments in the quarantine folder: look at their reasons.", (now) => now.inQuarantine);
  gauge("failing", "1 while loading fails and is tried again.", (now) => (now.failing === undefined ? 0 : 1));
  counter("loaded_segments_total", "Segments loaded and deleted.", (now) => now.loadedSegments);
  counter("loaded_rows_total", "Rows loaded.", (now) => now.loadedRows);
  counter("loaded_batches_total", "Inserts that were acknowledged.", (now) => now.loadedBatches);
  counter("errors_total", "Inserts that failed; each is tried again or quarantined.", (now) => now.errors);
  return registry;
}
