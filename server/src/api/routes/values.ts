/** `POST /api/v1/values`: the values of a field that carried the most bytes, for completion and variables. Bounded tighter than a query. */
import { Router } from "express";
import { DIMENSIONS, type FieldName } from "@sillage/model";
import { z } from "zod";
import { topValues } from "../../query/index.ts";
import { callerOf, closeSignal, queryContext, type ApiContext } from "../context.ts";
import { parseBody } from "../parse-body.ts";
import { parseTime, timeSchema } from "../time-range.ts";

/** A person waits at a keyboard. */
const MAX_SECONDS = 5;

export const valuesRequestSchema = z.strictObject({
  field: z.enum(DIMENSIONS.map((field) => field.name) as [string, ...string[]]).describe("A field that queries may group by."),
  from: timeSchema.default("now-1h"),
  to: timeSchema.default("now"),
  filter: z.string().max(20_000).default("").describe("Only flows that this filter lets through."),
  prefix: z.string().max(256).default("").describe("Only values that begin with this text."),
  limit: z.int().min(1).max(1000).default(100),
});

export function valuesRoutes(api: ApiContext): Router {
  return Router().post("/values", async (request, response) => {
    const { field, from, to, ...rest } = parseBody(valuesRequestSchema, request.body);
    const nowMs = api.now();
    const range = { fromMs: parseTime(from, "from", nowMs), toMs: parseTime(to, "to", nowMs) };
    const caller = callerOf(request);
    const signal = closeSignal(response);
    const context = queryContext(
      { ...api, limits: { ...api.limits, maxSeconds: Math.min(MAX_SECONDS, api.limits.maxSeconds) } },
      caller,
      signal,
    );
    const values = await api.queue.run(caller.client, () => topValues({ ...rest, field: field as FieldName, range }, context), signal);
    response.json({ values });
  });
}
