/** `POST /api/v1/language/check`: the filter language for editors that do not run it themselves. */
import { Router } from "express";
import { checkFilter, printFilter } from "@sillage/model";
import { z } from "zod";
import { parseBody } from "../parse-body.ts";

/** Longer than any filter may be, so that the checker says FILTER_TOO_LONG itself. */
const text = z.string().max(100_000).describe("Filter text.");

export const checkRequestSchema = z.strictObject({ text });
export function languageRoutes(): Router {
  return Router().post("/language/check", (request, response) => {
    const { predicate, ast, diagnostics } = checkFilter(parseBody(checkRequestSchema, request.body).text);
    const ok = predicate !== undefined;
    response.json({ ok, diagnostics, ...(ok ? { normalized: printFilter(ast) } : {}) });
  });
}
