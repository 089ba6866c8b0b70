export { checkExposure, type ApiConfig } from "./config.ts";
export { createApi, type ApiDeps } from "./create-api.ts";
export type { ApiLog } from "./log.ts";
export type { Inspection, LiveCollector, LiveExporter, SystemStatus } from "./status.ts";
