/** The whole configuration: every component's options under its name. Only the composition root knows them all. */
import { z } from "zod";
// Not from api/index.ts: every process reads the configuration, and only the server should load express for it.
import { apiConfigSchema } from "./api/config.ts";
import { collectorConfigSchema } from "./collect/index.ts";
import { exportersConfigSchema } from "./exporters/index.ts";
import { logConfigSchema } from "./log.ts";
import { spoolConfigSchema } from "./spool/index.ts";
import { loaderConfigSchema, storeConfigSchema } from "./store/index.ts";

export const sillageConfigSchema = z.strictObject({
  data: z
    .string()
    .min(1, "expected a folder")
    .default("./data")
    .describe("Folder for everything that is kept: ClickHouse's data and the spool. A relative path starts at the working directory."),
  networks: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File that says which networks are the operator's (docs/networks.md). Without: `networks.yaml` beside the configuration file, if there is one.",
    ),
  elements: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File that declares information elements (docs/elements.md). Without: `elements.yaml` beside the configuration file, if there is one.",
    ),
  collector: collectorConfigSchema.prefault({}).describe("Where flows are received."),
  exporters: exportersConfigSchema
    .default([])
    .describe("What is known about exporters: names, sites, sampling rates that win over their own, interfaces."),
  spool: spoolConfigSchema
    .prefault({})
    .describe("The hand-over on disk from the collector to the store: flows wait there while ClickHouse is busy or down."),
  store: storeConfigSchema.prefault({}).describe("Where ClickHouse is, what a query may take, how long data is kept."),
  loader: loaderConfigSchema.prefault({}).describe("How waiting segments are loaded into ClickHouse."),
  api: apiConfigSchema.prefault({}).describe("The HTTP API and the page."),
  log: logConfigSchema.prefault({}).describe("Logs, written to standard error."),
});

/** Parsed configuration: durations in milliseconds, sizes in bytes, secrets as references. Survives JSON, so it can go to a child process. */
export type SillageConfig = z.output<typeof sillageConfigSchema>;
