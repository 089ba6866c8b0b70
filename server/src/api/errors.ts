/** Everything that goes wrong leaves as `{error: {code, message, hint?, position?}}` with the status of its kind. */
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { errorBody, HTTP_STATUS, SillageError, type ErrorBody } from "@sillage/model";
import type { ApiLog } from "./log.ts";

/** Brings anything thrown into the project's own error; what is not expected stays unknown. */
function toSillageError(error: unknown): SillageError | undefined {
  if (error instanceof SillageError) return error;
  if (error instanceof URIError) return new SillageError("input", "PATH_INVALID", "the path is not valid percent-encoding");
  return undefined;
}

/** One failure as an answer: status, body, and a log line when it is our fault. */
export function describeError(error: unknown, log: ApiLog): { readonly status: number; readonly body: ErrorBody } {
  const known = toSillageError(error);
  if (known === undefined || known.kind === "internal") log.error({ err: error }, "request failed");
  else if (known.kind === "timeout" || known.kind === "store") log.warn({ err: error, code: known.code }, "query failed");
  return { status: known === undefined ? 500 : HTTP_STATUS[known.kind], body: errorBody(known ?? error) };
}

/** Path that nobody answers. */
export const unknownPath: RequestHandler = (request) => {
  throw new SillageError("not-found", "PATH_UNKNOWN", `there is no ${request.method} ${request.path}`, {
    hint: "GET /api/v1/openapi.json lists what there is",
  });
};

/** Express knows an error handler by its four parameters. */
export function errorHandler(log: ApiLog) {
  return (error: unknown, _request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, body } = describeError(error, log);
    if (status === 401) response.set("WWW-Authenticate", 'Bearer realm="sillage"');
    if (status === 503) response.set("Retry-After", "5");
    response.status(status).json({ error: body });
  };
}
