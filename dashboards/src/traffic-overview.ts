import type { MeasureName } from "@sillage/model";
import { DASHBOARD_UIDS, flowsDashboard, type ClassicDashboard } from "./dashboard.ts";
import { FlowsQueryBuilder } from "./flows-query-builder.ts";
import { bars, numbers, stackedOverTime } from "./panels.ts";

/** One minute: the resolution of the rollup that answers these graphs at any range. */
const STEP = "1m";

function byProtocol(id: number, measure: MeasureName, title: string, description: string) {
  const target = new FlowsQueryBuilder("timeseries").by("proto").measures(measure).limit(6).withOther();
  // The other protocols have no TCP flows: without them the legend is not full of zeros.
  if (measure === "tcp_fps") target.where("proto", "=", "tcp");
  return stackedOverTime({ id, title, description, measure, step: STEP, width: 12, height: 10, targets: [target] });
}

/** How much traffic is there, of which kind, and when: the four pictures that NfSen opens with, and the services behind them. */
export function trafficOverview(): ClassicDashboard {
  return flowsDashboard({
    uid: DASHBOARD_UIDS.overview,
    title: "Traffic overview",
    description: "How much traffic is there, of which kind, and when.",
    from: "now-1h",
    refresh: "30s",
    panels: [
      numbers({
        id: 1,
        title: "In this time range",
        description:
          "Averages and totals over the whole time range, for the flows that pass the filter. Bytes and packets are multiplied by the sampling rate; flows never are. Hosts are distinct addresses on either side.",
        width: 24,
        height: 4,
        targets: [
          new FlowsQueryBuilder("stat", "A").measures("bps", "pps", "fps", "bytes", "flows"),
          new FlowsQueryBuilder("stat", "B").measures("hosts"),
        ],
      }),
      byProtocol(
        2,
        "bps",
        "Traffic by protocol",
        "Bits per second at the IP layer, stacked by IP protocol, multiplied by the sampling rate.",
      ),
      byProtocol(
        3,
        "pps",
        "Packets by protocol",
        "Packets per second, stacked by IP protocol, multiplied by the sampling rate. Many small packets without traffic above: a scan or a flood.",
      ),
      byProtocol(
        4,
        "fps",
        "Flows by protocol",
        "Flow records per second, stacked by IP protocol, never multiplied. Rising flows without rising traffic: many short contacts, as scans make them.",
      ),
      byProtocol(
        5,
        "tcp_fps",
        "TCP flows",
        "TCP flow records per second. Compare with the flows picture beside it: the rest is UDP, ICMP and others.",
      ),
      stackedOverTime({
        id: 6,
        title: "Traffic by service port",
        description:
          "Bits per second of the service ports with the most traffic. The service port is the port of the side that serves; 'unknown' stands for protocols without ports.",
        measure: "bps",
        step: STEP,
        width: 16,
        height: 11,
        targets: [new FlowsQueryBuilder("timeseries").by("proto", "svc_port").measures("bps").limit(8).withOther()],
      }),
      bars({
        id: 7,
        title: "Top service ports",
        description: "Bytes of the whole time range by protocol and service port.",
        width: 8,
        height: 11,
        targets: [new FlowsQueryBuilder("top").by("proto", "svc_port").measures("bytes").limit(8)],
      }),
    ],
  });
}
