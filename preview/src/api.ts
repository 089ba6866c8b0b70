/** The server's HTTP API as the page uses it. */
import { toDataQueryResponse } from "@grafana/runtime";
import type { DataFrame, TimeRange } from "@grafana/data";

/** A request that got no useful answer, in words for the reader. */
export class ApiError extends Error {
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.hint = hint;
  }
}

interface ErrorBody {
  error?: { message?: string; hint?: string };
}

/** Sends a request and reads the JSON answer; anything else becomes an ApiError. */
export async function fetchJson(url: string, init?: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "the server does not answer", "is it still running? Its last words stand in its terminal or log.");
  }
  // The login has ended, or there is none yet.
  if (response.status === 401) window.location.assign("/login");
  const text = await response.text();
  const body = parseJson(text);
  if (response.ok && body !== undefined) return body;
  const error = (body as ErrorBody | undefined)?.error;
  throw new ApiError(response.status, error?.message ?? `the server answered ${response.status} to ${url}`, error?.hint);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface QueryRequest {
  queries: readonly object[];
  range: Pick<TimeRange, "from" | "to">;
  intervalMs: number;
  maxDataPoints: number;
}

export interface QueryFailure {
  refId: string | undefined;
  status: number | undefined;
  message: string;
}

export interface QueryAnswer {
  frames: DataFrame[];
  failures: QueryFailure[];
}

/** Asks several flow queries at once, as Grafana does; each fails on its own. */
export async function queryFlows({ queries, range, intervalMs, maxDataPoints }: QueryRequest, signal: AbortSignal): Promise<QueryAnswer> {
  const data = await fetchJson("/api/ds/query", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      from: String(range.from.valueOf()),
      to: String(range.to.valueOf()),
      queries: queries.map((query) => ({ ...query, intervalMs, maxDataPoints })),
    }),
  });
  // 200: the parts that failed say so themselves; the status of the whole would only repeat it.
  const answer = toDataQueryResponse({ data, status: 200 } as Parameters<typeof toDataQueryResponse>[0]);
  return {
    frames: answer.data as DataFrame[],
    failures: (answer.errors ?? []).map((error) => ({ refId: error.refId, status: error.status, message: error.message ?? "failed" })),
  };
}
