/** The filter field in Grafana's own page: it colours, completes, underlines and runs. */
import { provisionedDataSource } from "./support/provisioned.ts";
import { consoleErrors, expect, needs, screenshot, test } from "./support/test.ts";

test.describe("filter field", () => {
  needs();

  test("completes words, underlines what is wrong, and runs on Enter", async ({ explorePage, page }) => {
    const errors = consoleErrors(page);
    const { name } = provisionedDataSource();
    await explorePage.datasource.set(name);
    const field = explorePage.getQueryEditorRow("A").getByRole("textbox", { name: "Flow filter" });
    const status = explorePage.getQueryEditorRow("A").getByTestId("sillage-filter-status");

    await field.click();
    await field.pressSequentially("pro", { delay: 30 });
    const completions = page.locator(".cm-tooltip-autocomplete");
    await expect(completions).toContainText("proto");
    await screenshot(page, "grafana-completion");
    await field.press("Enter");
    await expect(field).toHaveText("proto ");
    await field.pressSequentially("tcp and prot 443", { delay: 30 });

    await expect(field.locator(".cm-lintRange-error")).toHaveText("prot");
    await expect(status).toContainText("prot is not a word");
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await field.locator(".cm-lintRange-error").hover();
    await expect(page.locator(".cm-tooltip-lint")).toContainText("did you mean");
    await screenshot(page, "grafana-filter-error");

    await field.fill("proto tcp and port 443");
    await expect(field.locator(".cm-lintRange-error")).toHaveCount(0);
    const asked = explorePage.waitForQueryDataRequest((request) => (request.postData() ?? "").includes("port 443"));
    await field.press("Escape");
    await field.press("Enter");
    const { queries } = (await asked).postDataJSON() as { queries: Record<string, unknown>[] };
    expect(queries[0]).toMatchObject({ filter: "proto tcp and port 443", view: "timeseries", version: 1 });
    expect(queries[0]).not.toHaveProperty("error");
    expect(errors).toEqual([]);
  });
});
