/**
 * The one aggregation that every view but `records` is made of: totals by dimensions and, for time series, by bucket, over the parts of
 * a plan. One part is one SELECT; several are aggregated each by itself, and the few rows that come out are added up by an outer SELECT.
 *
 * Columns of the answer: `t` (bucket start, epoch ms), `d0`.. (group values), `chosen` (1 for groups of the chosen set), `m0`.. (totals as
 * Float64, in the order of `plan.totals`). A spread time series has `m` of bytes and packets as text and `r` behind them: see spread.ts.
 */
import { RAW_TABLE, type Dimension, type Predicate, type Rollup } from "@sillage/model";
import { ACTIVITY, activeTest, epochMs, receivedRange } from "./activity.ts";
import { dimensionSql, groupArrayType, otherValueSql, type GroupValue } from "./dimension.ts";
import { attempt, isOfAttempts, mergedTotal, partialTotal, rawTotal, rollupTotal, type Total } from "./measure.ts";
import type { Part, Plan } from "./plan.ts";
import { predicateSql } from "./predicate-sql.ts";
import type { Scaling } from "./scaling.ts";
import { edgeColumns, edgeTotals, insideColumns, shareTotal } from "./spread.ts";
import {
  and,
  call,
  column,
  constant,
  infix,
  isIn,
  not,
  value,
  type Alias,
  type Expr,
  type Named,
  type Select,
  type Selected,
} from "./sql-tree.ts";

/** Groups that an earlier statement ranked. */
export interface ChosenGroups {
  /** One row a group, in the order of the query's dimensions. */
  readonly groups: readonly (readonly GroupValue[])[];
  /** `only`: nothing else; `rest`: everything else; `both`: everything, the rest folded into one group that has `chosen` 0. */
  readonly keep: "only" | "rest" | "both";
}

export interface Aggregation {
  readonly plan: Plan;
  readonly predicate: Predicate;
  readonly scaling: Scaling;
  readonly dimensions: readonly Dimension[];
  readonly stepMs?: number;
  readonly chosen?: ChosenGroups;
  /** Only flows with one of these values of a dimension. */
  readonly within?: { readonly dimension: Dimension; readonly values: readonly GroupValue[] };
  /** Sums of raw rows in 128 bits, so that none wraps, whatever counters an exporter sends. */
  readonly wide?: boolean;
  /** Ranks groups by a total, then by their values, so that equals have an order too. */
  readonly rank?: { readonly totalIndex: number; readonly desc: boolean; readonly limit: number };
}

const dimensionAlias = (index: number): Alias => `d${index}`;
const totalAlias = (index: number): Alias => `m${index}`;

export function aggregateSql(query: Aggregation): Select {
  const { parts, totals } = query.plan;
  const keys = keyColumns(query);
  const order = rankOrder(query, keys);
  if (parts.length === 1) {
    return { ...partSelect(query, parts[0]!, onlyTotals(query, parts[0]!)), ...order };
  }
  const from = parts.map((part) =>
    partSelect(
      query,
      part,
      totals.map((name, i): Selected => ({
        expr: widened(query, partialTotal(name, part.rollup === undefined ? "raw" : "rollup", query.scaling)),
        alias: `r${i}`,
      })),
    ),
  );
  return {
    kind: "select",
    columns: [
      ...keys.map((alias): Selected => ({ expr: column(alias) })),
      ...totals.map((name, i): Selected => ({ expr: call("toFloat64", mergedTotal(name, column(`r${i}`))), alias: totalAlias(i) })),
    ],
    from,
    groupBy: keys.map(column),
    ...order,
  };
}

/** Totals of a plan of one part. */
function onlyTotals(query: Aggregation, part: Part): Selected[] {
  const { plan, scaling, stepMs } = query;
  if (part.basis === "spread" && stepMs !== undefined) return edgeTotals(plan.totals, scaling, { range: part, stepMs });
  const total = (name: Total): Expr => {
    if (part.rollup !== undefined) return rollupTotal(name, scaling);
    return part.basis === "spread" ? shareTotal(name, scaling, part) : rawTotal(name, scaling);
  };
  return plan.totals.map((name, i) => ({ expr: call("toFloat64", widened(query, total(name))), alias: totalAlias(i) }));
}

function widened({ wide = false }: Aggregation, sum: Expr): Expr {
  if (!wide || sum.kind !== "call") return sum;
  const [item, ...condition] = sum.args;
  return call(sum.name, call("toUInt128", item!), ...condition);
}

/** Columns that an answer groups by, in their order. */
export function keyColumns({ stepMs, chosen, dimensions }: Pick<Aggregation, "stepMs" | "chosen" | "dimensions">): Alias[] {
  if (chosen?.keep === "rest") return stepMs === undefined ? [] : ["t"];
  return [
    ...(stepMs === undefined ? [] : ["t" as const]),
    ...(chosen?.keep === "both" ? ["chosen" as const] : []),
    ...dimensions.map((_, i) => dimensionAlias(i)),
  ];
}

function rankOrder({ rank, dimensions }: Aggregation, keys: readonly Alias[]): Pick<Select, "orderBy" | "limit"> {
  if (rank === undefined) return keys.includes("t") ? { orderBy: [{ expr: column("t"), desc: false }] } : {};
  const ties = dimensions.map((_, i) => ({ expr: column(dimensionAlias(i)), desc: false }));
  return { orderBy: [{ expr: column(totalAlias(rank.totalIndex)), desc: rank.desc }, ...ties], limit: rank.limit };
}

function partSelect(query: Aggregation, part: Part, totals: readonly Selected[]): Select {
  const { dimensions, chosen, stepMs, within } = query;
  const values = dimensions.map(dimensionSql);
  const inChosen = chosen === undefined ? undefined : chosenTest(values, dimensions, chosen);
  const keys = keyColumns(query).map((alias): Selected => {
    if (alias === "t") return { expr: bucketSql(part, stepMs!), alias };
    if (alias === "chosen") return { expr: inChosen!, alias };
    const index = Number(alias.slice(1));
    const own = values[index]!;
    return { expr: chosen?.keep === "both" ? call("if", column("chosen"), own, otherValueSql(dimensions[index]!)) : own, alias };
  });
  return {
    kind: "select",
    with: namedColumns(part, stepMs),
    columns: [...keys, ...totals],
    from: part.rollup?.table ?? RAW_TABLE,
    where: and(
      timeTest(part),
      predicateSql(part.predicate ?? query.predicate),
      ...(within === undefined ? [] : [isIn(dimensionSql(within.dimension), value(groupArrayType(within.dimension), within.values))]),
      // Groups without a failed first contact would come last and be left out: without them, few rows are grouped.
      ...(part.rollup === undefined && ranksAttempts(query) ? [attempt] : []),
      ...(inChosen === undefined || chosen!.keep === "both" ? [] : [chosen!.keep === "only" ? inChosen : not(inChosen)]),
    ),
    groupBy: keys.map(({ alias }) => column(alias!)),
  };
}

/** Are the groups wanted that have most of what only failed first contacts add to? */
export function ranksAttempts({ plan, rank }: Pick<Aggregation, "plan" | "rank">): boolean {
  return rank?.desc === true && plan.totals.every(isOfAttempts);
}

/** What `timeTest`, buckets and spread totals call by its name. */
export function namedColumns(part: Part, stepMs?: number): readonly Named[] {
  switch (part.basis ?? "received") {
    case "received":
      return [];
    case "active":
      return ACTIVITY;
    case "spread":
      return [...ACTIVITY, ...insideColumns(part), ...(stepMs === undefined ? [] : edgeColumns(part, stepMs))];
  }
}

/** `[from, to)` on the time that a table is sorted by, and on the time in which a flow was active if that is asked. */
export function timeTest({ rollup, basis = "received", ...range }: Part): Expr {
  const { fromMs, toMs } = receivedRange(range, basis);
  if (rollup === undefined) {
    const time = column("time_received");
    return and(
      infix(">=", time, call("fromUnixTimestamp64Milli", epochMs(fromMs))),
      infix("<", time, call("fromUnixTimestamp64Milli", epochMs(toMs))),
      ...(basis === "received" ? [] : [activeTest(range)]),
    );
  }
  const slot = column("time_slot");
  return and(
    infix(">=", slot, call("toDateTime", value("Int64", fromMs / 1000))),
    infix("<", slot, call("toDateTime", value("Int64", toMs / 1000))),
  );
}

function bucketSql({ rollup, basis }: Part, stepMs: number): Expr {
  if (rollup === undefined) {
    const step = value("Int64", stepMs);
    const time = basis === "spread" ? column("edge_time") : call("toUnixTimestamp64Milli", column("time_received"));
    return infix("*", call("intDiv", time, step), step);
  }
  return infix("*", call("intDiv", call("toUnixTimestamp", column("time_slot")), value("Int64", stepMs / 1000)), value("Int64", stepMs));
}

function chosenTest(values: readonly Expr[], dimensions: readonly Dimension[], { groups }: ChosenGroups): Expr {
  const arrays = dimensions.map((dimension, i) =>
    value(
      groupArrayType(dimension),
      groups.map((group) => group[i]!),
    ),
  );
  if (values.length === 1) return isIn(values[0]!, arrays[0]!);
  const rows: Select = { kind: "select", columns: [{ expr: call("arrayJoin", call("arrayZip", ...arrays)) }] };
  return isIn({ kind: "tuple", items: values }, rows);
}

/** Times of the oldest and the newest row of a table (`m0`, `m1`, epoch ms; 0 for an empty one): ClickHouse answers from the parts' minimum and maximum. */
export function loadedSql(rollup: Rollup | undefined): Select {
  const time = column(rollup === undefined ? "time_received" : "time_slot");
  const inMs = (bound: Expr): Expr =>
    rollup === undefined ? call("toUnixTimestamp64Milli", bound) : infix("*", call("toUnixTimestamp", bound), constant(1000));
  return {
    kind: "select",
    columns: [
      { expr: call("toFloat64", inMs(call("min", time))), alias: "m0" },
      { expr: call("toFloat64", inMs(call("max", time))), alias: "m1" },
    ],
    from: rollup?.table ?? RAW_TABLE,
  };
}
