/**
 * View `timeseries`: one frame a series (`timeseries-multi`), buckets aligned to the epoch in UTC.
 *
 * - With dimensions a first statement ranks the groups over the whole range, a second one follows the chosen ones through time.
 * - A bucket without rows is 0 where flows were loaded. Outside of the loaded time a graph has no buckets; an alert has nulls, so that the
 *   last value of a collector that went silent is not taken for a fresh one.
 * - Rates are per second of the part of a bucket that lies in the range and is loaded, so that neither edge of a graph dips.
 * - The last bucket of a range up to now is unfinished: graphs keep it (`meta.custom.unfinishedFromMs` says where), alerts leave it out,
 *   together with buckets that the range covers only in part.
 */
import type { FieldSchema, Frame, FrameValue, MeasureName } from "@sillage/model";
import { aggregateSql, type ChosenGroups } from "./aggregate-sql.ts";
import type { GroupValue } from "./dimension.ts";
import { frameType, type Execution, type Loaded, type Row } from "./execution.ts";
import { groupLabels, measureField, seriesName, timeField } from "./frame-fields.ts";
import { fromTotal, totalOf } from "./measure.ts";
import { planQuery, type Plan } from "./plan.ts";
import { noticeApproximation, rankGroups } from "./rank-groups.ts";
import type { ViewRequest } from "./view-request.ts";
import { bucketStarts, chooseStep, type Range } from "./step.ts";

/** Most points of one answer over all series; Grafana draws no more in useful time. */
const MAX_POINTS = 500_000;
/** Rows are visible this long after their datagram at the latest (segment closed after 1 s, loaded within another), so a bucket is finished. */
const LOAD_LAG_MS = 5_000;

/** A line of the graph: a chosen group, or undefined for everything else. */
type Series = readonly GroupValue[] | undefined;

export async function queryTimeseries(request: ViewRequest, execution: Execution): Promise<Frame[]> {
  const { query, predicate } = request;
  const { dimensions, measures } = query;
  const stepMs = stepOf(request, execution);
  const range = request.alert ? finishedRange(request.range, stepMs, execution.context.nowMs) : request.range;
  if (range.fromMs >= range.toMs) return emptyFrames(request, stepMs, execution, { filter: request.description });

  const ranking = dimensions.length === 0 ? undefined : await rankGroups(request, range, execution);
  const plan = planQuery({ range, predicate, dimensions, measures, stepMs });
  const custom = { table: plan.table, filter: request.description, stepMs, ...(ranking === undefined ? {} : { more: ranking.more }) };
  noticeApproximation(plan, execution);
  if (ranking?.groups.length === 0) return emptyFrames(request, stepMs, execution, custom);

  const groups = ranking?.groups.map((group) => group.values);
  const withOther = query.other && ranking?.more === true;
  const chosen: ChosenGroups | undefined = groups && { groups, keep: withOther ? "both" : "only" };
  const rows = await execution.run(
    aggregateSql({ plan, predicate, scaling: execution.scaling(query), dimensions, stepMs, ...(chosen && { chosen }) }),
  );

  const loaded = await execution.loaded(plan.bulk);
  const buckets = bucketStarts(range, stepMs);
  const knownBuckets = buckets.filter((start) => isLoaded(start, stepMs, loaded));
  if (knownBuckets.length === 0) return emptyFrames(request, stepMs, execution, custom);
  // Grafana draws nothing for a lone value among nulls, which is what a newcomer has in the first minute: a graph gets the loaded buckets only.
  const starts = request.alert ? buckets : knownBuckets;

  const series: Series[] = groups === undefined ? [[]] : [...groups, ...(withOther ? [undefined] : [])];
  const totals = totalsBySeries(rows, series, { starts, stepMs, plan, hasChosen: withOther, dimensions: dimensions.length });
  const unfinished = starts.find((start) => start + stepMs > execution.context.nowMs);
  const untilMs = loadedUntil(loaded, execution.context.nowMs);
  const seconds = starts.map((start) => coveredSeconds(start, stepMs, range, untilMs));
  const valuesOf = (index: number, measure: MeasureName): FrameValue[] => {
    const column = totals[index]![plan.totals.indexOf(totalOf(measure))]!;
    return starts.map((start, i) =>
      isLoaded(start, stepMs, loaded) && seconds[i]! > 0 ? fromTotal(measure, column[i]!, seconds[i]!) : null,
    );
  };
  const meta = execution.meta("timeseries-multi", { ...custom, ...(unfinished === undefined ? {} : { unfinishedFromMs: unfinished }) });
  return series
    .flatMap((group, index) =>
      measures.map((measure): Frame => {
        const field = measureField(
          measure,
          groupLabels(dimensions, group, measure, measures),
          seriesName(dimensions, group, measure, measures),
        );
        return seriesFrame(request.refId, stepMs, field, [starts, valuesOf(index, measure)]);
      }),
    )
    .map((frame, index) => (index === 0 ? { ...frame, schema: { ...frame.schema, meta } } : frame));
}

function stepOf({ query, range, intervalMs, maxDataPoints }: ViewRequest, execution: Execution): number {
  const lines = (query.dimensions.length === 0 ? 1 : query.limit + Number(query.other)) * query.measures.length;
  // A truncated answer would read as zeros.
  const most = Math.floor(Math.min(MAX_POINTS, execution.context.limits.maxResultRows) / lines);
  const wanted = chooseStep(range, intervalMs, maxDataPoints);
  const stepMs = chooseStep(range, intervalMs, Math.min(maxDataPoints, most));
  if (stepMs > wanted)
    execution.notice(
      "warning",
      `The step was widened to ${stepMs / 1000} s: one answer holds at most ${most * lines} points. Ask for fewer series or a shorter range.`,
    );
  return stepMs;
}

/** The whole buckets of a range that are in the past. */
function finishedRange({ fromMs, toMs }: Range, stepMs: number, nowMs: number): Range {
  return { fromMs: Math.ceil(fromMs / stepMs) * stepMs, toMs: Math.floor(Math.min(toMs, nowMs - LOAD_LAG_MS) / stepMs) * stepMs };
}

function isLoaded(start: number, stepMs: number, loaded: Loaded | undefined): boolean {
  return loaded !== undefined && start <= loaded.newestMs && start + stepMs > loaded.oldestMs;
}

/** What is complete: up to the newest row, and at least up to a load's delay ago, so that a quiet minute counts as one. */
function loadedUntil(loaded: Loaded | undefined, nowMs: number): number {
  return Math.max((loaded?.newestMs ?? 0) + 1, nowMs - LOAD_LAG_MS);
}

/** Seconds of a bucket that lie in the range and are loaded. */
function coveredSeconds(start: number, stepMs: number, { fromMs, toMs }: Range, untilMs: number): number {
  return (Math.min(start + stepMs, toMs, untilMs) - Math.max(start, fromMs)) / 1000;
}

interface Layout {
  readonly starts: readonly number[];
  readonly stepMs: number;
  readonly plan: Plan;
  /** Rows carry `chosen`: 0 marks the rest. */
  readonly hasChosen: boolean;
  readonly dimensions: number;
}

/** Totals as [series][total][bucket], 0 where no row came. */
function totalsBySeries(
  rows: readonly Row[],
  series: readonly Series[],
  { starts, stepMs, plan, hasChosen, dimensions }: Layout,
): number[][][] {
  const indexOf = new Map(series.map((group, index) => [JSON.stringify(group ?? null), index]));
  const totals = series.map(() => plan.totals.map(() => new Array<number>(starts.length).fill(0)));
  const keys = 1 + Number(hasChosen);
  for (const row of rows) {
    const isRest = hasChosen && Number(row[1]) === 0;
    const index = indexOf.get(JSON.stringify(isRest ? null : row.slice(keys, keys + dimensions)));
    const bucket = (Number(row[0]) - starts[0]!) / stepMs;
    if (index === undefined) continue;
    plan.totals.forEach((_, i) => (totals[index]![i]![bucket] = Number(row[keys + dimensions + i])));
  }
  return totals;
}

function seriesFrame(refId: string, stepMs: number, field: FieldSchema, values: Frame["data"]["values"]): Frame {
  return { schema: { refId, meta: frameType("timeseries-multi"), fields: [timeField(stepMs), field] }, data: { values } };
}

/** No series: one frame a measure, with its fields and no rows, so that a panel and an alert know what is missing. */
function emptyFrames(
  { query, refId }: ViewRequest,
  stepMs: number,
  execution: Execution,
  custom: Readonly<Record<string, unknown>>,
): Frame[] {
  const meta = execution.meta("timeseries-multi", custom);
  return query.measures.map((measure, index) => {
    const frame = seriesFrame(refId, stepMs, measureField(measure), [[], []]);
    return index === 0 ? { ...frame, schema: { ...frame.schema, meta } } : frame;
  });
}
