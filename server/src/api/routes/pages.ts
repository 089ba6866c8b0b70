/** What a browser loads: the preview page, the built plugin that it mounts, dashboards, and the login form where tokens are set. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import express, { Router, type RequestHandler } from "express";
import { SillageError } from "@sillage/model";

export interface PageFolders {
  /** Built preview page. */
  readonly previewDir?: string;
  /** Built plugin. */
  readonly pluginDir?: string;
  /** `index.json` and the dashboards that it lists. */
  readonly dashboardsDir?: string;
}

/**
 * The page runs scripts of its own origin only. Styles are written by @grafana/ui at run time, hence 'unsafe-inline' for them; images and
 * workers come from data and blob addresses that it makes.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
  });
  next();
};

/** Vite puts a hash of the content into the names under assets/, so those never change. */
const YEAR_S = 365 * 24 * 3600;

export function pageRoutes({ previewDir, pluginDir, dashboardsDir }: PageFolders): Router {
  const router = Router();
  if (pluginDir !== undefined)
    router.use("/plugin", express.static(pluginDir, { index: false, cacheControl: false, setHeaders: revalidate }));
  if (dashboardsDir !== undefined) router.get("/dashboards/:file", dashboard(dashboardsDir));
  if (previewDir !== undefined) {
    router.use("/assets", express.static(path.join(previewDir, "assets"), { index: false, immutable: true, maxAge: YEAR_S * 1000 }));
    router.use(express.static(previewDir, { cacheControl: false, setHeaders: revalidate }));
  }
  return router;
}

function revalidate(response: express.Response): void {
  response.setHeader("Cache-Control", "no-cache");
}

/** Only what the index names: the folder also holds sources. */
function dashboard(folder: string): RequestHandler {
  return async (request, response) => {
    const uid = String(request.params["file"]).replace(/\.json$/, "");
    const text = await readFile(path.join(folder, "index.json"), "utf8").catch(() => undefined);
    const index = (text === undefined ? [] : JSON.parse(text)) as readonly { readonly uid: string }[];
    if (uid !== "index" && !index.some((entry) => entry.uid === uid)) {
      throw new SillageError("not-found", "PATH_UNKNOWN", `there is no dashboard ${uid}`, {
        hint: "GET /dashboards/index.json lists them",
      });
    }
    response.set("Cache-Control", "no-cache");
    response.json(uid === "index" ? index : JSON.parse(await readFile(path.join(folder, `${uid}.json`), "utf8")));
  };
}
