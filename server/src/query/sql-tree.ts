/**
 * A small typed syntax tree for the SQL that queries need. There is no way to put text from outside into it: values are `Value` nodes,
 * which the printer binds as `{pN:Type}` parameters; columns, tables and functions are closed unions; the only free text is a
 * `fragment`, whose constructor accepts nothing but string literals known to the compiler.
 */
import { RAW_TABLE, ROLLUPS, type FieldName } from "@sillage/model";
import type { ParamValue } from "../store/index.ts";

/** ClickHouse types of bound values. */
export type ParamType = "Int64" | "UInt64" | "Float64" | "IPv6" | "Array(Int64)" | "Array(UInt64)" | "Array(IPv6)" | "Array(String)";

/** Names that the builders give to what they select; none of them is a column of a table, which ClickHouse would then replace. */
export type Alias =
  | "t"
  | "chosen"
  | ("ended" | "began" | "until" | "inside_from" | "inside_until" | "edge" | "edge_time")
  | `d${number}`
  | `m${number}`
  | `r${number}`;

/** Columns of rollups that are not fields of a flow. */
export type RollupColumnName =
  | "time_slot"
  | "bytes_scaled"
  | "bytes_unrated"
  | "packets_scaled"
  | "packets_unrated"
  | "tcp_flows"
  | "attempts"
  | "sources"
  | "destinations"
  | "attempt_sources"
  | "attempt_destinations";

export type FunctionName =
  | "arrayFilter"
  | "arrayJoin"
  | "arrayStringConcat"
  | "arrayZip"
  | "bitAnd"
  | "fromUnixTimestamp64Milli"
  | "greatest"
  | "if"
  | "indexHint"
  | "intDiv"
  | "IPv6CIDRToRange"
  | "least"
  | "max"
  | "min"
  | "sum"
  | "sumIf"
  | "toDateTime"
  | "toFloat64"
  | "toInt256"
  | "toInt32"
  | "toInt64"
  | "toString"
  | "toIPv6"
  | "toUInt128"
  | "toUInt8"
  | "toUnixTimestamp"
  | "toUnixTimestamp64Milli"
  | "toJSONString"
  | "tupleElement"
  | "uniqCombinedMerge(12)"
  | "uniqCombinedMergeArray(12)"
  | "uniqCombinedMergeState(12)"
  | "uniqCombinedMergeStateArray(12)"
  | "uniqCombinedStateArray(12)"
  | "uniqCombinedStateIf(12)"
  | "uniqExactArray"
  | "uniqExactArrayIf"
  | "uniqExactIf";

export type InfixOp = "=" | "!=" | "<" | "<=" | ">" | ">=" | "*" | "/" | "+" | "-" | "and" | "or";

export type Expr =
  | { readonly kind: "column"; readonly name: FieldName | RollupColumnName | Alias }
  /** From outside, or computed from it: always bound. */
  | { readonly kind: "value"; readonly type: ParamType; readonly value: ParamValue }
  /** An integer of the program (a mask, a factor), printed as it is. */
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "fragment"; readonly sql: string }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expr[] }
  | { readonly kind: "infix"; readonly op: InfixOp; readonly items: readonly Expr[] }
  | { readonly kind: "between"; readonly item: Expr; readonly low: Expr; readonly high: Expr }
  | { readonly kind: "in"; readonly item: Expr; readonly set: Expr | Select }
  | { readonly kind: "not"; readonly item: Expr }
  | { readonly kind: "tuple"; readonly items: readonly Expr[] };

export interface Selected {
  readonly expr: Expr;
  readonly alias?: Alias;
}

/** An expression that other expressions of the select, its condition included, call by its alias. */
export type Named = Required<Selected>;

export interface Select {
  readonly kind: "select";
  readonly with?: readonly Named[];
  readonly columns: readonly Selected[];
  /** Left out for a select of constants. */
  readonly from?: string | readonly Select[];
  readonly where?: Expr;
  readonly groupBy?: readonly Expr[];
  readonly orderBy?: readonly { readonly expr: Expr; readonly desc: boolean }[];
  readonly limit?: number;
}

/** Tables that a select may read; the printer refuses any other name. */
export const TABLES: ReadonlySet<string> = new Set([RAW_TABLE, ...ROLLUPS.map((rollup) => rollup.table)]);

export const column = (name: FieldName | RollupColumnName | Alias): Expr => ({ kind: "column", name });
export const value = (type: ParamType, bound: ParamValue): Expr => ({ kind: "value", type, value: bound });
export const constant = (n: number): Expr => ({ kind: "constant", value: n });
export const call = (name: FunctionName, ...args: readonly Expr[]): Expr => ({ kind: "call", name, args });
export const infix = (op: InfixOp, ...items: readonly Expr[]): Expr => ({ kind: "infix", op, items });
export const not = (item: Expr): Expr => ({ kind: "not", item });
export const isIn = (item: Expr, set: Expr | Select): Expr => ({ kind: "in", item, set });

/** Trusted SQL of the program itself. A `string` that is not a literal type does not compile, so text from outside cannot get here. */
export function fragment<const S extends string>(sql: string extends S ? never : S): Expr {
  return { kind: "fragment", sql };
}

/** An integer from outside, bound with the type that holds it. */
export function integer(n: number | bigint): Expr {
  if (typeof n === "number" && !Number.isInteger(n)) return value("Float64", n);
  return value(n < 0 ? "Int64" : "UInt64", n);
}

export const TRUE: Expr = { kind: "constant", value: 1 };
export const FALSE: Expr = { kind: "constant", value: 0 };

/** Conjunction without the parts that are always true. */
export function and(...items: readonly Expr[]): Expr {
  const needed = items.filter((item) => item !== TRUE);
  if (needed.includes(FALSE)) return FALSE;
  return needed.length === 0 ? TRUE : needed.length === 1 ? needed[0]! : infix("and", ...needed);
}

/** Disjunction without the parts that are always false. */
export function or(...items: readonly Expr[]): Expr {
  const needed = items.filter((item) => item !== FALSE);
  if (needed.includes(TRUE)) return TRUE;
  return needed.length === 0 ? FALSE : needed.length === 1 ? needed[0]! : infix("or", ...needed);
}
