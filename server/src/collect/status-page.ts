/** The collector's own HTTP page: `/metrics` for Prometheus and `/health`, also while the server is down. Plain node:http, two paths. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listenError } from "../listen-error.ts";

export interface StatusPage {
  readonly port: number;
  close(): Promise<void>;
}

export interface StatusPageOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: () => Promise<string>;
  /** Why the collector is not healthy; undefined when it is. */
  readonly trouble: () => string | undefined;
}

/** @throws SillageError PORT_IN_USE and the others of listenError */
export async function openStatusPage(options: StatusPageOptions): Promise<StatusPage> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(request.method === "HEAD" ? undefined : body);
    };
    const path = request.url?.split("?", 1)[0];
    if (request.method !== "GET" && request.method !== "HEAD") answer(405, "text/plain", "only GET\n");
    else if (path === "/health") {
      const trouble = options.trouble();
      answer(
        trouble === undefined ? 200 : 503,
        "application/json",
        `${JSON.stringify(trouble === undefined ? { status: "up" } : { status: "degraded", reason: trouble })}\n`,
      );
    } else if (path === "/metrics") {
      options.metrics().then(
        (text) => answer(200, "text/plain; version=0.0.4; charset=utf-8", text),
        () => answer(500, "text/plain", "metrics failed\n"),
      );
    } else answer(404, "text/plain", "here are /metrics and /health\n");
  });
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        listenError(
          { protocol: "TCP", host: options.host, port: options.port, what: "the collector's own page", option: "collector.status.port" },
          error,
        ),
      ),
    );
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
