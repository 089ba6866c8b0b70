/** Several queries over one time range, each with its own outcome: the heart of `POST query` and of Grafana's `/api/ds/query`. */
import { parseFlowQuery, SillageError, type ErrorBody, type Frame } from "@sillage/model";
import { z } from "zod";
import { runQuery, type Range } from "../query/index.ts";
import { queryContext, type ApiContext, type Caller } from "./context.ts";
import { describeError } from "./errors.ts";
import { parseTime, timeSchema } from "./time-range.ts";

/** Queries in one request; a dashboard panel has a handful. */
const MAX_QUERIES = 50;

const querySchema = z.looseObject({
  refId: z.string().min(1).max(64).describe("Name of the query in the answer."),
  intervalMs: z.number().min(1).max(1e12).default(1000).describe("Least width of a bucket (view timeseries). Unit: ms."),
  maxDataPoints: z.int().min(1).max(100_000).default(1000).describe("Most points of a series (view timeseries)."),
  alert: z.boolean().default(false).describe("An alert rule asks: only finished buckets, only what a rule can evaluate."),
});

export const queryRequestSchema = z.looseObject({
  from: timeSchema,
  to: timeSchema,
  queries: z.array(querySchema).min(1).max(MAX_QUERIES),
});

export type QueriesRequest = z.output<typeof queryRequestSchema>;

/** Outcome of one query; `status` as HTTP has it. */
export type QueryResult =
  | { readonly status: 200; readonly frames: readonly Frame[] }
  | { readonly status: number; readonly frames: readonly []; readonly error: ErrorBody };

export interface Asker {
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** Runs all queries of a request; only what is wrong with the request as a whole is thrown. */
export async function runQueries(api: ApiContext, request: QueriesRequest, asker: Asker): Promise<Record<string, QueryResult>> {
  const nowMs = api.now();
  const range = { fromMs: parseTime(request.from, "from", nowMs), toMs: parseTime(request.to, "to", nowMs) };
  const refIds = new Set(request.queries.map((query) => query.refId));
  if (refIds.size < request.queries.length) throw new SillageError("input", "REQUEST_INVALID", "two queries have the same refId");
  const results = await Promise.all(
    request.queries.map(async (query): Promise<[string, QueryResult]> => {
      try {
        return [query.refId, { status: 200, frames: await runOne(api, query, range, asker) }];
      } catch (error) {
        const { status, body } = describeError(error, api.log);
        return [query.refId, { status, frames: [], error: body }];
      }
    }),
  );
  return Object.fromEntries(results);
}

async function runOne(
  api: ApiContext,
  query: QueriesRequest["queries"][number],
  range: Range,
  { caller, signal }: Asker,
): Promise<Frame[]> {
  const { refId, intervalMs, maxDataPoints, alert, ...stored } = query;
  const request = { refId, query: parseFlowQuery(stored), range, intervalMs, maxDataPoints, alert };
  // An alert rule takes its own turns: it must not wait behind the dashboards of whoever shares its address.
  const client = alert ? `alert ${caller.client}` : caller.client;
  return api.queue.run(client, () => runQuery(request, queryContext(api, caller, signal)), signal);
}
