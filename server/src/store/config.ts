/** Options of the store: where ClickHouse is, how much a query may take, how long data is kept. */
import { z } from "zod";
import { duration, secret, size } from "../config/index.ts";
import type { QueryLimits } from "./store.ts";

/** A TTL is a DateTime, which ends in 2106: a longer retention would wrap around and delete everything. */
export const MAX_RETENTION_DAYS = 7_300;
const days = z
  .int({ error: "expected a number of days" })
  .min(1, "expected 1 day or more")
  .max(MAX_RETENTION_DAYS, `expected at most ${MAX_RETENTION_DAYS} days`);

const limitsSchema = z
  .strictObject({
    maxTime: duration({ min: "100ms", max: "1h" }).prefault("30s").describe("Longest a query may run."),
    maxMemory: size({ min: "16MiB" }).prefault("2GiB").describe("Most memory one query may use."),
    maxRowsToRead: z
      .number({ error: "expected a number of rows" })
      .int()
      .min(1)
      .default(5_000_000_000)
      .describe("Most rows one query may read; a query that would read more is refused at once."),
    maxResultRows: z
      .int({ error: "expected a number of rows" })
      .min(1)
      .max(1_000_000)
      .default(50_000)
      .describe("Most rows an answer may have; the rest is cut off with a notice."),
  })
  .prefault({});

export const storeConfigSchema = z
  .strictObject({
    kind: z
      .enum(["embedded", "http"])
      .default("embedded")
      .describe("ClickHouse inside the server process, or a ClickHouse server over HTTP."),
    url: z
      .url({ protocol: /^https?$/, error: 'expected a URL such as "http://localhost:8123"' })
      .optional()
      .describe("Address of the ClickHouse server (kind http)."),
    user: z.string().default("default").describe("ClickHouse user (kind http)."),
    password: secret().optional().describe("Password of the ClickHouse user (kind http)."),
    reader: z
      .strictObject({
        user: z.string().describe("Name of the user."),
        password: secret().describe("Its password."),
      })
      .optional()
      .describe(
        "Another ClickHouse user for queries, who may only read (docs/clickhouse.md); without, `store.user` runs them too (kind http).",
      ),
    database: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected a name of letters, digits and _" })
      .default("sillage")
      .describe("Database that holds the tables; made if it is missing."),
    caFile: z
      .string()
      .optional()
      .describe("PEM file with the certificate authority of the ClickHouse server, if it is not a public one (https)."),
    compression: z.boolean().default(true).describe("Compress what travels to and from the ClickHouse server (kind http)."),
    queryConnections: z
      .int({ error: "expected a number from 1 to 64" })
      .min(1)
      .max(64)
      .default(4)
      .describe("Queries that run at once; more wait their turn."),
    maxThreads: z
      .int({ error: "expected a number of threads" })
      .min(1)
      .max(256)
      .optional()
      .describe("Threads of one query; ClickHouse's choice without."),
    limits: limitsSchema.describe("What one query may take."),
    maxBytes: size({ min: "100MiB" })
      .optional()
      .describe(
        "Most that all tables may take on disk (default 30GiB, or 60 % of a disk where that is less). Beyond it, or when less than a tenth of the disk is free, the oldest partitions go, raw flows first down to half of it.",
      ),
    retention: z
      .strictObject({
        flows: days.optional().describe("Days that raw flows are kept (default 30)."),
        traffic_1m: days.optional().describe("Days that volumes by minute are kept (default 400)."),
        traffic_1h: days.optional().describe("Days that volumes by hour are kept (default 1837)."),
        loss_1m: days.optional().describe("Days that the loss balance by minute is kept (default 400)."),
        if_counters: days.optional().describe("Days that interface counters are kept (default 90)."),
        ports_5m: days.optional().describe("Days that ports by five minutes are kept (default 30)."),
        ports_1d: days.optional().describe("Days that ports by day are kept (default 1837)."),
        hosts_5m: days.optional().describe("Days that what each host did in five minutes is kept (default 90)."),
        pairs_1h: days.optional().describe("Days that pairs of hosts by hour are kept (default 90)."),
      })
      .prefault({})
      .describe("How long data is kept, by table. Unit: days."),
  })
  .superRefine((config, context) => {
    if (config.kind === "http" && config.url === undefined)
      context.addIssue({ code: "custom", path: ["url"], message: 'needed with kind http, such as "http://localhost:8123"' });
    if (config.kind === "embedded" && config.url !== undefined)
      context.addIssue({ code: "custom", path: ["url"], message: "only with kind http" });
    if (config.kind === "embedded" && config.reader !== undefined)
      context.addIssue({ code: "custom", path: ["reader"], message: "only with kind http" });
  });

/** Parsed options: sizes in bytes, durations in milliseconds. */
export type StoreConfig = z.output<typeof storeConfigSchema>;

/** The configured bounds in the form that a query carries. */
export function defaultLimits(config: StoreConfig): QueryLimits {
  const { maxTime, maxMemory, maxRowsToRead, maxResultRows } = config.limits;
  return { maxSeconds: maxTime / 1000, maxMemoryBytes: maxMemory, maxRowsToRead, maxResultRows };
}
