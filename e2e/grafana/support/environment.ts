/** What the person who runs the tests says about the Grafana and the Sillage server that they run against. */
import path from "node:path";

export const REPOSITORY = path.resolve(__dirname, "../../..");
export const GRAFANA_URL = process.env.GRAFANA_URL;
export const SILLAGE_URL = process.env.SILLAGE_URL;
export const SILLAGE_TOKEN = process.env.SILLAGE_TOKEN ?? "";
export const SILLAGE_UDP = process.env.SILLAGE_UDP;
const SCREENSHOTS = process.env.SILLAGE_SCREENSHOTS;

/** Where a picture of a page goes; undefined when nobody wants one. */
export function screenshotPath(name: string): string | undefined {
  return SCREENSHOTS === undefined ? undefined : path.join(SCREENSHOTS, `${name}.png`);
}
