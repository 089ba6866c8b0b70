/** Explore draws the same query as lines and as a table. */
import { provisionedDataSource } from "./support/provisioned.ts";
import { consoleErrors, expect, needs, screenshot, test } from "./support/test.ts";

test.describe("Explore", () => {
  needs();

  test("answers the default query with lines by protocol", async ({ explorePage, page }) => {
    const errors = consoleErrors(page);
    await explorePage.datasource.set(provisionedDataSource().name);
    const answered = explorePage.waitForQueryDataResponse();
    await explorePage.getQueryEditorRow("A").getByRole("textbox", { name: "Flow filter" }).press("Shift+Enter");
    expect((await answered).status()).toBe(200);
    await expect(explorePage.timeSeriesPanel.locator.locator("canvas").first()).toBeVisible();
    await expect(explorePage.timeSeriesPanel.locator.getByText("tcp", { exact: true }).first()).toBeVisible();
    await screenshot(page, "grafana-explore");
    expect(errors).toEqual([]);
  });

  test("answers a top list and flow records as tables", async ({ explorePage, page }) => {
    await explorePage.datasource.set(provisionedDataSource().name);
    const row = explorePage.getQueryEditorRow("A");
    for (const [view, name, column] of [
      ["Top list", "top", "Bits/s"],
      ["Records", "records", "Received"],
    ] as const) {
      const answered = explorePage.waitForQueryDataResponse((response) =>
        (response.request().postData() ?? "").includes(`"view":"${name}"`),
      );
      await row.getByRole("radio", { name: view }).check({ force: true });
      expect((await answered).status()).toBe(200);
      await expect(page.getByRole("columnheader", { name: column })).toBeVisible();
    }
    await screenshot(page, "grafana-explore-records");
  });
});
