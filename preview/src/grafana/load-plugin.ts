/**
 * Loads the built plugin (plugin/dist/module.js) as Grafana does: an AMD module whose externals are the page's own packages. So what the
 * page shows is the shipped frontend; it proves nothing about plugin.json, signing or the backend.
 */
import * as emotionCss from "@emotion/css";
import * as emotionReact from "@emotion/react";
import * as grafanaData from "@grafana/data";
import * as grafanaI18n from "@grafana/i18n";
import * as grafanaRuntime from "@grafana/runtime";
import * as grafanaSchema from "@grafana/schema";
import * as grafanaUi from "@grafana/ui";
import lodash from "lodash";
import moment from "moment";
import * as React from "react";
import * as ReactDOM from "react-dom";
import * as jsxRuntime from "react/jsx-runtime";
import * as rxjs from "rxjs";
import * as rxjsOperators from "rxjs/operators";
import { ApiError, fetchJson } from "../api.ts";
import { DATA_SOURCE } from "./runtime.ts";

const EXTERNALS: Readonly<Record<string, unknown>> = {
  "@emotion/css": emotionCss,
  "@emotion/react": emotionReact,
  "@grafana/data": grafanaData,
  "@grafana/i18n": grafanaI18n,
  "@grafana/runtime": grafanaRuntime,
  "@grafana/schema": grafanaSchema,
  "@grafana/ui": grafanaUi,
  lodash,
  moment,
  react: React,
  "react-dom": ReactDOM,
  "react/jsx-runtime": jsxRuntime,
  rxjs,
  "rxjs/operators": rxjsOperators,
};

export type FlowsPlugin = grafanaData.DataSourcePlugin<grafanaData.DataSourceApi>;

export interface LoadedPlugin {
  plugin: FlowsPlugin;
  dataSource: grafanaData.DataSourceApi;
}

type Factory = (...dependencies: unknown[]) => unknown;
type Define = (...definition: [...name: string[], dependencies: string[], factory: Factory]) => void;
declare global {
  interface Window {
    define?: Define & { amd: object };
  }
}

const FOLDER = "/plugin/";
const HINT = "build it with: npm run build -w plugin";

function amdModule(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const uri = new URL(url, window.location.href).href;
    const define: Define = (...definition) => {
      const factory = definition.at(-1) as Factory;
      const dependencies = definition.at(-2) as string[];
      const module = { id: url, uri, exports: {} };
      const own: Record<string, unknown> = { module, exports: module.exports };
      const missing = dependencies.filter((name) => !(name in own) && !(name in EXTERNALS));
      if (missing.length > 0) reject(new ApiError(0, `the plugin wants packages that this page has not: ${missing.join(", ")}`));
      else resolve(factory(...dependencies.map((name) => own[name] ?? EXTERNALS[name])) ?? module.exports);
    };
    window.define = Object.assign(define, { amd: {} });
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => {
      delete window.define;
      reject(new ApiError(0, `${url} is not the plugin`, HINT)); // no effect when it has defined itself
    };
    script.onerror = () => {
      delete window.define;
      reject(new ApiError(0, "the plugin is not built", HINT));
    };
    document.head.append(script);
  });
}

async function load(): Promise<LoadedPlugin> {
  DATA_SOURCE.meta = (await fetchJson(`${FOLDER}plugin.json`)) as typeof DATA_SOURCE.meta;
  const { plugin } = (await amdModule(`${FOLDER}module.js`)) as { plugin: FlowsPlugin };
  plugin.meta = DATA_SOURCE.meta;
  const dataSource = new plugin.DataSourceClass(DATA_SOURCE);
  dataSource.meta = DATA_SOURCE.meta;
  return { plugin, dataSource };
}

let loading: Promise<LoadedPlugin> | undefined;

/** The plugin and its data source, loaded once. */
export function loadPlugin(): Promise<LoadedPlugin> {
  return (loading ??= load());
}
