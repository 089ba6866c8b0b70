import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { MEASURES, parseFlowQuery, type FlowQuery } from "@sillage/model";
import { DASHBOARD_UIDS } from "./dashboard.ts";
import { DATA_SOURCE } from "./data-source.ts";
import { generatedFiles } from "./index.ts";

const folder = path.resolve(__dirname, "..");

interface StoredTarget {
  refId: string;
  datasource: unknown;
  filter: string;
}
interface StoredPanel {
  id: number;
  type: string;
  title: string;
  description: string;
  datasource: unknown;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: StoredTarget[];
}
interface StoredDashboard {
  uid: string;
  panels: StoredPanel[];
}

const dashboards = Object.values(DASHBOARD_UIDS).map(
  (uid) => JSON.parse(readFileSync(path.join(folder, `${uid}.json`), "utf8")) as StoredDashboard,
);
const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.map((panel) => ({ ...panel, name: `${dashboard.uid}: ${panel.title}`, dashboard: dashboard.uid })),
);

describe("the committed dashboards", () => {
  it("are what the code generates (npm run build -w dashboards)", () => {
    for (const [name, text] of generatedFiles())
      expect({ name, text: readFileSync(path.join(folder, name), "utf8") }).toEqual({ name, text });
  });

  it("has no file that the code does not generate", () => {
    const stored = readdirSync(folder).filter((name) => name.endsWith(".json") && !["package.json", "tsconfig.json"].includes(name));
    expect(stored.sort()).toEqual([...generatedFiles().keys()].sort());
  });

  it("are named after their uid", () => {
    expect(dashboards.map((dashboard) => dashboard.uid)).toEqual(Object.values(DASHBOARD_UIDS));
  });

  it.each(dashboards)("$uid gives every panel an id of its own and no panel the place of another", ({ panels }) => {
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${String(x + (i % w))}/${String(y + Math.floor(i / w))}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  });
});

describe("panels", () => {
  it.each(panels)("$name says what it shows and asks only the provisioned data source", ({ title, description, datasource, targets }) => {
    expect(title).not.toBe("");
    expect(description).toMatch(/\.$/);
    expect([datasource, ...targets.map((target) => target.datasource)]).toEqual(Array(targets.length + 1).fill(DATA_SOURCE));
  });

  it.each(panels)("$name has valid queries that follow the filter box", ({ type, targets }) => {
    const queries = targets.map((target) => parseFlowQuery(target));
    expect(queries).not.toHaveLength(0);
    expect(queries.map((query) => query.filter)).toEqual(targets.map(() => "$filter"));
    expect(queries.map((query) => query.view)).toEqual(targets.map(() => viewOf(type)));
    expect(new Set(targets.map((target) => target.refId)).size).toBe(targets.length);
  });

  it.each(panels.filter(({ type }) => type === "timeseries"))("$name draws one measure in its own unit", (panel) => {
    const measures = panel.targets.flatMap((target) => parseFlowQuery(target).measures);
    const stored = panel as unknown as { fieldConfig: { defaults: { unit: string } } };
    expect(measures.map((measure) => MEASURES[measure].unit)).toEqual([stored.fieldConfig.defaults.unit]);
  });
});

function viewOf(panelType: string): FlowQuery["view"] {
  switch (panelType) {
    case "timeseries":
      return "timeseries";
    case "stat":
      return "stat";
    default:
      return "top";
  }
}
