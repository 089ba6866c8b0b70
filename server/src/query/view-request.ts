/** What a view is asked. */
import type { FlowQuery, Predicate } from "@sillage/model";
import type { Range } from "./step.ts";

export interface QueryRequest {
  readonly refId: string;
  readonly query: FlowQuery;
  readonly range: Range;
  /** Wanted width of a bucket, ms. */
  readonly intervalMs: number;
  /** Most points of a series. */
  readonly maxDataPoints: number;
  /** An alert rule asks: only finished buckets, only frames that a rule can evaluate. */
  readonly alert: boolean;
}

/** What a view gets: the request and what its filter means. */
export interface ViewRequest extends QueryRequest {
  readonly predicate: Predicate;
}
