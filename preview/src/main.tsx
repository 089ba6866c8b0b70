import { locationUtil, type GrafanaConfig } from "@grafana/data";
import { initPluginTranslations } from "@grafana/i18n";
import { config } from "@grafana/runtime";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { loadPlugin } from "./grafana/load-plugin.ts";
import { registerFieldOptions } from "./grafana/registries.ts";
import { installRuntime } from "./grafana/runtime.ts";
import { parseHash } from "./location.ts";

/** Template variables in force: what the address names as `var-…`. */
function variablesOfAddress(): Record<string, string> {
  const params = [...parseHash(window.location.hash).params].filter(([name]) => name.startsWith("var-"));
  return Object.fromEntries(params.map(([name, value]) => [name.slice("var-".length), value]));
}

async function start(root: HTMLElement): Promise<void> {
  await initPluginTranslations("grafana-ui");
  // Charts measure their axis labels once: with another font than the final one they would be cut off.
  await Promise.all(["400", "500"].map((weight) => document.fonts.load(`${weight} 14px Inter`)));
  registerFieldOptions();
  installRuntime(variablesOfAddress, async () => (await loadPlugin()).dataSource);
  locationUtil.initialize({
    config: config as unknown as GrafanaConfig,
    getTimeRangeForUrl: () => ({ from: "now-1h", to: "now" }),
    getVariablesUrlParams: () => ({}),
  });
  createRoot(root).render(<App />);
}

const root = document.getElementById("root");
if (root) void start(root);
