/** View `top`: a ranked list, one row a group, as `numeric-long` (an alert makes each row an instance, its strings the labels). */
import type { Frame, FrameValue, MeasureName } from "@sillage/model";
import { aggregateSql } from "./aggregate-sql.ts";
import { groupText } from "./dimension.ts";
import type { Execution } from "./execution.ts";
import { dimensionField, measureField, OTHER } from "./frame-fields.ts";
import { fromTotal, totalOf } from "./measure.ts";
import { hasData, noticeApproximation, rankGroups, toGroup, type RankedGroup, type Ranking } from "./rank-groups.ts";
import type { ViewRequest } from "./view-request.ts";

export async function queryTop(request: ViewRequest, execution: Execution): Promise<Frame> {
  const { query, range, refId } = request;
  const { dimensions, measures } = query;
  const ranking = await rankGroups(request, range, execution);
  const other = query.other && ranking.more ? await restOf(request, ranking, execution) : undefined;
  noticeApproximation(ranking.plan, execution);

  const rows: readonly RankedGroup[] = dimensions.length === 0 && !(await hasData(request, ranking, execution)) ? [] : ranking.groups;
  const seconds = (range.toMs - range.fromMs) / 1000;
  const numberColumn = (measure: MeasureName): FrameValue[] =>
    [...rows, ...(other === undefined ? [] : [other])].map((group) =>
      fromTotal(measure, group.totals[ranking.plan.totals.indexOf(totalOf(measure))]!, seconds),
    );
  return {
    schema: {
      refId,
      meta: execution.meta("numeric-long", { table: ranking.plan.table, filter: request.description, more: ranking.more }),
      fields: [...dimensions.map(dimensionField), ...measures.map((measure) => measureField(measure))],
    },
    data: {
      values: [
        ...dimensions.map((dimension, i) => [
          ...rows.map((group) => groupText(dimension, group.values[i]!)),
          ...(other === undefined ? [] : [OTHER]),
        ]),
        ...measures.map(numberColumn),
      ],
    },
  };
}

/** Totals of everything that the ranking left out. Asked, not subtracted: distinct counts do not subtract. */
async function restOf({ query, predicate }: ViewRequest, { plan, groups }: Ranking, execution: Execution): Promise<RankedGroup> {
  const chosen = { groups: groups.map((group) => group.values), keep: "rest" } as const;
  const rows = await execution.run(
    aggregateSql({ plan, predicate, scaling: execution.scaling(query), dimensions: query.dimensions, chosen }),
  );
  return toGroup(rows[0] ?? [], 0);
}
