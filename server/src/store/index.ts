export { createStore, type BatchInsert, type ClickHouseStore, type StoreDeps } from "./clickhouse-store.ts";
export { threadPoolSize } from "./thread-pool.ts";
export { defaultLimits, storeConfigSchema, type StoreConfig } from "./config.ts";
export { dataPaths, openDataFolder, prepareDataFolder, type DataFolder, type DataPaths } from "./data-folder.ts";
export type { FlowStore, ParamValue, QueryAnswer, QueryLimits, QueryRequest } from "./store.ts";
export { loaderConfigSchema, type LoaderConfig } from "./loader/config.ts";
export { createLoader, type Loader, type LoaderDeps, type LoaderLog, type LoaderStats } from "./loader/loader.ts";
export { lockProcess } from "./process-lock.ts";
export { LATE_RATES, NETWORKS, replaceRows, type DictionaryRow, type DictionarySpec } from "./dictionaries.ts";
