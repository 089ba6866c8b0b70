/**
 * What a measure means in SQL, on the raw table and on rollups. A query reads one table or several parts (raw rows at the edges of its
 * range, a rollup in the middle), so each measure is made in two steps: `partial` aggregates one part, `merge` adds the parts up.
 * Distinct counts are exact on raw rows (uniqExact; the query's memory bound stops a runaway) and sketches as soon as a rollup takes part.
 */
import { ATTEMPT_SQL, MEASURES, type MeasureName } from "@sillage/model";
import { rollupScaled, rowScale, type Scaling } from "./scaling.ts";
import { and, call, column, constant, fragment, infix, TRUE, type Expr } from "./sql-tree.ts";

/** What a measure adds up before it is turned into a rate. */
export type Total = Exclude<MeasureName, "bps" | "pps" | "fps" | "tcp_fps">;

/** Rates are a total times a factor per second. */
const RATES: Readonly<Partial<Record<MeasureName, { readonly total: Total; readonly factor: number }>>> = {
  bps: { total: "bytes", factor: 8 },
  pps: { total: "packets", factor: 1 },
  fps: { total: "flows", factor: 1 },
  tcp_fps: { total: "tcp_flows", factor: 1 },
};

/** The total that a measure is made from. */
export function totalOf(measure: MeasureName): Total {
  return RATES[measure]?.total ?? (measure as Total);
}

/** Turns the total of some seconds into the measure. */
export function fromTotal(measure: MeasureName, total: number, seconds: number): number {
  const rate = RATES[measure];
  return rate === undefined ? total : (total * rate.factor) / seconds;
}

export function isDistinct(measure: MeasureName): boolean {
  return MEASURES[measure].kind === "distinct";
}

/** A failed first contact, of raw rows. */
export const attempt = fragment(ATTEMPT_SQL);

/** Totals that nothing but failed first contacts adds to. */
export function isOfAttempts(total: Total): boolean {
  return total === "attempts" || total === "attempt_sources" || total === "attempt_destinations";
}

/** Both ends of a raw row, as far as they are known; the sketches of both ends in a rollup. */
const ends = fragment("arrayFilter(a -> a != toIPv6('::'), [src_addr, dst_addr])");
const endSketches = fragment("[sources, destinations]");

export function isVolume(total: Total): total is "bytes" | "packets" {
  return total === "bytes" || total === "packets";
}

/** Bytes or packets of one raw row. */
export function volume(name: "bytes" | "packets", scaling: Scaling): Expr {
  return scaling === "none" ? column(name) : infix("*", column(name), rowScale(scaling));
}

/** Distinct totals: the column whose values count, and which rows count. */
const DISTINCT: Readonly<Partial<Record<Total, { readonly column: "src_addr" | "dst_addr"; readonly condition: Expr }>>> = {
  sources: { column: "src_addr", condition: TRUE },
  destinations: { column: "dst_addr", condition: TRUE },
  attempt_sources: { column: "src_addr", condition: attempt },
  attempt_destinations: { column: "dst_addr", condition: attempt },
};

/** Rows that count for a distinct total; an address that was not sent is none. */
function distinctCondition({ column: name, condition }: { readonly column: "src_addr" | "dst_addr"; readonly condition: Expr }): Expr {
  return and(condition, infix("!=", column(name), fragment("toIPv6('::')")));
}

/**
 * The total over raw rows, in one step.
 * @param counted Rows that count for everything but volumes.
 */
export function rawTotal(total: Total, scaling: Scaling, counted = TRUE): Expr {
  switch (total) {
    case "bytes":
    case "packets":
      return call("sum", volume(total, scaling));
    case "flows":
      return flowsWhere(counted);
    case "tcp_flows":
      return flowsWhere(and(infix("=", column("proto"), constant(6)), counted));
    case "attempts":
      return flowsWhere(and(attempt, counted));
    case "hosts":
      return counted === TRUE ? call("uniqExactArray", ends) : call("uniqExactArrayIf", ends, counted);
    case "sources":
    case "destinations":
    case "attempt_sources":
    case "attempt_destinations": {
      const distinct = DISTINCT[total]!;
      return call("uniqExactIf", column(distinct.column), and(distinctCondition(distinct), counted));
    }
  }
}

function flowsWhere(condition: Expr): Expr {
  return condition === TRUE ? call("sum", column("flows")) : call("sumIf", column("flows"), condition);
}

/** The total over rows of a rollup, in one step. The planner chooses only rollups that have the column. */
export function rollupTotal(total: Total, scaling: Scaling): Expr {
  if (total === "hosts") return call("uniqCombinedMergeArray(12)", endSketches);
  if (isDistinct(total)) return call("uniqCombinedMerge(12)", column(total));
  return call("sum", total === "bytes" || total === "packets" ? rollupScaled(total, scaling) : column(total));
}

/** First step over one part of a query that reads several. */
export function partialTotal(total: Total, part: "raw" | "rollup", scaling: Scaling): Expr {
  if (total === "hosts") {
    return part === "raw" ? call("uniqCombinedStateArray(12)", ends) : call("uniqCombinedMergeStateArray(12)", endSketches);
  }
  const distinct = DISTINCT[total];
  if (distinct === undefined) return part === "raw" ? rawTotal(total, scaling) : rollupTotal(total, scaling);
  return part === "raw"
    ? call("uniqCombinedStateIf(12)", column(distinct.column), distinctCondition(distinct))
    : call("uniqCombinedMergeState(12)", column(total));
}

/** Second step: adds up the parts' column. */
export function mergedTotal(total: Total, parts: Expr): Expr {
  return isDistinct(total) ? call("uniqCombinedMerge(12)", parts) : call("sum", parts);
}
