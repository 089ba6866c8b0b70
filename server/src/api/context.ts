/** What the routes share: made once by `createApi`. */
import type { Request, Response } from "express";
import type { ExporterDirectory } from "../exporters/index.ts";
import type { Backlog, QueryContext } from "../query/index.ts";
import type { FlowStore, QueryLimits, RetentionReport, WhatIf } from "../store/index.ts";
import type { FairQueue } from "./fair-queue.ts";
import type { ApiLog } from "./log.ts";
import type { Inspection, SystemStatus } from "./status.ts";

export interface ApiContext {
  readonly store: FlowStore;
  readonly limits: QueryLimits;
  readonly hasLateRates: () => boolean;
  /** What the operator says about exporters. */
  readonly directory: () => ExporterDirectory;
  /** What the store holds and what of it goes by when. */
  readonly retention: (whatIf: WhatIf) => Promise<RetentionReport>;
  /** What the doctor sees of tables, disk and quarantine. */
  readonly inspect: () => Promise<Inspection>;
  readonly queue: FairQueue;
  readonly status: () => SystemStatus;
  readonly log: ApiLog;
  readonly now: () => number;
}

/** Who asks, as far as headers tell. Grafana's names: its backend forwards them. */
const CALLER_HEADERS = {
  user: "x-grafana-user",
  dashboard: "x-dashboard-uid",
  panel: "x-panel-id",
  rule: "x-rule-uid",
} as const;

/** Longest part of a header that reaches ClickHouse's query log. */
const MAX_CALLER_TEXT = 64;

export interface Caller {
  /** Takes turns in the queue. */
  readonly client: string;
  /** For ClickHouse's query log. */
  readonly comment: string;
}

export function callerOf(request: Request): Caller {
  const parts = Object.entries(CALLER_HEADERS).flatMap(([name, header]) => {
    const text = request
      .get(header)
      ?.replace(/[^\w.@:-]/g, "_")
      .slice(0, MAX_CALLER_TEXT);
    return text === undefined || text === "" ? [] : [`${name}=${text}`];
  });
  // A panel is no client of its own: a dashboard of forty would get forty turns.
  const origin = parts.filter((part) => !part.startsWith("panel="));
  return { client: [request.socket.remoteAddress ?? "", ...origin].join(" "), comment: ["api", ...parts].join(" ") };
}

/** Signal that aborts when the client goes away before it got its answer. */
export function closeSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableEnded) controller.abort();
  });
  return controller.signal;
}

/** Segments wait a second or two at any time; older ones are a backlog. */
const BACKLOG_AGE_MS = 30_000;

function backlogOf({ status, now }: ApiContext): Backlog | undefined {
  const { loader } = status();
  if (loader === undefined || loader.oldestAgeMs < BACKLOG_AGE_MS) return undefined;
  return { sinceMs: now() - loader.oldestAgeMs, rows: loader.backlogRows };
}

export function queryContext(api: ApiContext, caller: Caller, signal: AbortSignal): QueryContext {
  return {
    backlog: backlogOf(api),
    store: api.store,
    limits: api.limits,
    hasLateRates: api.hasLateRates(),
    nowMs: api.now(),
    signal,
    comment: caller.comment,
  };
}
