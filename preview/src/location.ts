/**
 * Where the reader is: `#/d/<dashboard>?from=now-1h&to=now&var-filter=…`. It stands after the hash so that any file server can serve the
 * page; path and parameters are Grafana's own, so that links inside dashboards work in both.
 */
import { useMemo, useSyncExternalStore } from "react";

export interface Location {
  path: string;
  params: URLSearchParams;
}

export function parseHash(hash: string): Location {
  const [path = "", query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  return { path: path === "" ? "/" : path, params: new URLSearchParams(query) };
}

export function hashOf({ path, params }: Location): string {
  const query = params.toString();
  return `#${path}${query === "" ? "" : `?${query}`}`;
}

/** Parameters that a change of page keeps: the reader's time range, refresh and template variables. */
export function sharedParams(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => ["from", "to", "refresh"].includes(name) || name.startsWith("var-")));
}

/** A copy of the parameters with some of them set, or removed where the value is undefined. */
export function withParams(params: URLSearchParams, changes: Record<string, string | undefined>): URLSearchParams {
  const changed = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => {
    window.removeEventListener("hashchange", onChange);
  };
}

export function useLocation(): [Location, (location: Location) => void] {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  const location = useMemo(() => parseHash(hash), [hash]);
  return [location, (next) => (window.location.hash = hashOf(next))];
}
