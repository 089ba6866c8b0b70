import { DASHBOARD_UIDS, flowsDashboard, type ClassicDashboard } from "./dashboard.ts";
import { FlowsQueryBuilder } from "./flows-query-builder.ts";
import { ranking, stackedOverTime, type LinkColumn } from "./panels.ts";

interface Ranking {
  id: number;
  title: string;
  description: string;
  by: string[];
  width: number;
  links: LinkColumn[];
}

function byBytes({ id, title, description, by, width, links }: Ranking) {
  const target = new FlowsQueryBuilder("top")
    .by(...by)
    .measures("bytes", "packets", "flows")
    .limit(10);
  return ranking({ id, title, description, width, height: 12, barMeasure: "bytes", links, targets: [target] });
}

/** Who sends, who receives, over which services and seen by which exporter. */
export function topTalkers(): ClassicDashboard {
  return flowsDashboard({
    uid: DASHBOARD_UIDS.talkers,
    title: "Top talkers",
    description: "Who sends, who receives, over which services and seen by which exporter.",
    from: "now-1h",
    refresh: "30s",
    panels: [
      stackedOverTime({
        id: 1,
        title: "Traffic of the top sources",
        description: "Bits per second of the ten source addresses that sent most in the time range; all other sources are one grey area.",
        measure: "bps",
        step: "1m",
        width: 24,
        height: 11,
        targets: [new FlowsQueryBuilder("timeseries").by("src_addr").measures("bps").limit(10).withOther()],
      }),
      byBytes({
        id: 2,
        title: "Top sources",
        description: "Source addresses by bytes sent. Click an address for its own overview.",
        by: ["src_addr"],
        width: 12,
        links: [{ field: "src_addr", filter: "src ip ${__value.raw}" }],
      }),
      byBytes({
        id: 3,
        title: "Top destinations",
        description: "Destination addresses by bytes received. Click an address for its own overview.",
        by: ["dst_addr"],
        width: 12,
        links: [{ field: "dst_addr", filter: "dst ip ${__value.raw}" }],
      }),
      byBytes({
        id: 4,
        title: "Top pairs",
        description: "Source and destination by bytes, each direction of a conversation on its own.",
        by: ["src_addr", "dst_addr"],
        width: 24,
        links: ["src_addr", "dst_addr"].map((field) => ({
          field,
          filter: "src ip ${__data.fields.src_addr} and dst ip ${__data.fields.dst_addr}",
        })),
      }),
      byBytes({
        id: 5,
        title: "Top services",
        description: "Protocol and service port (the port of the side that serves) by bytes, both directions together.",
        by: ["proto", "svc_port"],
        width: 12,
        links: [{ field: "svc_port", filter: "port ${__value.raw}" }],
      }),
      byBytes({
        id: 6,
        title: "Exporters",
        description:
          "The devices that sent the flow records, by bytes they reported. The same traffic counts twice when two exporters see it.",
        by: ["exporter"],
        width: 12,
        links: [],
      }),
    ],
  });
}
