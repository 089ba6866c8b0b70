/** Entry of the folder: one query of a request -> frames. Pure but for the store it is given: the caller passes range, clock and bounds. */
import { SillageError, type Frame } from "@sillage/model";
import { basisOf, receivedRange } from "./activity.ts";
import { Execution, type QueryContext } from "./execution.ts";
import { queryRecords } from "./view-records.ts";
import { queryStat } from "./view-stat.ts";
import { queryTimeseries } from "./view-timeseries.ts";
import { queryTop } from "./view-top.ts";
import { readFilters } from "./read-filters.ts";
import type { QueryRequest, ViewRequest } from "./view-request.ts";

/**
 * Answers one query.
 * @throws SillageError FILTER_* with a position, RANGE_INVALID, VIEW_NOT_ALERTABLE, and what the store throws
 */
export async function runQuery(request: QueryRequest, context: QueryContext): Promise<Frame[]> {
  const { fromMs, toMs } = request.range;
  if (!(fromMs < toMs)) {
    throw new SillageError("input", "RANGE_INVALID", `the range from ${fromMs} to ${toMs} (epoch ms) is empty`, {
      hint: "from must lie before to",
    });
  }
  if (request.alert && request.query.view === "records") {
    throw new SillageError("input", "VIEW_NOT_ALERTABLE", "an alert rule cannot evaluate flow records", {
      hint: "ask for the view timeseries, top or stat in the rule's query",
    });
  }
  const viewRequest: ViewRequest = { ...request, ...readFilters(request.query) };
  const execution = new Execution(context);
  const basis = basisOf(request.query);
  execution.noticeBacklog(receivedRange(request.range, basis));
  if (basis !== "received") execution.noticeUnheard(request.range);
  switch (request.query.view) {
    case "timeseries":
      return queryTimeseries(viewRequest, execution);
    case "top":
      return [await queryTop(viewRequest, execution)];
    case "stat":
      return [await queryStat(viewRequest, execution)];
    case "records":
      return [await queryRecords(viewRequest, execution)];
  }
}
