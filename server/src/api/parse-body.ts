/** Checks a request body with its schema; the first thing that is wrong is named. */
import { SillageError } from "@sillage/model";
import type { z } from "zod";

/** @throws SillageError REQUEST_INVALID */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "request body" : issue.path.join(".");
  throw new SillageError("input", "REQUEST_INVALID", `${where}: ${issue?.message ?? "is not what this path takes"}`, {
    hint: "send a JSON object with content-type application/json; GET /api/v1/openapi.json has the schema",
  });
}
