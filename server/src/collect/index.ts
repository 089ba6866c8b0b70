export { createCollector, type Collector } from "./collector.ts";
export { collectorConfigSchema, takesTcp, type CollectorConfig } from "./config.ts";
export { COUNTERS_TABLE, CounterTable } from "./counter-table.ts";
export { readElementsFile } from "./elements-file.ts";
export { createCollectorMetrics } from "./metrics.ts";
export { LossJournal } from "./loss-journal.ts";
export { StateFile } from "./state-file.ts";
export { type CollectorStatus, type ExporterStatus } from "./status.ts";
