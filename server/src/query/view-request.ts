/** What a view is asked. */
import type { FlowQuery } from "@sillage/model";
import type { ReadFilters } from "./read-filters.ts";
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

/** What a view gets: the request and what its filters mean. */
export interface ViewRequest extends QueryRequest, ReadFilters {}
