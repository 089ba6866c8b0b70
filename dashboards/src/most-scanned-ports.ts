import { DASHBOARD_UIDS, flowsDashboard, type ClassicDashboard } from "./dashboard.ts";
import { FlowsQueryBuilder } from "./flows-query-builder.ts";
import { numbers, ranking, stackedOverTime } from "./panels.ts";

/** Panel that the provisioned alert rule points to. */
export const SCANNING_SOURCES_PANEL = 4;

const WHAT_COUNTS = "A failed first contact is a TCP flow with SYN and without ACK: somebody knocked and no connection was opened.";

/** Which ports are being probed, by how many, and by whom. */
export function mostScannedPorts(): ClassicDashboard {
  return flowsDashboard({
    uid: DASHBOARD_UIDS.ports,
    title: "Most scanned ports",
    description: "Which TCP ports are being probed, by how many sources, against how many targets, and by whom.",
    from: "now-6h",
    refresh: "1m",
    panels: [
      numbers({
        id: 1,
        title: "In this time range",
        description: `${WHAT_COUNTS} Sources and targets are distinct addresses.`,
        width: 24,
        height: 4,
        targets: [new FlowsQueryBuilder("stat").measures("attempts", "attempt_sources", "attempt_destinations")],
      }),
      ranking({
        id: 2,
        title: "Most scanned ports",
        description: `${WHAT_COUNTS} Many sources on one port: a worm or a botnet looks for it. One source on many ports: somebody explores a host.`,
        width: 12,
        height: 17,
        barMeasure: "attempts",
        links: [{ field: "svc_port", filter: "dst port ${__value.raw} and flags S and not flags A" }],
        targets: [new FlowsQueryBuilder("top").by("svc_port").measures("attempts", "attempt_sources", "attempt_destinations").limit(15)],
      }),
      stackedOverTime({
        id: 3,
        title: "Failed first contacts by port",
        description: `${WHAT_COUNTS} Counted in steps of five minutes or more, for the ten ports with most of them.`,
        measure: "attempts",
        // The rollup that knows attempts by port has slots of five minutes.
        step: "5m",
        bars: true,
        width: 12,
        height: 17,
        targets: [new FlowsQueryBuilder("timeseries").by("svc_port").measures("attempts").limit(10).withOther()],
      }),
      ranking({
        id: SCANNING_SOURCES_PANEL,
        title: "Sources of failed first contacts",
        description: `${WHAT_COUNTS} Many targets: a sweep through the network. Few targets and many attempts: one host is explored, or a client's server is down.`,
        width: 12,
        height: 12,
        barMeasure: "attempts",
        links: [{ field: "src_addr", filter: "src ip ${__value.raw} and flags S and not flags A" }],
        targets: [new FlowsQueryBuilder("top").by("src_addr").measures("attempts", "attempt_destinations").limit(10)],
      }),
      ranking({
        id: 5,
        title: "Targets of failed first contacts",
        description: `${WHAT_COUNTS} A server that is down shows here with few sources; a host under attack with many.`,
        width: 12,
        height: 12,
        barMeasure: "attempts",
        links: [{ field: "dst_addr", filter: "dst ip ${__value.raw} and flags S and not flags A" }],
        targets: [new FlowsQueryBuilder("top").by("dst_addr").measures("attempts", "attempt_sources").limit(10)],
      }),
    ],
  });
}
