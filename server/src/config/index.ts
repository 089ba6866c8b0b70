export { configReference, printConfig } from "./describe-options.ts";
export { loadConfig, type LoadConfigOptions, type LoadedConfig } from "./load-config.ts";
export { nearestName } from "./nearest-name.ts";
export { network, NetworkTable, parseNetwork, type Network } from "./network.ts";
export { readSecret, secret } from "./secret.ts";
export { bitRate, type Bounds, duration, formatDuration, formatSize, parseDurationMs, parseSizeBytes, port, size } from "./values.ts";
export { invalid, readYamlFile, type YamlFileKind } from "./yaml-file.ts";
