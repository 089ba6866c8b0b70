/** Metrics of the API: how many requests, how they ended, how long they took, how many queries run and wait. */
import type { RequestHandler } from "express";
import { Gauge, Histogram, type Registry } from "prom-client";
import type { FairQueue } from "./fair-queue.ts";

/** Seconds; a query may take 30. */
const BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** First parts of a path that are told apart; the rest is `page`, so that a scanner cannot make labels. */
const ROUTES = [
  "/api/v1/query",
  "/api/v1/language",
  "/api/v1/fields",
  "/api/v1/values",
  "/api/v1/exporters",
  "/api/v1/doctor",
  "/api/v1/store",
  "/api/v1/health",
  "/api/ds/query",
  "/api/datasources",
  "/metrics",
  "/login",
];

export function apiMetrics(registry: Registry, queue: FairQueue): RequestHandler {
  const seconds = new Histogram({
    name: "sillage_api_request_seconds",
    help: "Time from the request's headers to the end of its answer.",
    labelNames: ["route", "status"],
    buckets: BUCKETS,
    registers: [registry],
  });
  const queries = new Gauge({
    name: "sillage_api_queries",
    help: "Queries that run or wait for their turn.",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      this.set({ state: "running" }, queue.running);
      this.set({ state: "waiting" }, queue.waiting);
    },
  });
  queries.set({ state: "running" }, 0);
  return (request, response, next) => {
    const route = ROUTES.find((prefix) => request.path.startsWith(prefix)) ?? "page";
    const stop = seconds.startTimer();
    response.once("close", () => stop({ route, status: response.statusCode }));
    next();
  };
}
