/**
 * When a flow belongs to a range: because it was received in it (the default, and all that rollups know), or because it was active in it,
 * as a whole (`active`) or with the part of its bytes and packets that lies in the range (`spread`, see spread.ts).
 *
 * A flow is active in [began, until), epoch ms: from its first to its last packet, and one of a single moment for 1 ms, so that every flow
 * lasts and lies in one bucket at least. Exporters tell of a flow after it has ended, or at their active timeout, so what was active in a
 * range is looked for among the flows received from a little before it until long after it.
 */
import type { FlowQuery } from "@sillage/model";
import type { Range } from "./step.ts";
import { and, call, column, constant, fragment, infix, value, type Expr, type Named } from "./sql-tree.ts";

export type Basis = "received" | "active" | "spread";

/** Largest usual active timeout: 30 minutes, the default of Cisco's devices. Unit: ms. */
const ACTIVE_TIMEOUT_MS = 1_800_000;
/** Idle timeout, export, and clocks of exporters that are ahead of the collector's or behind it, together. Unit: ms. */
const SLACK_MS = 300_000;
/** 2106-02-07, where ClickHouse's DateTime, and with it the sort key, ends. Unit: ms. */
const LATEST_MS = 4_294_967_295_000;
/** What was active at a moment is received within this time. Unit: ms. */
export const HEARD_WITHIN_MS = ACTIVE_TIMEOUT_MS + SLACK_MS;

export function basisOf({ spread, time }: Pick<FlowQuery, "spread" | "time">): Basis {
  return spread ? "spread" : time;
}

/** When the flows were received that belong to a range. */
export function receivedRange({ fromMs, toMs }: Range, basis: Basis): Range {
  if (basis === "received") return { fromMs, toMs };
  return { fromMs: Math.max(0, fromMs - SLACK_MS), toMs: Math.min(toMs + HEARD_WITHIN_MS, LATEST_MS) };
}

export const epochMs = (ms: number): Expr => value("Int64", ms);

/** `began` and `until` of a raw row. Times that the exporter did not send are 0; a start after its end becomes the end. */
export const ACTIVITY: readonly Named[] = [
  { expr: fragment("toUnixTimestamp64Milli(if(time_end = 0, time_received, time_end))"), alias: "ended" },
  { expr: fragment("if(time_start = 0, ended, least(toUnixTimestamp64Milli(time_start), ended))"), alias: "began" },
  { expr: call("greatest", column("ended"), infix("+", column("began"), constant(1))), alias: "until" },
];

/** Is the flow active in the range? Needs `ACTIVITY`. */
export function activeTest({ fromMs, toMs }: Range): Expr {
  return and(infix("<", column("began"), epochMs(toMs)), infix(">", column("until"), epochMs(fromMs)));
}
