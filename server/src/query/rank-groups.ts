/** First statement of a grouped query: the groups that matter most, with their totals. */
import type { FlowQuery, MeasureName } from "@sillage/model";
import { basisOf } from "./activity.ts";
import { aggregateSql, ranksAttempts, type Aggregation } from "./aggregate-sql.ts";
import type { GroupValue } from "./dimension.ts";
import type { Execution, Row } from "./execution.ts";
import { totalOf } from "./measure.ts";
import { planQuery, type Plan } from "./plan.ts";
import { rankByAddress } from "./rank-by-address.ts";
import type { ViewRequest } from "./view-request.ts";
import type { Range } from "./step.ts";

export interface RankedGroup {
  readonly values: readonly GroupValue[];
  /** In the order of `plan.totals`. */
  readonly totals: readonly number[];
}

export interface Ranking {
  readonly plan: Plan;
  readonly groups: readonly RankedGroup[];
  /** Groups exist that are not in the list: beyond `limit`, or without a part in what ranks but in something else that is asked. */
  readonly more: boolean;
}

/** The measure that ranks: the one asked, else the first. */
export function rankingMeasure({ order, measures }: FlowQuery): MeasureName {
  return order?.measure ?? measures[0]!;
}

/** Ranks the groups of a range. Without dimensions there is one group with no values. */
export async function rankGroups(request: ViewRequest, range: Range, execution: Execution): Promise<Ranking> {
  const { query, predicate } = request;
  const ranking = rankingMeasure(query);
  const plan = planQuery({ range, predicate, dimensions: query.dimensions, measures: [...query.measures, ranking], basis: basisOf(query) });
  const aggregation: Aggregation = {
    plan,
    predicate,
    scaling: execution.scaling(query),
    dimensions: query.dimensions,
    // One more than wanted tells whether anything was left out.
    rank: { totalIndex: plan.totals.indexOf(totalOf(ranking)), desc: query.order?.desc ?? true, limit: query.limit + 1 },
  };
  const rows = (await rankByAddress(aggregation, execution)) ?? (await execution.run(aggregateSql(aggregation)));
  const withPart = (row: Row): boolean => hasPart(row, query, aggregation);
  // Groups that have nothing of all that is asked are not missed, whether or not the table told them.
  const found = ranksAttempts(aggregation) ? rows.filter(withPart) : rows;
  const groups = found
    .slice(0, query.limit)
    .filter(withPart)
    .map((row) => toGroup(row, query.dimensions.length));
  return { plan, groups, more: found.length > groups.length };
}

/** Whether a group has a part in what ranks: a list of the most scanned ports has no use for ports that nobody scanned. */
function hasPart(row: Row, { dimensions }: FlowQuery, { rank }: Aggregation): boolean {
  return dimensions.length === 0 || rank?.desc !== true || Number(row[dimensions.length + rank.totalIndex]) > 0;
}

export function toGroup(row: Row, dimensions: number): RankedGroup {
  return { values: row.slice(0, dimensions) as GroupValue[], totals: row.slice(dimensions).map(Number) };
}

/** Distinct counts from sketches are said to be what they are. */
export function noticeApproximation(plan: Plan, execution: Execution): void {
  if (!plan.approximate) return;
  execution.notice(
    "info",
    `Distinct counts are estimates from the table ${plan.table} (typical error 1.6 %). A filter or dimension that only raw rows have makes them exact.`,
  );
}

/**
 * Is anything loaded in the range? A sum over nothing is 0 where flows were collected (nothing matched), but no answer at all where none
 * were: an alert then says "no data" instead of comparing a 0 that nobody measured.
 */
export async function hasData({ range }: ViewRequest, { plan }: Ranking, execution: Execution): Promise<boolean> {
  const loaded = await execution.loaded(plan.bulk);
  return loaded !== undefined && loaded.oldestMs < range.toMs && loaded.newestMs >= range.fromMs;
}
