/**
 * The few of Grafana's own paths that the preview page and the plugin in it use, answered by the same functions as `/api/v1`: queries,
 * resources of the data source, its health. In Grafana itself the plugin's backend stands between.
 */
import { Router, type RequestHandler } from "express";
import { SillageError } from "@sillage/model";
import { callerOf, closeSignal, type ApiContext } from "../context.ts";
import { parseBody } from "../parse-body.ts";
import { queryRequestSchema, runQueries, type QueryResult } from "../query-requests.ts";

/** Resource paths that the plugin may ask for; the plugin's backend has the same list. */
const RESOURCES: readonly string[] = ["language/check", "language/complete", "fields", "values", "exporters", "health"];

/** `/api/ds/query`: errors are a text beside the frames, and the whole says 207 when a part failed. */
export function grafanaQueryRoute(api: ApiContext): Router {
  return Router().post("/ds/query", async (request, response) => {
    const body = parseBody(queryRequestSchema, request.body);
    const results = await runQueries(api, body, { caller: callerOf(request), signal: closeSignal(response) });
    const failed = Object.values(results).some((result) => result.status !== 200);
    response
      .status(failed ? 207 : 200)
      .json({ results: Object.fromEntries(Object.entries(results).map(([refId, result]) => [refId, grafanaResult(refId, result)])) });
  });
}

function grafanaResult(refId: string, result: QueryResult): object {
  if (!("error" in result)) return result;
  const { code, message, hint, position } = result.error;
  return {
    status: result.status,
    error: hint === undefined ? message : `${message} (${hint})`,
    errorSource: "downstream",
    // The editor underlines with it, as it does with the frame that the plugin's backend sends.
    frames: [{ schema: { refId, meta: { custom: { error: { code, message, hint, position } } }, fields: [] }, data: { values: [] } }],
  };
}

/** `/api/datasources/uid/UID/health`. */
export function grafanaHealthRoute(api: ApiContext): Router {
  return Router().get("/datasources/uid/:uid/health", async (_request, response) => {
    const { up, error } = await api.store.health();
    response
      .status(up ? 200 : 503)
      .json(
        up ? { status: "OK", message: "Sillage answers" } : { status: "ERROR", message: `the database does not answer: ${error ?? ""}` },
      );
  });
}

/** Lets the paths of the list pass. */
export const allowedResource: RequestHandler = (request, _response, next) => {
  if (RESOURCES.includes(request.path.slice(1))) {
    next();
    return;
  }
  throw new SillageError("not-found", "PATH_UNKNOWN", `the data source has no resource ${request.path}`, {
    hint: `it has ${RESOURCES.join(", ")}`,
  });
};
