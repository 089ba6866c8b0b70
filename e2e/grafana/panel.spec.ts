/** A panel made by hand draws what the query editor asks. */
import { provisionedDataSource } from "./support/provisioned.ts";
import { expect, needs, screenshot, test } from "./support/test.ts";

test.describe("panel", () => {
  needs();

  test("draws a time series and a table", async ({ panelEditPage, selectors, page }) => {
    const { name } = provisionedDataSource();
    await panelEditPage.datasource.set(name);
    await panelEditPage.timeRange.set({ from: "now-15m", to: "now" });
    await expect(panelEditPage.refreshPanel()).toBeOK();
    await expect(panelEditPage.panel.locator.locator("canvas").first()).toBeVisible();
    await screenshot(page, "grafana-panel");

    await panelEditPage.getQueryEditorRow("A").getByRole("radio", { name: "Top list" }).check({ force: true });
    // A new panel shows the choice at once; an edited one behind a button.
    const { PluginVisualization, PanelEditor } = selectors.components;
    const item = panelEditPage.getByGrafanaSelector(PluginVisualization.item("Table"));
    if (!(await item.isVisible())) await panelEditPage.getByGrafanaSelector(PanelEditor.toggleVizPicker).click();
    await item.click();
    const { locator } = panelEditPage.panel;
    await expect(locator.getByRole("columnheader", { name: "Protocol" })).toBeVisible();
    await expect(locator.getByRole("columnheader", { name: "Bits/s" })).toBeVisible();
    await expect(locator.getByRole("gridcell", { name: "tcp", exact: true })).toBeVisible();
  });

  test("shows the message of a wrong filter", async ({ panelEditPage }) => {
    const { name } = provisionedDataSource();
    await panelEditPage.datasource.set(name);
    await panelEditPage.getQueryEditorRow("A").getByRole("textbox", { name: "Flow filter" }).fill("prot tcp");
    await expect(panelEditPage.refreshPanel()).not.toBeOK();
    await expect(panelEditPage.panel.getErrorIcon()).toBeVisible();
  });
});
