/** `GET /api/v1/store`: what each table holds and takes, what retention takes away by when, and what it would take with other limits. */
import { Router } from "express";
import { z } from "zod";
import { size } from "../../config/index.ts";
import { parseRetention } from "../../store/index.ts";
import type { ApiContext } from "../context.ts";
import { parseBody } from "../parse-body.ts";

export const storeRequestSchema = z.strictObject({
  max_bytes: size({ min: "1MiB" }).optional().describe("Instead of `store.maxBytes`: what would go then?"),
  days: z.string().max(1_000).optional().describe("Instead of `store.retention`: tables and their days, such as `flows=14,pairs_1h=30`."),
});

export function storeRoutes({ retention }: ApiContext): Router {
  return Router().get("/store", async (request, response) => {
    const { max_bytes: maxBytes, days } = parseBody(storeRequestSchema, request.query);
    response.json(
      await retention({
        ...(maxBytes !== undefined && { maxBytes }),
        ...(days !== undefined && days !== "" && { retention: parseRetention(days.split(",")) }),
      }),
    );
  });
}
