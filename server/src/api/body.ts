/**
 * Request bodies. A body over the limit is refused at once, by its Content-Length or when the limit is passed: express's own reader first
 * waits for the whole body, so that a client that announces more than it sends would wait for the server's request timeout. What an
 * honest client still sends is read and thrown away, so that it gets to read the answer.
 */
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { SillageError } from "@sillage/model";

/** @throws SillageError BODY_TOO_LARGE, BODY_INVALID */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      reject(
        new SillageError("input", "BODY_INVALID", `the request body has the Content-Encoding ${encoding}`, { hint: "send it as it is" }),
      );
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refuse = (): void => {
      request.off("data", take).resume();
      reject(
        new SillageError("too-large", "BODY_TOO_LARGE", `the request body is larger than ${maxBytes} bytes`, {
          hint: "the option api.maxBody is the limit",
        }),
      );
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) refuse();
      else chunks.push(chunk);
    };
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
      refuse();
      return;
    }
    request.on("data", take);
    request.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.once("error", () => reject(new SillageError("input", "BODY_INVALID", "the request body ended before its Content-Length")));
  });
}

/** Reads a JSON body into `request.body`; a body of another type is left alone, and the route's schema says what is missing. */
export function jsonBody(maxBytes: number): RequestHandler {
  return async (request, _response, next) => {
    if (typeof request.is("application/json") === "string") {
      const text = await readBody(request, maxBytes);
      try {
        request.body = JSON.parse(text) as unknown;
      } catch {
        throw new SillageError("input", "BODY_INVALID", "the request body is not JSON");
      }
    }
    next();
  };
}
