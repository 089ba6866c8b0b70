/** What all dashboards share: identity, the filter box, links to each other, time range. */
import {
  DashboardBuilder as ClassicDashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { adHocVariable, filterVariable } from "./variables.ts";

const TAG = "sillage";

/** Identities, fixed because links, alert rules and bookmarks name them; also the names of the generated files. */
export const DASHBOARD_UIDS = { overview: "sillage-overview", talkers: "sillage-talkers", ports: "sillage-ports" } as const;

export interface DashboardFrame {
  uid: (typeof DASHBOARD_UIDS)[keyof typeof DASHBOARD_UIDS];
  title: string;
  /** The question that the dashboard answers, one sentence. */
  description: string;
  /** Start of the default range, e.g. `now-1h`. */
  from: string;
  /** How often it asks again, e.g. `30s`. */
  refresh: string;
  panels: Builder<Panel>[];
}

/** A dashboard in the classic JSON model: what file provisioning and the import page of every supported Grafana take. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- the v2 model that the SDK prefers cannot be provisioned from files
export type ClassicDashboard = ReturnType<ClassicDashboardBuilder["build"]>;

export function flowsDashboard({ uid, title, description, from, refresh, panels }: DashboardFrame): ClassicDashboard {
  const siblings = new DashboardLinkBuilder("Sillage")
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true)
    .tooltip("The other flow dashboards, with the same filter and time range")
    .build();
  delete siblings.placement; // the SDK's default would hide the links in a menu
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see ClassicDashboard
  const dashboard = new ClassicDashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG, "netflow"])
    .editable()
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from, to: "now" })
    .refresh(refresh)
    .link({ build: () => siblings })
    .withVariable(filterVariable())
    .withVariable(adHocVariable());
  for (const panel of panels) dashboard.withPanel(panel);
  return dashboard.build();
}
