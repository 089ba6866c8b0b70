/** `GET /api/v1/health`: up or down for everybody, what is going on for those who may know. 503 while the store does not answer. */
import { Router, type Request } from "express";
import type { ApiContext } from "../context.ts";
import type { LiveCollector } from "../status.ts";

export function healthRoute(api: ApiContext, mayKnow: (request: Request) => boolean): Router {
  return Router().get("/health", async (request, response) => {
    const store = await api.store.health();
    const status = store.up ? "up" : "down";
    response.status(store.up ? 200 : 503).set("Cache-Control", "no-store");
    if (!mayKnow(request)) {
      response.json({ status });
      return;
    }
    const { version, startedMs, collector, loader, restarts } = api.status();
    response.json({
      status,
      version,
      startedMs,
      store,
      collector: collector === undefined ? null : withoutLists(collector),
      loader: loader ?? null,
      restarts: restarts ?? {},
      queries: { running: api.queue.running, waiting: api.queue.waiting },
    });
  });
}

/** Exporters and refused senders have a resource of their own. */
function withoutLists(collector: LiveCollector): object {
  return { ...collector, exporters: undefined, refused: { ...collector.refused, sources: undefined, rest: undefined } };
}
