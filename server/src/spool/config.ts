/** Options of the spool, the hand-over on disk between collecting and storing. */
import { z } from "zod";
import { duration, size } from "../config/index.ts";

export const spoolConfigSchema = z.strictObject({
  maxBytes: size({ min: "16MiB" })
    .prefault("10GiB")
    .describe(
      "Most that waiting segments may take on disk. Beyond it what is already there is kept, and new flows are counted as dropped (`spool_full`).",
    ),
  maxShareOfDisk: z
    .number({ error: "expected a number above 0 and up to 1" })
    .gt(0, "expected a number above 0 and up to 1")
    .max(1, "expected a number above 0 and up to 1")
    .default(0.9)
    .describe(
      "Most that waiting segments may take of the room the disk has for them (what is free plus what they take already). The smaller of the two limits counts.",
    ),
  closeAfter: duration({ min: "50ms", max: "1m" })
    .prefault("1s")
    .describe("Age at which a segment that is not full is written. Shorter shows flows sooner, longer writes fewer and larger files."),
  maxPendingBytes: size({ min: "1MiB" })
    .prefault("256MiB")
    .describe(
      "Most memory for segments that the disk has not taken yet. Beyond it new flows are counted as dropped (`spool_full`); reached only when the disk fails or stalls.",
    ),
});

/** Parsed options: sizes in bytes, durations in milliseconds. */
export type SpoolConfig = z.output<typeof spoolConfigSchema>;
