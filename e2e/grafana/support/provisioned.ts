/** What the project's own provisioning files put into Grafana. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { REPOSITORY } from "./environment.ts";

export interface ProvisionedRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly relativeTimeRange?: object;
    readonly model: object;
  }[];
}

const read = (file: string): unknown => parse(readFileSync(path.join(REPOSITORY, "provisioning", file), "utf8"));

/** Name and uid of the data source. */
export function provisionedDataSource(): { readonly name: string; readonly uid: string } {
  const [first] = (read("datasources/sillage.yaml") as { datasources: { name: string; uid: string }[] }).datasources;
  if (first === undefined) throw new Error("provisioning/datasources/sillage.yaml has no data source");
  return first;
}

export function provisionedRule(): ProvisionedRule {
  const rule = (read("alerting/sillage.yaml") as { groups: { rules: ProvisionedRule[] }[] }).groups[0]?.rules[0];
  if (rule === undefined) throw new Error("provisioning/alerting/sillage.yaml has no rule");
  return rule;
}
