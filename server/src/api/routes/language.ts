/** `POST /api/v1/language/check` and `/complete`: the filter language for editors that do not run it themselves. */
import { Router } from "express";
import { checkFilter, completeFilter, printFilter } from "@sillage/model";
import { z } from "zod";
import { parseBody } from "../parse-body.ts";

/** Longer than any filter may be, so that the checker says FILTER_TOO_LONG itself. */
const text = z.string().max(100_000).describe("Filter text.");

export const checkRequestSchema = z.strictObject({ text });
export const completeRequestSchema = z.strictObject({
  text,
  offset: z.int().min(0).describe("Where the cursor is: UTF-16 units from the start."),
});

export function languageRoutes(): Router {
  return Router()
    .post("/language/check", (request, response) => {
      const { predicate, ast, diagnostics } = checkFilter(parseBody(checkRequestSchema, request.body).text);
      const ok = predicate !== undefined;
      response.json({ ok, diagnostics, ...(ok ? { normalized: printFilter(ast) } : {}) });
    })
    .post("/language/complete", (request, response) => {
      const body = parseBody(completeRequestSchema, request.body);
      response.json(completeFilter(body.text, body.offset));
    });
}
