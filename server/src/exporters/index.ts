export { exportersConfigSchema, type ExportersConfig, type InterfaceConfig } from "./config.ts";
export { ExporterDirectory, type ExporterInfo, type NetworkRate } from "./exporter-directory.ts";
export { SamplingRates } from "./sampling-rates.ts";
