/** What Grafana loads first. The editors come when somebody edits: a dashboard that only shows data loads this file alone. */
import { DataSourcePlugin } from "@grafana/data";
import { lazyComponent } from "./components/lazyComponent.tsx";
import { FlowDataSource } from "./datasource.ts";
import type { FlowDataQuery, FlowOptions, FlowSecrets } from "./types.ts";

export const plugin = new DataSourcePlugin<FlowDataSource, FlowDataQuery, FlowOptions, FlowSecrets>(FlowDataSource)
  .setConfigEditor(lazyComponent(async () => (await import("./components/ConfigEditor.tsx")).ConfigEditor))
  .setQueryEditor(lazyComponent(async () => (await import("./components/QueryEditor.tsx")).QueryEditor));
