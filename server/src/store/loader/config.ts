/** Options of loading segments into the store. */
import { z } from "zod";
import { duration } from "../../config/index.ts";
import { LOAD_CONNECTIONS } from "../thread-pool.ts";

export const loaderConfigSchema = z.strictObject({
  pollEvery: duration({ min: "10ms", max: "1m" }).prefault("250ms").describe("How often the spool is looked at."),
  maxBatchRows: z
    .int({ error: "expected a number of rows" })
    .min(1)
    .max(1_048_576)
    .default(1_048_576)
    .describe("Most rows of one insert. Larger inserts cost less per row; up to 1048576 rows stay one block, which repeats exactly."),
  maxBatchSegments: z
    .int({ error: "expected a number of segments" })
    .min(1)
    .max(1_000)
    .default(256)
    .describe("Most segments of one insert."),
  parallelBatches: z
    .int({ error: "expected a number from 1 to 4" })
    .min(1)
    .max(LOAD_CONNECTIONS)
    .default(2)
    .describe("Inserts that run side by side while much waits; each uses one core and up to about a gigabyte."),
});

/** Parsed options: durations in milliseconds. */
export type LoaderConfig = z.output<typeof loaderConfigSchema>;
