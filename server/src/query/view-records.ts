/**
 * View `records`: flow records themselves, newest first, as a plain table. The dimensions of the query, if there are any, choose the
 * columns beside times and volumes. An alert cannot ask for it (`VIEW_NOT_ALERTABLE`).
 */
import {
  field,
  isVariableKind,
  RAW_SLOT_SQL,
  RAW_TABLE,
  type Field,
  type FieldName,
  type FieldSchema,
  type Frame,
  type FrameValue,
} from "@sillage/model";
import { basisOf } from "./activity.ts";
import { namedColumns, timeTest } from "./aggregate-sql.ts";
import { unmappedAddress } from "./address.ts";
import { UNKNOWN, valueText } from "./dimension.ts";
import type { Execution, Row } from "./execution.ts";
import { isPresent, predicateSql } from "./predicate-sql.ts";
import type { Range } from "./step.ts";
import type { ViewRequest } from "./view-request.ts";
import { rowScale, type Scaling } from "./scaling.ts";
import { and, call, column, constant, fragment, infix, type Expr, type Select } from "./sql-tree.ts";

/** Columns when the query names none: what nfdump's long format shows, and where the record came from. */
const DEFAULT_COLUMNS: readonly FieldName[] = [
  ...(["time_received", "time_start", "time_end", "duration", "exporter", "flow_type"] as const),
  ...(["src_addr", "src_port", "dst_addr", "dst_port", "proto", "tcp_flags", "icmp_type", "icmp_code", "tos"] as const),
  ...(["packets", "bytes", "flows", "in_if", "out_if", "src_as", "dst_as", "src_vlan", "dst_vlan", "next_hop", "sampling_rate"] as const),
];
const TIMES: readonly FieldName[] = ["time_received", "time_start", "time_end", "duration"];
/** Newest part of a range that is read first, and how much wider each further one is. */
const FIRST_WINDOW_MS = 3_600_000;
const WINDOW_GROWTH = 6;
const VOLUMES: readonly FieldName[] = ["packets", "bytes", "flows"];

/** Grafana unit of a column. */
const UNITS: Readonly<Partial<Record<NonNullable<Field["unit"]>, string>>> = {
  bytes: "decbytes",
  packets: "short",
  flows: "short",
  ms: "ms",
};

export async function queryRecords(request: ViewRequest, execution: Execution): Promise<Frame> {
  const { query, refId } = request;
  const asked = query.dimensions.map((dimension) => dimension.field as FieldName);
  const names = asked.length === 0 ? DEFAULT_COLUMNS : [...new Set([...TIMES, ...asked, ...VOLUMES])];
  const rows: Row[] = [];
  for (const window of newestFirst(request)) {
    const limit = query.limit + 1 - rows.length;
    rows.push(...(await execution.run(recordsSql(request, { names, scaling: execution.scaling(query), window, limit }))));
    if (rows.length > query.limit) break;
  }
  return {
    schema: {
      refId,
      meta: {
        ...execution.meta(undefined, { table: RAW_TABLE, filter: request.description, more: rows.length > query.limit }),
        preferredVisualisationType: "table",
      },
      fields: names.map(recordField),
    },
    data: { values: names.map((name, i) => rows.slice(0, query.limit).map((row) => recordValue(name, row[i]))) },
  };
}

/**
 * The range in windows, the newest first, each wider than the one before: when the first have enough, the rest is not read. ClickHouse
 * stops early by itself only where nearly every row passes the filter.
 */
export function newestFirst({ query, range }: Pick<ViewRequest, "query" | "range">): Range[] {
  // A flow that was active in the range may have been received in any window, and in several.
  if (basisOf(query) !== "received") return [range];
  const windows: Range[] = [];
  let { toMs } = range;
  for (let width = FIRST_WINDOW_MS; toMs - width > range.fromMs; width *= WINDOW_GROWTH) {
    windows.push({ fromMs: toMs - width, toMs });
    toMs -= width;
  }
  return [...windows, { fromMs: range.fromMs, toMs }];
}

interface RecordsSelect {
  readonly names: readonly FieldName[];
  readonly scaling: Scaling;
  readonly window: Range;
  readonly limit: number;
}

function recordsSql({ query, predicate }: ViewRequest, { names, scaling, window, limit }: RecordsSelect): Select {
  const part = { ...window, basis: basisOf(query) };
  return {
    kind: "select",
    with: namedColumns(part),
    columns: names.map((name, i) => ({ expr: recordSql(name, scaling), alias: `d${i}` })),
    from: RAW_TABLE,
    where: and(timeTest(part), predicateSql(predicate)),
    // By the sort key first, so that reading stops when the newest slots have given enough.
    orderBy: [
      { expr: fragment(RAW_SLOT_SQL), desc: true },
      { expr: column("time_received"), desc: true },
    ],
    limit,
  };
}

/** Absence that only a bit of `present` tells comes back as -1; the rest is told by its value in `recordValue`. */
function recordSql(name: FieldName, scaling: Scaling): Expr {
  const { kind, unknown } = field(name);
  const own = column(name);
  if (kind === "time") return call("toFloat64", call("toUnixTimestamp64Milli", own));
  if (scaling !== "none" && (name === "bytes" || name === "packets")) return call("toFloat64", infix("*", own, rowScale(scaling)));
  if (unknown.kind === "bit") return call("if", isPresent(name), call("toInt32", own), constant(-1));
  switch (kind) {
    case "ip":
    case "string":
      return own;
    case "u32s":
      return call("arrayStringConcat", own, fragment("' '"));
    case "map":
      return call("toJSONString", own);
    default:
      return call("toFloat64", own);
  }
}

/** Times and amounts are numbers; everything that names something is text, so that no panel writes port 8080 as "8,080". */
function isText({ kind, dimension }: Field): boolean {
  return kind === "ip" || isVariableKind(kind) || dimension === true;
}

function recordField(name: FieldName): FieldSchema {
  const column = field(name);
  const config = { displayNameFromDS: column.label };
  if (column.kind === "time") return { name, type: "time", typeInfo: { frame: "time.Time", nullable: true }, config };
  if (isText(column))
    return { name, type: "string", typeInfo: { frame: "string" }, config: { ...config, filterable: column.dimension === true } };
  return {
    name,
    type: "number",
    typeInfo: { frame: "float64", nullable: true },
    config: column.unit === undefined ? config : { ...config, unit: UNITS[column.unit] },
  };
}

function recordValue(name: FieldName, stored: unknown): FrameValue {
  const column = field(name);
  if (column.kind === "ip") return stored === "::" ? UNKNOWN : unmappedAddress(String(stored));
  if (isVariableKind(column.kind)) return stored === "" || stored === "{}" ? UNKNOWN : String(stored);
  const number = Number(stored);
  const { unknown } = column;
  const isUnknown = unknown.kind === "bit" ? number === -1 : unknown.kind === "value" && number === 0;
  if (!isText(column)) return isUnknown ? null : number;
  if (isUnknown) return UNKNOWN;
  return valueText(name, number);
}
