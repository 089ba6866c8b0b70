/** The fault matrix, in the order it is run and printed. */
import type { FaultRow } from "../row.ts";
import { SIGKILLS } from "./kills.ts";
import { SIGTERM_ALL } from "./terms.ts";

export const FAULT_ROWS: readonly FaultRow[] = [SIGKILLS, SIGTERM_ALL];
