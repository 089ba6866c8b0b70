/** The shipped alert rule fires on a port scan; a copy of it with a short memory also resolves, without the ten minutes that the shipped one takes. */
import type { APIRequestContext } from "@playwright/test";
import { SILLAGE_UDP } from "./support/environment.ts";
import { sendPortScan } from "./support/port-scan.ts";
import { provisionedRule } from "./support/provisioned.ts";
import { expect, needs, screenshot, test } from "./support/test.ts";

/** State of one alert instance as Grafana's alert list shows it. */
interface Instance {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

const COPY = { folder: "sillage-e2e", group: "e2e" };

async function instances(request: APIRequestContext, title: string): Promise<Instance[]> {
  const response = await request.get("/api/prometheus/grafana/api/v1/rules");
  const { data } = (await response.json()) as { data: { groups: { rules: { name: string; alerts?: Instance[] }[] }[] } };
  return data.groups.flatMap(({ rules }) => rules.filter(({ name }) => name === title).flatMap(({ alerts }) => alerts ?? []));
}

const isFiring = (all: readonly Instance[], source: string): boolean =>
  all.some(({ state, labels }) => labels["src_addr"] === source && /^(Alerting|firing)/i.test(state));

/** An address of 198.18.0.0/15 (RFC 2544), so that a second run does not find the first one's alert. */
const newSource = (): string => `198.18.${Math.floor(Math.random() * 256)}.${1 + Math.floor(Math.random() * 254)}`;

test.describe("alert rule", () => {
  needs({ SILLAGE_UDP });

  const rule = provisionedRule();

  test("as shipped fires on a port scan", async ({ page }) => {
    test.setTimeout(240_000);
    const source = newSource();
    expect(isFiring(await instances(page.request, rule.title), source)).toBe(false);
    await sendPortScan(SILLAGE_UDP ?? "", source, 150);
    // The rule is evaluated once a minute.
    await expect
      .poll(async () => isFiring(await instances(page.request, rule.title), source), { timeout: 180_000, intervals: [2_000] })
      .toBe(true);
    await page.goto(`/alerting/grafana/${rule.uid}/view?tab=instances`);
    await expect(page.getByText(source).first()).toBeVisible();
    await screenshot(page, "grafana-alert");
  });

  test("fires and resolves when it looks back a minute", async ({ page }) => {
    test.setTimeout(300_000);
    const uid = `e2e${Date.now()}`;
    const title = `Port scan, short memory ${uid}`;
    const data = rule.data.map((step) => ({ relativeTimeRange: { from: 0, to: 0 }, ...step }));
    const copy = {
      ...{ uid, title, condition: rule.condition, folderUID: COPY.folder, ruleGroup: COPY.group, orgID: 1, for: "0s" },
      ...{
        noDataState: "OK",
        execErrState: "Error",
        data: data.map((step) => ({ ...step, ...(step.datasourceUid === "__expr__" ? {} : { relativeTimeRange: { from: 60, to: 0 } }) })),
      },
    };
    await page.request.post("/api/folders", { data: { uid: COPY.folder, title: "Sillage e2e" } });
    const created = await page.request.post("/api/v1/provisioning/alert-rules", {
      data: copy,
      headers: { "X-Disable-Provenance": "true" },
    });
    expect(created.status(), await created.text()).toBe(201);
    try {
      const source = newSource();
      await sendPortScan(SILLAGE_UDP ?? "", source, 150);
      const firing = async (): Promise<boolean> => isFiring(await instances(page.request, title), source);
      await expect.poll(firing, { timeout: 120_000, intervals: [2_000] }).toBe(true);
      await expect.poll(firing, { timeout: 150_000, intervals: [2_000] }).toBe(false);
    } finally {
      await page.request.delete(`/api/v1/provisioning/alert-rules/${uid}`, { headers: { "X-Disable-Provenance": "true" } });
      await page.request.delete(`/api/folders/${COPY.folder}?forceDeleteRules=true`);
    }
  });

  test("shows its query in the rule editor", async ({ page }) => {
    await page.goto(`/alerting/${rule.uid}/edit`);
    await expect(
      page
        .getByTestId("sillage-query-editor")
        .or(page.getByText("provisioned", { exact: false }))
        .first(),
    ).toBeVisible();
    await screenshot(page, "grafana-rule");
  });
});
