/** The fault matrix, in the order it is run and printed. */
import type { FaultRow } from "../row.ts";
import { CLOCK_STEPS } from "./clock.ts";
import { DATABASE_ROWS } from "./database.ts";
import { DISK_ROWS } from "./disk.ts";
import { SIGKILLS } from "./kills.ts";
import { CORRUPT_SEGMENTS, DUPLICATES } from "./segments.ts";
import { SIGTERM_ALL } from "./terms.ts";

export const FAULT_ROWS: readonly FaultRow[] = [
  SIGKILLS,
  SIGTERM_ALL,
  ...DATABASE_ROWS,
  ...DISK_ROWS,
  CORRUPT_SEGMENTS,
  DUPLICATES,
  CLOCK_STEPS,
];
