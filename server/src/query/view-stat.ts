/** View `stat`: single numbers, as `numeric-wide`: one row, one column a measure and group. */
import type { FieldSchema, Frame } from "@sillage/model";
import type { Execution } from "./execution.ts";
import { groupLabels, measureField, seriesName } from "./frame-fields.ts";
import { fromTotal, totalOf } from "./measure.ts";
import { hasData, noticeApproximation, rankGroups } from "./rank-groups.ts";
import type { ViewRequest } from "./view-request.ts";

export async function queryStat(request: ViewRequest, execution: Execution): Promise<Frame> {
  const { query, range, refId } = request;
  const { dimensions, measures } = query;
  const ranking = await rankGroups(request, range, execution);
  noticeApproximation(ranking.plan, execution);
  const meta = execution.meta("numeric-wide", { table: ranking.plan.table, filter: request.description, more: ranking.more });
  const empty = ranking.groups.length === 0 || (dimensions.length === 0 && !(await hasData(request, ranking, execution)));
  if (empty) {
    return { schema: { refId, meta, fields: measures.map((measure) => measureField(measure)) }, data: { values: measures.map(() => []) } };
  }

  const seconds = (range.toMs - range.fromMs) / 1000;
  const columns = ranking.groups.flatMap((group) =>
    measures.map((measure): { field: FieldSchema; value: number } => ({
      field: measureField(
        measure,
        groupLabels(dimensions, group.values, measure, measures),
        seriesName(dimensions, group.values, measure, measures),
      ),
      value: fromTotal(measure, group.totals[ranking.plan.totals.indexOf(totalOf(measure))]!, seconds),
    })),
  );
  return {
    schema: { refId, meta, fields: columns.map((column) => column.field) },
    data: { values: columns.map((column) => [column.value]) },
  };
}
