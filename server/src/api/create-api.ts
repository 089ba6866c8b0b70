/**
 * The HTTP API as an express application; the composition root listens with it. Order matters: headers for all, health and login for
 * everybody, then nothing without a token, then bodies, then paths.
 */
import express, { type Express, type Request, type RequestHandler } from "express";
import { SillageError } from "@sillage/model";
import type { Registry } from "prom-client";
import { readSecret } from "../config/index.ts";
import { ExporterDirectory } from "../exporters/index.ts";
import type { FlowStore, QueryLimits, RetentionReport, WhatIf } from "../store/index.ts";
import { authenticate, unauthorized } from "./auth.ts";
import { jsonBody } from "./body.ts";
import { isLoopback, type ApiConfig } from "./config.ts";
import type { ApiContext } from "./context.ts";
import { errorHandler, unknownPath } from "./errors.ts";
import { FairQueue } from "./fair-queue.ts";
import type { ApiLog } from "./log.ts";
import { apiMetrics } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { exportersRoutes } from "./routes/exporters.ts";
import { fieldsRoutes } from "./routes/fields.ts";
import { allowedResource, grafanaHealthRoute, grafanaQueryRoute } from "./routes/grafana.ts";
import { healthRoute } from "./routes/health.ts";
import { languageRoutes } from "./routes/language.ts";
import { loginRoutes } from "./routes/login.ts";
import { pageRoutes, securityHeaders, type PageFolders } from "./routes/pages.ts";
import { queryRoutes } from "./routes/query.ts";
import { storeRoutes } from "./routes/store.ts";
import { valuesRoutes } from "./routes/values.ts";
import type { Inspection, SystemStatus } from "./status.ts";

export interface ApiDeps extends PageFolders {
  readonly store: FlowStore;
  readonly status: () => SystemStatus;
  /** What the store holds and what of it goes by when. @throws SillageError what the store throws */
  readonly retention: (whatIf: WhatIf) => Promise<RetentionReport>;
  /** What the doctor sees of tables, disk and quarantine; never rejects. */
  readonly inspect: () => Promise<Inspection>;
  readonly config: ApiConfig;
  readonly log: ApiLog;
  /** Epoch ms. */
  readonly now: () => number;
  /** Bounds of every query; `defaultLimits` of store makes them from the configuration. @default DEFAULT_LIMITS */
  readonly limits?: QueryLimits;
  /** Does the store know rates of flows that were stored without one? Asked for each query. @default never */
  readonly hasLateRates?: () => boolean;
  /** What the operator says about exporters; may change while the API runs. @default nothing */
  readonly directory?: () => ExporterDirectory;
  /** Answers `/metrics`; without one the API's own metrics are not kept. */
  readonly metrics?: Registry;
  /** Where tokens are looked up. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** The store's defaults, for those who have no configuration. */
const DEFAULT_LIMITS: QueryLimits = {
  maxSeconds: 30,
  maxMemoryBytes: 2 * 2 ** 30,
  maxRowsToRead: 5_000_000_000,
  maxResultRows: 50_000,
};

const NOBODY = new ExporterDirectory([]);

/** @throws SillageError CONFIG_SECRET */
export function createApi(deps: ApiDeps): Express {
  const { config, now } = deps;
  const tokens = config.tokens.map(({ name, token }, i) => ({
    name,
    token: readSecret(token, `api.tokens.${i}.token`, deps.env ?? process.env),
  }));
  const queue = new FairQueue({
    concurrency: config.maxConcurrentQueries,
    maxWaiting: config.maxWaitingQueries,
    maxWaitMs: config.maxWait,
  });
  const { store, status, retention, inspect, log, limits = DEFAULT_LIMITS, hasLateRates = () => false, directory = () => NOBODY } = deps;
  const api: ApiContext = { store, limits, hasLateRates, directory, retention, inspect, queue, status, log, now };
  const holder = (request: Request): string | undefined => authenticate(tokens, request, now());

  const v1 = express
    .Router()
    .use(queryRoutes(api), languageRoutes(), fieldsRoutes(), valuesRoutes(api), exportersRoutes(api), storeRoutes(api));
  const health = healthRoute(api, (request) => holder(request) !== undefined);

  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(securityHeaders);
  if (tokens.length === 0) app.use(onlyLocalHosts);
  if (deps.metrics !== undefined) app.use(apiMetrics(deps.metrics, queue));
  app.use("/api/v1", health);
  if (tokens.length > 0) app.use(loginRoutes(tokens, now));
  app.use(requireToken(holder));
  const { metrics } = deps;
  if (metrics !== undefined) {
    app.get("/metrics", async (_request, response) => {
      response.type(metrics.contentType).send(await metrics.metrics());
    });
  }
  app.use("/api", jsonBody(config.maxBody));
  app.get("/api/v1/openapi.json", (_request, response) => response.json(openApi(deps.status().version)));
  app.use("/api/v1", v1);
  app.use("/api", grafanaQueryRoute(api), grafanaHealthRoute(api));
  app.use("/api/datasources/uid/:uid/resources", allowedResource, health, v1);
  app.use("/api", unknownPath);
  app.use(pageRoutes(deps));
  app.use(unknownPath);
  app.use(errorHandler(deps.log));
  return app;
}

/** Programs get 401; a browser that asks for a page gets the login form. */
function requireToken(holder: (request: Request) => string | undefined): RequestHandler {
  return (request, response, next) => {
    if (holder(request) !== undefined) next();
    else if (request.method === "GET" && !request.path.startsWith("/api/") && request.accepts(["json", "html"]) === "html")
      response.redirect(302, "/login");
    else throw unauthorized(request);
  };
}

/**
 * Without tokens the API is for this machine alone. A web page elsewhere could still reach it through a name of its own that resolves to
 * 127.0.0.1 (DNS rebinding); the browser then sends that name as Host.
 */
const onlyLocalHosts: RequestHandler = (request, _response, next) => {
  const name = request.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isLoopback(name)) {
    next();
    return;
  }
  throw new SillageError(
    "unauthorized",
    "HOST_FORBIDDEN",
    `without tokens only this machine may ask, by the name localhost or a loopback address, not ${name}`,
    {
      hint: "set api.tokens to answer under another name",
    },
  );
};
