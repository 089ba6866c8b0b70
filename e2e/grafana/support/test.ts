/** plugin-e2e's `test` with what all files here need. Each test skips itself where its needs are not met. */
import { expect, test as base } from "@grafana/plugin-e2e";
import type { Page } from "@playwright/test";
import { GRAFANA_URL, screenshotPath } from "./environment.ts";

export { expect };
export const test = base;

/** Skips the file's tests, with a reason, unless every variable is set. */
export function needs(variables: Readonly<Record<string, string | undefined>> = {}): void {
  const lacking = Object.entries({ GRAFANA_URL, ...variables }).filter(([, value]) => value === undefined || value === "");
  test.skip(lacking.length > 0, `skipped: ${lacking.map(([name]) => name).join(", ")} not set`);
}

/** Keeps a picture when SILLAGE_SCREENSHOTS names a folder. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const file = screenshotPath(name);
  if (file !== undefined) await page.screenshot({ path: file });
}

/** What our code writes to the console as an error, and what nobody caught. Grafana itself asks for things that need the internet. */
export function consoleErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && message.location().url.includes("/public/plugins/sillage-flows-datasource/"))
      errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  return errors;
}
