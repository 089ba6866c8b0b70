/** The data source is found, answers, and can be set up by hand. */
import { SILLAGE_TOKEN, SILLAGE_URL } from "./support/environment.ts";
import { provisionedDataSource } from "./support/provisioned.ts";
import { consoleErrors, expect, needs, screenshot, test } from "./support/test.ts";

test.describe("data source", () => {
  needs({ SILLAGE_URL });

  test("as provisioned is healthy", async ({ gotoDataSourceConfigPage, page }) => {
    const { uid, name } = provisionedDataSource();
    const health = await page.request.get(`/api/datasources/uid/${uid}/health`);
    expect(await health.json()).toMatchObject({ status: "OK", message: expect.stringMatching(/^Sillage .* answers$/) });
    await gotoDataSourceConfigPage(uid);
    await expect(page.getByTestId("sillage-config-url")).toBeVisible();
    await expect(page.getByText(name).first()).toBeVisible();
    await screenshot(page, "grafana-data-source");
  });

  test("set up by hand is healthy, and keeps its token to itself", async ({ createDataSourceConfigPage, page }) => {
    const errors = consoleErrors(page);
    const config = await createDataSourceConfigPage({ type: "sillage-flows-datasource", name: `Sillage by hand ${Date.now()}` });
    await page.getByTestId("sillage-config-url").fill(SILLAGE_URL ?? "");
    await page.getByTestId("sillage-config-token").fill(SILLAGE_TOKEN);
    await expect(config.saveAndTest()).toBeOK();
    await expect(config).toHaveAlert("success", { hasText: "answers" });
    const settings = await (await page.request.get(`/api/datasources/uid/${config.datasource.uid}`)).text();
    if (SILLAGE_TOKEN !== "") {
      expect(settings).not.toContain(SILLAGE_TOKEN);
      expect(JSON.parse(settings)).toMatchObject({ secureJsonFields: { token: true } });
    }
    expect(errors).toEqual([]);
  });

  test("says what to do when nobody listens", async ({ createDataSourceConfigPage, page }) => {
    const config = await createDataSourceConfigPage({ type: "sillage-flows-datasource", name: `Sillage down ${Date.now()}` });
    await page.getByTestId("sillage-config-url").fill("http://127.0.0.1:9");
    await expect(config.saveAndTest()).not.toBeOK();
    await expect(config).toHaveAlert("error", { hasText: "is it running" });
  });
});
