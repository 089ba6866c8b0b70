/** Every shipped dashboard loads, every query of it is answered, no panel shows an error. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY } from "./support/environment.ts";
import { consoleErrors, expect, needs, screenshot, test } from "./support/test.ts";

interface Listed {
  readonly uid: string;
  readonly title: string;
}

const folder = path.join(REPOSITORY, "dashboards");
const readJson = (file: string): unknown => JSON.parse(readFileSync(path.join(folder, file), "utf8"));

/** Charts with at least one painted pixel; runs in the page. */
function countDrawnCharts(): number {
  return [...document.querySelectorAll<HTMLCanvasElement>(".u-wrap canvas")].filter((canvas) => {
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels?.some((value) => value !== 0) ?? false;
  }).length;
}

test.describe("dashboards", () => {
  needs();

  for (const { uid, title } of readJson("index.json") as Listed[]) {
    test(`${title} has no failed panel`, async ({ gotoDashboardPage, selectors, page }) => {
      const errors = consoleErrors(page);
      const failed: string[] = [];
      page.on("response", (response) => {
        if (response.url().includes("/api/ds/query") && response.status() !== 200) failed.push(`${response.status()} ${response.url()}`);
      });
      const { panels } = readJson(`${uid}.json`) as { panels: { type: string; title?: string; targets?: unknown[] }[] };
      const titles = panels.filter(({ targets }) => targets !== undefined).flatMap(({ title: name }) => (name === undefined ? [] : [name]));
      // Taller than the screen, so that Grafana draws the panels below too.
      await page.setViewportSize({ width: 1440, height: 2400 });
      const dashboard = await gotoDashboardPage({ uid });
      for (const name of titles) await expect(dashboard.getPanelByTitle(name).locator).toBeVisible();
      await page.waitForLoadState("networkidle");
      await expect.poll(() => page.evaluate(countDrawnCharts)).toBe(panels.filter(({ type }) => type === "timeseries").length);
      await expect(dashboard).toHavePanelErrors(0);
      await expect(page.getByText("No data", { exact: true })).toHaveCount(0);
      await expect(page.locator(`[data-testid="${selectors.components.Panels.Panel.loadingBar("")}"]`)).toHaveCount(0);
      await screenshot(page, `grafana-${uid}`);
      expect(failed).toEqual([]);
      expect(errors).toEqual([]);
    });
  }
});
