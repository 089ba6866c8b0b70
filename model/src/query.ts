/**
 * FlowQuery: what a panel, an alert rule, the command line or a test asks. Declarative JSON; the time range, the step and the number of
 * points come with the request, never in the text. Defaults and migration live here so that editor, alert rules and CLI agree.
 */
import { z } from "zod";
import { SillageError } from "./errors.ts";
import { DIMENSIONS, findField } from "./fields.ts";
import { MEASURE_NAMES } from "./measures.ts";
import { migrateQuery, QUERY_VERSION } from "./migrate-query.ts";

export const VIEWS = ["timeseries", "top", "records", "stat"] as const;
export type View = (typeof VIEWS)[number];

/** What brings a flow into a range. */
export const TIME_BASES = ["received", "active"] as const;
export type TimeBasis = (typeof TIME_BASES)[number];

/** Most series, rows of a top list, or records that one query may ask. */
export const MAX_LIMIT = 10_000;

const dimensionNames = DIMENSIONS.map((f) => f.name) as [string, ...string[]];

const dimension = z.strictObject({
  field: z.enum(dimensionNames),
  /** Group IPv4 addresses by this prefix length. */
  prefix4: z.int().min(0).max(32).optional(),
  /** Group IPv6 addresses by this prefix length. */
  prefix6: z.int().min(0).max(128).optional(),
});

/** Ad hoc filter as Grafana makes them; `values` for the one-of operators `=|` and `!=|`. */
const adHocFilter = z.strictObject({
  field: z.string().refine((name) => findField(name) !== undefined, { error: "unknown field" }),
  op: z.enum(["=", "!=", "=|", "!=|", "<", ">", "<=", ">="]),
  values: z.array(z.string().max(256)).min(1).max(1000),
});

const flowQueryShape = z.strictObject({
  version: z.literal(QUERY_VERSION).default(QUERY_VERSION),
  view: z.enum(VIEWS).default("timeseries"),
  /** Filter text; empty = everything. */
  filter: z.string().max(20_000).default(""),
  filters: z.array(adHocFilter).max(50).default([]),
  dimensions: z.array(dimension).max(6).default([]),
  measures: z.array(z.enum(MEASURE_NAMES)).min(1).max(8).default(["bps"]),
  /** What ranks rows and chooses series; default: the first measure, largest first. */
  order: z.strictObject({ measure: z.enum(MEASURE_NAMES), desc: z.boolean().default(true) }).optional(),
  /** Rows (top, records) or series (timeseries). */
  limit: z.int().min(1).max(MAX_LIMIT).default(10),
  /** Adds one row or series with the sum of what `limit` cut off. */
  other: z.boolean().default(false),
  /** Multiply bytes and packets by the sampling rate. */
  scaled: z.boolean().default(true),
  /** Which flows belong to the range: those received in it, or those active in it. */
  time: z.enum(TIME_BASES).default("received"),
  /** Bytes and packets count by the part of a flow's time that lies in a bucket or in the range; flows are those active in the range. */
  spread: z.boolean().default(false),
});

export const flowQuerySchema = flowQueryShape.superRefine(({ view, time, spread }, issues) => {
  if (spread && view === "records")
    issues.addIssue({
      code: "custom",
      path: ["spread"],
      message: 'flow records are not spread: ask for those active in the range with time: "active"',
    });
  if (time === "active" && !spread && view === "timeseries")
    issues.addIssue({
      code: "custom",
      path: ["time"],
      message: "a time series of active flows needs spread: true, or each would count in many buckets",
    });
});

/** A checked query with every default filled in. */
export type FlowQuery = z.output<typeof flowQuerySchema>;
/** A query as people write it. */
export type FlowQueryInput = z.input<typeof flowQuerySchema>;
export type Dimension = FlowQuery["dimensions"][number];

/**
 * Checks a query from outside and fills the defaults in.
 * @throws SillageError QUERY_INVALID naming the key and what was expected; QUERY_VERSION for a version this program does not know.
 */
export function parseFlowQuery(stored: unknown): FlowQuery {
  const migrated = migrateQuery(stored);
  if (typeof migrated === "object" && migrated !== null && "version" in migrated && migrated.version !== QUERY_VERSION) {
    throw new SillageError("input", "QUERY_VERSION", `query version ${JSON.stringify(migrated.version)} is unknown`, {
      hint: `this program reads version ${QUERY_VERSION}; update it, or set "version": ${QUERY_VERSION}`,
    });
  }
  const result = flowQuerySchema.safeParse(migrated);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue && issue.path.length > 0 ? issue.path.join(".") : "query";
  throw new SillageError("input", "QUERY_INVALID", `${where}: ${issue?.message ?? "is not a query"}`, {
    hint: "docs/queries.md lists the keys, their values and their defaults",
  });
}
