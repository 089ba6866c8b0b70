export { createStore, type BatchInsert, type ClickHouseStore, type StoreDeps } from "./clickhouse-store.ts";
export { threadPoolSize } from "./chdb-engine.ts";
export { defaultLimits, storeConfigSchema, type StoreConfig } from "./config.ts";
export { dataPaths, openDataFolder, prepareDataFolder, type DataFolder, type DataPaths } from "./data-folder.ts";
export type { FlowStore, ParamValue, QueryAnswer, QueryLimits, QueryRequest } from "./store.ts";
