/**
 * View `timeseries`: one frame a series (`timeseries-multi`), buckets aligned to the epoch in UTC.
 *
 * - With dimensions a first statement ranks the groups over the whole range, a second one follows the chosen ones through time. Where the
 *   groups need raw rows and everything together does not, "other" is the difference, if all that takes part reaches back to the range;
 *   else it is folded while the groups are read.
 * - A bucket without rows is 0 where flows were loaded. Outside of the loaded time a graph has no buckets; an alert has nulls, so that the
 *   last value of a collector that went silent is not taken for a fresh one.
 * - Rates are per second of the part of a bucket that lies in the range and is loaded, so that neither edge of a graph dips.
 * - The last bucket of a range up to now is unfinished: graphs keep it (`meta.custom.unfinishedFromMs` says where, and a notice where its value
 *   misleads), alerts leave it out, together with buckets that the range covers only in part. Of a spread series (spread.ts) every bucket is unfinished to
 *   which flows may still add that no exporter has told of.
 */
import {
  MEASURES,
  predicateFields,
  type FieldName,
  type FieldSchema,
  type Frame,
  type FrameValue,
  type MeasureName,
  type Predicate,
} from "@sillage/model";
import { basisOf, HEARD_WITHIN_MS } from "./activity.ts";
import { aggregateSql, type ChosenGroups } from "./aggregate-sql.ts";
import type { GroupValue } from "./dimension.ts";
import { frameType, type Execution, type Loaded, type Row } from "./execution.ts";
import { groupLabels, measureField, seriesName, timeField } from "./frame-fields.ts";
import { fromTotal, isDistinct, isVolume, totalOf } from "./measure.ts";
import { planQuery, type Plan } from "./plan.ts";
import { noticeApproximation, rankGroups } from "./rank-groups.ts";
import { LevelReader, toFixedPoint } from "./spread.ts";
import type { ViewRequest } from "./view-request.ts";
import { bucketStarts, chooseStep, type Range } from "./step.ts";

/** Most points of one answer over all series; Grafana draws no more in useful time. */
const MAX_POINTS = 500_000;
/** Rows are visible this long after their datagram at the latest (segment closed after 1 s, loaded within another), so a bucket is finished. */
const LOAD_LAG_MS = 5_000;

/** Keys that rollups have not for what they held before schema 2, though raw rows do. */
const LATE_KEYS: ReadonlySet<FieldName> = new Set(["src_zone", "dst_zone"]);

/** A line of the graph: a chosen group, or undefined for everything else. */
type Series = readonly GroupValue[] | undefined;

export async function queryTimeseries(request: ViewRequest, execution: Execution): Promise<Frame[]> {
  const { query, predicate } = request;
  const { dimensions, measures } = query;
  const stepMs = stepOf(request, execution);
  const basis = basisOf(query);
  // What lies before it grows no more.
  const settledMs = execution.context.nowMs - (basis === "spread" ? HEARD_WITHIN_MS : 0);
  const range = request.alert ? finishedRange(request.range, stepMs, settledMs - LOAD_LAG_MS) : request.range;
  if (range.fromMs >= range.toMs) return emptyFrames(request, stepMs, execution, { filter: request.description });

  const ranking = dimensions.length === 0 ? undefined : await rankGroups(request, range, execution);
  const plan = planQuery({ range, predicate, dimensions, measures, stepMs, basis });
  const custom = { table: plan.table, filter: request.description, stepMs, ...(ranking === undefined ? {} : { more: ranking.more }) };
  noticeApproximation(plan, execution);
  if (ranking?.groups.length === 0) return emptyFrames(request, stepMs, execution, custom);

  const groups = ranking?.groups.map((group) => group.values);
  const withOther = query.other && ranking?.more === true;
  const everything = withOther ? planQuery({ range, predicate, dimensions: [], measures, stepMs, basis }) : undefined;
  const canSubtract =
    everything !== undefined &&
    isDifference(plan, everything, predicate) &&
    (await execution.reachesBack([...plan.parts, ...everything.parts]));
  const whole = canSubtract ? everything : undefined;
  const foldsOther = withOther && whole === undefined;
  const chosen: ChosenGroups | undefined = groups && { groups, keep: foldsOther ? "both" : "only" };
  const scaling = execution.scaling(query);
  const rows = await execution.run(aggregateSql({ plan, predicate, scaling, dimensions, stepMs, ...(chosen && { chosen }) }));
  // After the groups, so that what is loaded meanwhile makes the rest no smaller.
  const wholeRows = whole && (await execution.run(aggregateSql({ plan: whole, predicate, scaling, dimensions: [], stepMs })));

  const loaded = await execution.loaded(plan.bulk);
  const buckets = bucketStarts(range, stepMs);
  const knownBuckets = buckets.filter((start) => isLoaded(start, stepMs, loaded));
  if (knownBuckets.length === 0) return emptyFrames(request, stepMs, execution, custom);
  // Grafana draws nothing for a lone value among nulls, which is what a newcomer has in the first minute: a graph gets the loaded buckets only.
  const starts = request.alert ? buckets : knownBuckets;

  const series: Series[] = groups === undefined ? [[]] : [...groups, ...(withOther ? [undefined] : [])];
  const layout: Layout = { buckets, stepMs, plan, hasChosen: foldsOther, dimensions: dimensions.length };
  const totals = basis === "spread" ? spreadBySeries(rows, series, layout) : totalsBySeries(rows, series, layout);
  if (wholeRows !== undefined) {
    const [all] = totalsBySeries(wholeRows, [[]], { ...layout, dimensions: 0 });
    totals[series.length - 1] = difference(all!, totals.slice(0, -1));
  }
  const grows = range.toMs > settledMs - LOAD_LAG_MS;
  const unfinished = grows ? starts.find((start) => start + stepMs > settledMs) : undefined;
  const untilMs = loadedUntil(loaded, execution.context.nowMs);
  const seconds = starts.map((start) => coveredSeconds(start, stepMs, range, untilMs));
  const valuesOf = (index: number, measure: MeasureName): FrameValue[] => {
    const column = totals[index]![plan.totals.indexOf(totalOf(measure))]!;
    const total = (start: number): number => column[(start - buckets[0]!) / stepMs]!;
    return starts.map((start, i) =>
      isLoaded(start, stepMs, loaded) && seconds[i]! > 0 ? fromTotal(measure, total(start), seconds[i]!) : null,
    );
  };
  if (unfinished !== undefined && basis !== "spread") noticeUnfinished(unfinished, measures, execution);
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

/**
 * Is "other" what a rollup has of everything less the groups? Folding the rest of raw rows into one series costs as much as ranking did; a
 * rollup tells everything at once. Only if both have the same flows: see `reachesBack`, and LATE_KEYS.
 */
function isDifference(groups: Plan, everything: Plan, predicate: Predicate): boolean {
  const late = [...predicateFields(predicate)].some((name) => LATE_KEYS.has(name));
  return groups.bulk === undefined && everything.bulk !== undefined && !everything.totals.some(isDistinct) && !late;
}

/** A rate is right at any time; what is added up or counted looks like a decline until its bucket has ended. */
function noticeUnfinished(fromMs: number, measures: readonly MeasureName[], execution: Execution): void {
  const growing = measures.filter((measure) => MEASURES[measure].kind !== "rate").map((measure) => MEASURES[measure].label);
  if (growing.length > 0)
    execution.notice("info", `The bucket from ${new Date(fromMs).toISOString()} on has not ended: ${growing.join(", ")} in it still grow.`);
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

/** The whole buckets of a range that end at a time. */
function finishedRange({ fromMs, toMs }: Range, stepMs: number, untilMs: number): Range {
  return { fromMs: Math.ceil(fromMs / stepMs) * stepMs, toMs: Math.floor(Math.min(toMs, untilMs) / stepMs) * stepMs };
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
  readonly buckets: readonly number[];
  readonly stepMs: number;
  readonly plan: Plan;
  /** Rows carry `chosen`: 0 marks the rest. */
  readonly hasChosen: boolean;
  readonly dimensions: number;
}

/** A row of the answer: which series, which bucket, and what stands behind the keys. */
interface Cells {
  readonly index: number;
  readonly bucket: number;
  readonly cells: readonly unknown[];
}

function* cellsOf(rows: readonly Row[], series: readonly Series[], { buckets, stepMs, hasChosen, dimensions }: Layout): Generator<Cells> {
  const indexOf = new Map(series.map((group, index) => [JSON.stringify(group ?? null), index]));
  const keys = 1 + Number(hasChosen);
  for (const row of rows) {
    const isRest = hasChosen && Number(row[1]) === 0;
    const index = indexOf.get(JSON.stringify(isRest ? null : row.slice(keys, keys + dimensions)));
    if (index === undefined) continue;
    yield { index, bucket: (Number(row[0]) - buckets[0]!) / stepMs, cells: row.slice(keys + dimensions) };
  }
}

/** Totals as [series][total][bucket], 0 where no row came. */
function totalsBySeries(rows: readonly Row[], series: readonly Series[], layout: Layout): number[][][] {
  const { plan, buckets } = layout;
  const totals = series.map(() => plan.totals.map(() => new Array<number>(buckets.length).fill(0)));
  for (const { index, bucket, cells } of cellsOf(rows, series, layout)) {
    plan.totals.forEach((_, i) => (totals[index]![i]![bucket] = Number(cells[i])));
  }
  return totals;
}

/** What is left of a sum without some of its parts, as [total][bucket]. Rows that are loaded between two statements must not make it negative. */
function difference(all: readonly (readonly number[])[], parts: readonly (readonly (readonly number[])[])[]): number[][] {
  return all.map((column, i) =>
    column.map((sum, bucket) =>
      Math.max(
        0,
        parts.reduce((left, part) => left - part[i]![bucket]!, sum),
      ),
    ),
  );
}

/** The same from the edges of spread flows: `m` of each total, then `r` of those that are volumes. */
function spreadBySeries(rows: readonly Row[], series: readonly Series[], layout: Layout): number[][][] {
  const { plan, buckets } = layout;
  const volumes = plan.totals.filter(isVolume);
  const readers = series.map(() => plan.totals.map(() => new LevelReader(buckets.length)));
  for (const { index, bucket, cells } of cellsOf(rows, series, layout)) {
    plan.totals.forEach((total, i) => {
      const change = isVolume(total) ? BigInt(String(cells[plan.totals.length + volumes.indexOf(total)])) : 0n;
      const part = isVolume(total) ? BigInt(String(cells[i])) : toFixedPoint(Number(cells[i]));
      readers[index]![i]!.add(bucket, part, change);
    });
  }
  return readers.map((ofSeries) => ofSeries.map((reader) => reader.finish()));
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
