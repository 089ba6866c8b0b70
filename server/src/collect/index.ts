export { createCollector, type Collector, type CollectorDeps, type CollectorOptions } from "./collector.ts";
export { collectorConfigSchema, takesTcp, type CollectorConfig } from "./config.ts";
export { COUNTERS_TABLE, CounterTable } from "./counter-table.ts";
export { elementsFileSchema, readElementsFile } from "./elements-file.ts";
export { EXPORTERS_TABLE } from "./exporter-table.ts";
export { createCollectorMetrics, type CollectorMetrics } from "./metrics.ts";
export { LossJournal } from "./loss-journal.ts";
export { StateFile } from "./state-file.ts";
export { MAX_STATUS_EXPORTERS, type CollectorStatus, type ExporterStatus, type ListeningStatus } from "./status.ts";
