/** `POST /api/v1/query`: several flow queries over one range. */
import { Router } from "express";
import { callerOf, closeSignal, type ApiContext } from "../context.ts";
import { parseBody } from "../parse-body.ts";
import { queryRequestSchema, runQueries } from "../query-requests.ts";

export function queryRoutes(api: ApiContext): Router {
  return Router().post("/query", async (request, response) => {
    const body = parseBody(queryRequestSchema, request.body);
    const results = await runQueries(api, body, { caller: callerOf(request), signal: closeSignal(response) });
    response.json({ results });
  });
}
