/**
 * What bytes and packets are multiplied by: nothing, the rate that was stored with each row, or also a rate that became known later for
 * rows that were stored without one (the dictionary `late_rates`, by exporter). The dictionary is asked only while it has rates, so that
 * the usual query does without.
 */
import { SCALE_SQL } from "@sillage/model";
import { call, column, fragment, infix, type Expr } from "./sql-tree.ts";

export type Scaling = "none" | "stored" | "late";

/** Rate of rows whose own is unknown; 1 where nobody has told one. */
const LATE_RATE_SQL = "dictGetOrDefault('late_rates', 'rate', exporter, toUInt32(1))";

/** Multiplier of a raw row's counters. */
export function rowScale(scaling: Exclude<Scaling, "none">): Expr {
  return scaling === "stored"
    ? fragment(SCALE_SQL)
    : call("if", fragment("sampling_rate = 0"), fragment(LATE_RATE_SQL), column("sampling_rate"));
}

/** Scaled counter of a rollup's row: what had a rate is multiplied already, the rest stands beside it. */
export function rollupScaled(name: "bytes" | "packets", scaling: Scaling): Expr {
  switch (scaling) {
    case "none":
      return column(name);
    case "stored":
      return column(`${name}_scaled`);
    case "late":
      return infix("+", column(`${name}_scaled`), infix("*", column(`${name}_unrated`), fragment(`toUInt64(${LATE_RATE_SQL} - 1)`)));
  }
}
