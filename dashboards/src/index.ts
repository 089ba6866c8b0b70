/** The dashboards in the order in which people read them, as the JSON that Grafana imports. */
import type { ClassicDashboard } from "./dashboard.ts";
import { mostScannedPorts } from "./most-scanned-ports.ts";
import { topTalkers } from "./top-talkers.ts";
import { trafficOverview } from "./traffic-overview.ts";

export function buildDashboards(): ClassicDashboard[] {
  return [trafficOverview(), topTalkers(), mostScannedPorts()];
}

/** Name and text of each generated file: one a dashboard, and the list that the preview page reads. */
export function generatedFiles(): Map<string, string> {
  const dashboards = buildDashboards();
  const files = new Map(dashboards.map((dashboard) => [`${dashboard.uid ?? ""}.json`, json(dashboard)]));
  return files.set("index.json", json(dashboards.map(({ uid, title, description }) => ({ uid, title, description }))));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
