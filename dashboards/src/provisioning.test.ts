import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseFlowQuery } from "@sillage/model";
import { parse } from "yaml";
import { z } from "zod";
import { DASHBOARD_UIDS } from "./dashboard.ts";
import { DATA_SOURCE } from "./data-source.ts";
import { buildDashboards } from "./index.ts";
import { SCANNING_SOURCES_PANEL } from "./most-scanned-ports.ts";

const folder = path.resolve(__dirname, "../../provisioning");

// The keys that Grafana reads from these files (docs: Provision Grafana; Use configuration files to provision alerting resources).
// Strict, so that a misspelt key, which Grafana would ignore in silence, fails here.
const dataSourceFile = z.strictObject({
  apiVersion: z.literal(1),
  datasources: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      uid: z.string(),
      orgId: z.int(),
      access: z.literal("proxy"),
      url: z.string(),
      isDefault: z.boolean(),
      editable: z.boolean(),
      jsonData: z.strictObject({}),
      secureJsonData: z.strictObject({ token: z.string() }),
    }),
  ),
});
const dashboardFile = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string(),
      orgId: z.int(),
      type: z.literal("file"),
      folder: z.string(),
      folderUid: z.string(),
      disableDeletion: z.boolean(),
      allowUiUpdates: z.boolean(),
      updateIntervalSeconds: z.int(),
      options: z.strictObject({ path: z.string() }),
    }),
  ),
});
const alertQuery = z.strictObject({
  refId: z.string(),
  relativeTimeRange: z.strictObject({ from: z.int(), to: z.int() }).optional(),
  datasourceUid: z.string(),
  model: z.record(z.string(), z.unknown()),
});
const alertFile = z.strictObject({
  apiVersion: z.literal(1),
  groups: z.array(
    z.strictObject({
      orgId: z.int(),
      name: z.string(),
      folder: z.string(),
      interval: z.string(),
      rules: z.array(
        z.strictObject({
          uid: z.string(),
          title: z.string(),
          condition: z.string(),
          for: z.string(),
          keepFiringFor: z.string(),
          noDataState: z.enum(["NoData", "Alerting", "OK", "KeepLast"]),
          execErrState: z.enum(["Error", "Alerting", "OK", "KeepLast"]),
          dashboardUid: z.string(),
          panelId: z.int(),
          labels: z.record(z.string(), z.string()),
          annotations: z.record(z.string(), z.string()),
          data: z.array(alertQuery),
        }),
      ),
    }),
  ),
});

function read<T>(name: string, schema: z.ZodType<T>): T {
  return schema.parse(parse(readFileSync(path.join(folder, name), "utf8")));
}

const rules = read("alerting/sillage.yaml", alertFile).groups.flatMap((group) => group.rules);

it("checks every provisioning file", () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));
  expect(files.sort()).toEqual(["alerting/sillage.yaml", "dashboards/sillage.yaml", "datasources/sillage.yaml"]);
});

it("provisions the data source that dashboards and rules name", () => {
  const [source, ...others] = read("datasources/sillage.yaml", dataSourceFile).datasources;
  expect(others).toEqual([]);
  expect({ type: source?.type, uid: source?.uid }).toEqual(DATA_SOURCE);
  expect([source?.url, source?.secureJsonData.token]).toEqual(["$SILLAGE_URL", "$SILLAGE_TOKEN"]);
});

it("loads dashboards from the folder that the environment names", () => {
  expect(read("dashboards/sillage.yaml", dashboardFile).providers.map((provider) => provider.options.path)).toEqual([
    "$SILLAGE_DASHBOARDS",
  ]);
});

describe.each(rules)("alert rule $uid", (rule) => {
  it("asks a valid query that an alert can judge", () => {
    const flowQueries = rule.data.filter((query) => query.datasourceUid === DATA_SOURCE.uid);
    expect(flowQueries).toHaveLength(1);
    for (const { refId, model, relativeTimeRange } of flowQueries) {
      expect(model).toMatchObject({ refId, datasource: DATA_SOURCE });
      expect(["timeseries", "top", "stat"]).toContain(parseFlowQuery(model).view);
      expect(relativeTimeRange?.from).toBeGreaterThan(relativeTimeRange?.to ?? Infinity);
    }
  });

  it("ends its chain of expressions in the condition", () => {
    const refIds = rule.data.map((query) => query.refId);
    expect(refIds).toContain(rule.condition);
    for (const { model, datasourceUid } of rule.data) if (datasourceUid === "__expr__") expect(refIds).toContain(model["expression"]);
  });

  it("treats silence as good news, and a failed query as an error of its own", () => {
    expect({ noData: rule.noDataState, error: rule.execErrState }).toEqual({ noData: "OK", error: "Error" });
  });

  it("leads to an existing panel and tells what to do", () => {
    expect(rule.panelId).toBe(SCANNING_SOURCES_PANEL);
    const dashboard = buildDashboards().find((built) => built.uid === rule.dashboardUid);
    expect(dashboard?.uid).toBe(DASHBOARD_UIDS.ports);
    expect(dashboard?.panels?.map((panel) => "id" in panel && panel.id)).toContain(rule.panelId);
    expect(Object.keys(rule.annotations)).toEqual(expect.arrayContaining(["summary", "description", "runbook"]));
  });
});
