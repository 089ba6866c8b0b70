import { CoreApp, dateTime, type AdHocVariableFilter, type DataSourceInstanceSettings } from "@grafana/data";
import { setBackendSrv, setTemplateSrv, type BackendSrv, type TemplateSrv } from "@grafana/runtime";
import { parseFlowQuery } from "@sillage/model";
import { of, throwError, type Observable } from "rxjs";
import { FlowDataSource } from "./datasource.ts";
import type { FlowDataQuery } from "./types.ts";

type Formatter = (value: unknown) => string;

/** Grafana's template service, as far as the data source uses it. */
function defineVariables(values: Record<string, unknown>): void {
  const replace = (target = "", _scoped?: unknown, format?: string | Formatter): string =>
    target.replaceAll(/\$\{(\w+):csv\}|\$\{?(\w+)\}?/g, (written: string, csv?: string, name?: string) => {
      const value = values[csv ?? name ?? ""];
      if (value === undefined) return written;
      return csv === undefined && typeof format === "function" ? format(value) : (value as string);
    });
  setTemplateSrv({ replace } as unknown as TemplateSrv);
}

/** Answers every resource call with `data` and remembers it. */
function answerResources(answer: () => Observable<unknown>): { url: string; data: unknown }[] {
  const calls: { url: string; data: unknown }[] = [];
  const fetch = ({ url, data }: { url: string; data?: unknown }): Observable<unknown> => {
    calls.push({ url, data });
    return answer();
  };
  setBackendSrv({ fetch } as unknown as BackendSrv);
  return calls;
}

const source = new FlowDataSource({
  uid: "sillage",
  type: "sillage-flows-datasource",
  name: "Sillage",
  jsonData: {},
} as DataSourceInstanceSettings);
const query = (changed: Partial<FlowDataQuery> = {}): FlowDataQuery => ({ refId: "A", version: 1, ...changed });

beforeEach(() => defineVariables({ port: ["80", "443"], filter: "", host: "192.0.2.7", count: 5 }));

describe("applyTemplateVariables", () => {
  it.each([
    ["port $port", "port in [80 443]"],
    ["$filter", ""],
    ["src ip ${host}", "src ip 192.0.2.7"],
    ["port in [${port:csv}]", "port in [80,443]"],
    ["packets > $count", "packets > 5"],
    ["ip $unknown", "ip $unknown"],
  ])("makes %s into %s", (filter, wanted) => {
    expect(source.applyTemplateVariables(query({ filter }), {}).filter).toBe(wanted);
  });

  it("adds ad hoc filters to those of the query, apart from the text", () => {
    const adHoc: AdHocVariableFilter[] = [
      { key: "src_addr", operator: "=", value: "192.0.2.7" },
      { key: "dst_port", operator: "=|", value: "80", values: ["80", "443"] },
      { key: "", operator: "=", value: "" },
    ];
    const own = [{ field: "proto", op: "=" as const, values: ["tcp"] }];
    const asked = source.applyTemplateVariables(query({ filter: "any", filters: own }), {}, adHoc);
    expect(asked.filter).toBe("any");
    expect(asked.filters).toEqual([
      { field: "proto", op: "=", values: ["tcp"] },
      { field: "src_addr", op: "=", values: ["192.0.2.7"] },
      { field: "dst_port", op: "=|", values: ["80", "443"] },
    ]);
    expect(parseFlowQuery(asked).filters).toHaveLength(3);
  });

  it("passes an operator on that the server will refuse, instead of showing what was to be left out", () => {
    const asked = source.applyTemplateVariables(query(), {}, [{ key: "src_addr", operator: "=~", value: "10.*" }]);
    expect(() => parseFlowQuery(asked)).toThrow(/filters\.0\.op/);
  });

  it("asks what the server's model takes, Grafana's keys included", () => {
    const stored = { ...query({ filter: "port $port" }), key: "Q-1", hide: false, datasource: { uid: "sillage" }, queryCachingTTL: 0 };
    expect(parseFlowQuery(source.applyTemplateVariables(stored, {}))).toMatchObject({ filter: "port in [80 443]", view: "timeseries" });
  });
});

it.each([CoreApp.Dashboard, CoreApp.Explore, CoreApp.UnifiedAlerting])("has a default query for %s that the server takes", (app) => {
  expect(parseFlowQuery(source.getDefaultQuery(app))).toMatchObject({ version: 1, view: "timeseries" });
});

it("does not run hidden queries", () => {
  expect(source.filterQuery(query({ hide: true }))).toBe(false);
  expect(source.filterQuery(query())).toBe(true);
});

it.each<[Partial<FlowDataQuery>, string]>([
  [{ measures: ["bps"], dimensions: [{ field: "proto" }] }, "Bits/s by proto"],
  [{ view: "records", filter: " proto tcp " }, "Flow records where proto tcp"],
  [{ measures: ["bytes", "flows"] }, "Bytes, Flows"],
])("tells %j in a line", (changed, wanted) => {
  expect(source.getQueryDisplayText(query(changed))).toBe(wanted);
});

describe("ad hoc filters", () => {
  const range = { from: dateTime(1_000), to: dateTime(2_000), raw: { from: "now-1h", to: "now" } };

  it("offers the fields that queries can group by", async () => {
    const calls = answerResources(() =>
      of({
        data: {
          fields: [
            { name: "src_addr", label: "Source address", group: "address", dimension: true },
            { name: "bytes", label: "Bytes", group: "volume", dimension: false },
          ],
        },
      }),
    );
    expect(await source.getTagKeys()).toEqual({ data: [{ value: "src_addr", text: "Source address", group: "address" }] });
    expect(calls[0]?.url).toBe("/api/datasources/uid/sillage/resources/fields");
  });

  it("looks values up in the dashboard's time range", async () => {
    const calls = answerResources(() => of({ data: { values: [{ value: "192.0.2.7", bytes: 10 }] } }));
    expect(await source.getTagValues({ key: "src_addr", filters: [], timeRange: range })).toEqual({ data: [{ text: "192.0.2.7" }] });
    expect(calls[0]).toEqual({
      url: "/api/datasources/uid/sillage/resources/values",
      data: { field: "src_addr", from: 1_000, to: 2_000, limit: 200 },
    });
  });

  it("shows the server's message when that fails", async () => {
    answerResources(() =>
      throwError(() => ({ data: { error: { code: "X", message: "the store does not answer", hint: "look at its log" } } })),
    );
    expect(await source.getTagValues({ key: "src_addr", filters: [], timeRange: range })).toEqual({
      data: [],
      error: { message: "the store does not answer: look at its log" },
    });
    answerResources(() => throwError(() => new Error("network")));
    expect(await source.getTagKeys()).toEqual({ data: [], error: { message: "network" } });
  });
});
