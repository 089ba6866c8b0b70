export { examine, examineDevice } from "./examine.ts";
export { isTrouble, SEVERITIES, sortFindings, type Finding, type Severity } from "./finding.ts";
export type { DeviceReport, LoaderReport, RefusedReport, SocketReport, SpoolReport, StorageReport, SystemReport } from "./report.ts";
export { DEVICE_RULES } from "./device-rules.ts";
export { SYSTEM_RULES } from "./system-rules.ts";
export { STORAGE_RULES } from "./storage-rules.ts";
export { bytes, duration, integer, percent, plural } from "./words.ts";
