/** Browser tests in a Grafana that already runs (README.md beside this file). */
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { PluginOptions } from "@grafana/plugin-e2e";
import { defineConfig, devices } from "@playwright/test";
import { GRAFANA_URL, REPOSITORY } from "./support/environment.ts";

const chromium = process.env.SILLAGE_CHROMIUM ?? "/usr/bin/chromium";
const user = process.env.GRAFANA_USER ?? "admin";
/** The session that the first project opens; plugin-e2e keeps it there, below the working directory. */
const storageState = `playwright/.auth/${user}.json`;
const browser = {
  ...devices["Desktop Chrome"],
  viewport: { width: 1440, height: 900 },
  launchOptions: existsSync(chromium) ? { executablePath: chromium, args: ["--no-sandbox"] } : {},
};

// The list of results does not tell why; a worker would tell it again.
if (GRAFANA_URL === undefined && process.env.TEST_WORKER_INDEX === undefined) {
  console.log("skipped: GRAFANA_URL is not set, so there is no Grafana to drive (e2e/grafana/README.md)");
}

export default defineConfig<PluginOptions>({
  testDir: ".",
  outputDir: path.join(os.tmpdir(), "sillage-grafana-results"),
  // One after the other: they share one Grafana, and the alert test counts what it sent.
  workers: 1,
  // A small machine needs half a minute to draw one of Grafana's pages.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  use: {
    baseURL: GRAFANA_URL ?? "http://localhost:3000",
    provisioningRootDir: path.join(REPOSITORY, "provisioning"),
    user: { user, password: process.env.GRAFANA_PASSWORD ?? "admin" },
    screenshot: "only-on-failure",
    ...browser,
  },
  projects:
    GRAFANA_URL === undefined
      ? [{ name: "grafana" }]
      : [
          { name: "auth", testDir: path.join(path.dirname(require.resolve("@grafana/plugin-e2e")), "auth"), testMatch: [/.*\.js/] },
          { name: "grafana", use: { storageState }, dependencies: ["auth"] },
        ],
});
