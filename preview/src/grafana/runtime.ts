/** Stand-ins for the services that Grafana's application gives to plugins: requests, template variables, data sources. */
import { EventBusSrv, type DataSourceApi, type DataSourceInstanceSettings } from "@grafana/data";
import {
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setTemplateSrv,
  type BackendSrv,
  type BackendSrvRequest,
  type DataSourceSrv,
} from "@grafana/runtime";
import { from } from "rxjs";
import { replaceVariables, type Variables } from "./replace-variables.ts";

/** The one data source of this page; uid and type are those of provisioning/datasources/sillage.yaml. */
export const DATA_SOURCE: DataSourceInstanceSettings = {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- still required by the type (13.2.2)
  id: 1,
  uid: "sillage",
  type: "sillage-flows-datasource",
  name: "Sillage",
  access: "proxy",
  readOnly: true,
  url: "",
  jsonData: {},
  // Filled with the plugin's own plugin.json once that is loaded.
  meta: { id: "sillage-flows-datasource" } as DataSourceInstanceSettings["meta"],
};

const RESOURCES = /^\/?api\/datasources\/uid\/sillage\/resources\//;

/** Resource calls of the plugin go straight to the API, as the plugin's backend would send them on. */
function addressOf({ url, params }: BackendSrvRequest): string {
  const address = url.replace(RESOURCES, "/api/v1/");
  const query = new URLSearchParams((params ?? {}) as Record<string, string>).toString();
  return query === "" ? address : `${address}?${query}`;
}

async function send(request: BackendSrvRequest) {
  const response = await fetch(addressOf(request), {
    method: request.method ?? "GET",
    headers: { "content-type": "application/json" },
    signal: request.abortSignal ?? null,
    body: request.data === undefined ? null : JSON.stringify(request.data),
  });
  const data: unknown = await response.json();
  const answer = { data, status: response.status, statusText: response.statusText, ok: response.ok, config: request };
  // Plugins read a failed request's status and data from what is thrown, as Grafana's FetchError has them.
  if (!response.ok) throw Object.assign(new Error(response.statusText), answer);
  return answer;
}

export function installRuntime(variables: () => Variables, dataSource: () => Promise<DataSourceApi>): void {
  const body = async (request: BackendSrvRequest) => (await send(request)).data;
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => from(send(request)),
    datasourceRequest: send,
    get: (url: string, params?: BackendSrvRequest["params"]) => body({ url, params }),
    post: (url: string, data?: unknown) => body({ url, data, method: "POST" }),
  } as unknown as BackendSrv);
  setTemplateSrv({
    getVariables: () => [],
    replace: (text?: string) => replaceVariables(text ?? "", (name) => variables()[name]),
    containsTemplate: (text?: string) => /\$\w|\$\{/.test(text ?? ""),
    updateTimeRange: () => undefined,
  });
  setDataSourceSrv({
    get: dataSource,
    getList: () => [DATA_SOURCE],
    getInstanceSettings: () => DATA_SOURCE,
    reload: () => undefined,
  } as unknown as DataSourceSrv);
  setAppEvents(new EventBusSrv());
}
