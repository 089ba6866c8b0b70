/**
 * What `npm run bench -- query` asks: the questions an operator asks of nfdump, each with the command that answers it from the same flows,
 * and every panel of the shipped dashboards.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { FlowQueryInput } from "@sillage/model";
import { DAY_MS } from "./query-flows.ts";

const HOUR_MS = 3_600_000;
/** A panel of this many pixels asks for as many points. */
const PANEL_POINTS = 800;
/** Now, as Grafana sees it, is on no slot of any table. Unit: ms. */
const OFF_THE_SLOTS_MS = 217_345;

/** Addresses that the questions name, chosen from the flows themselves. */
export interface Subjects {
  /** One of the operator's hosts with about as many flows as an average one. */
  readonly insideHost: string;
  /** A host outside with some tens of flows in the whole day. */
  readonly outsideHost: string;
  /** The /16 around it. */
  readonly outsideNetwork: string;
}

export interface Question {
  readonly name: string;
  readonly query: FlowQueryInput;
  /** Epoch ms, [from, to). */
  readonly fromMs: number;
  readonly toMs: number;
  /** Least width of a bucket. Unit: ms. */
  readonly intervalMs: number;
  /** What nfdump is asked for it. */
  readonly nfdump?: NfdumpQuestion;
}

export interface NfdumpQuestion {
  readonly args: readonly string[];
  readonly filter: string;
  /** How both answers are compared; without: nfdump has no such answer, this is the nearest. */
  readonly same?: "groups" | "series" | "totals";
}

const by = (...fields: string[]): { field: string }[] => fields.map((field) => ({ field }));
const top = (filter: string, fields: string[], measures: FlowQueryInput["measures"]): FlowQueryInput => ({
  view: "top",
  filter,
  dimensions: by(...fields),
  measures,
  limit: 10,
});

/** The same questions for both, over the whole day. */
export function questions(fromMs: number, { insideHost, outsideHost, outsideNetwork }: Subjects): Question[] {
  const statistics = (field: string, order: string): string[] => ["-s", `${field}/${order}`, "-n", "10"];
  const volumes: FlowQueryInput["measures"] = ["bytes", "packets", "flows"];
  const HTTPS = "proto tcp and dst port 443";
  const PORTS = "proto tcp or proto udp";
  const PROBES = "proto tcp and flags S and not flags A";
  const subnet = "net 10.20.5.0/24";
  const list: Omit<Question, "fromMs" | "toMs" | "intervalMs">[] = [
    {
      name: "top sources, filtered",
      query: top(HTTPS, ["src_addr"], volumes),
      nfdump: { args: statistics("srcip", "bytes"), filter: HTTPS, same: "groups" },
    },
    {
      name: "top sources",
      query: top("", ["src_addr"], volumes),
      nfdump: { args: statistics("srcip", "bytes"), filter: "any", same: "groups" },
    },
    {
      name: "top destination ports",
      query: top(PORTS, ["dst_port"], ["flows"]),
      nfdump: { args: statistics("dstport", "flows"), filter: PORTS, same: "groups" },
    },
    { name: "top service ports", query: top("", ["svc_port"], ["bytes"]), nfdump: { args: statistics("port", "bytes"), filter: "any" } },
    {
      name: "top pairs",
      query: top("", ["src_addr", "dst_addr"], volumes),
      nfdump: { args: ["-A", "srcip,dstip", "-O", "bytes", "-n", "10"], filter: "any", same: "groups" },
    },
    {
      name: "protocols over time",
      query: { view: "timeseries", dimensions: by("proto"), measures: ["bytes"], limit: 10 },
      nfdump: { args: statistics("proto", "bytes"), filter: "any", same: "series" },
    },
    {
      name: "protocols over time, one network",
      query: { view: "timeseries", filter: `dst ${subnet}`, dimensions: by("proto"), measures: ["bytes"], limit: 10 },
      nfdump: { args: statistics("proto", "bytes"), filter: `dst ${subnet}`, same: "series" },
    },
    {
      name: "most scanned ports",
      query: top("", ["svc_port"], ["attempts", "attempt_sources", "attempt_destinations"]),
      nfdump: { args: statistics("dstport", "flows"), filter: PROBES, same: "groups" },
    },
    ...[`host ${insideHost}`, `host ${outsideHost}`, subnet, `net ${outsideNetwork}`].map((filter) => ({
      name: `volume of ${filter}`,
      query: { view: "stat", filter, measures: volumes } as const,
      nfdump: { args: statistics("proto", "bytes"), filter, same: "totals" as const },
    })),
    ...[`host ${insideHost}`, `host ${outsideHost}`, PROBES, ""].map((filter) => ({
      name: filter === "" ? "list of 100 flows" : `list of 100 flows of ${filter}`,
      query: { view: "records", filter, limit: 100 } as const,
      // Its first hundred; ours are the newest.
      nfdump: { args: ["-c", "100"], filter: filter === "" ? "any" : filter },
    })),
  ];
  return list.map((question) => ({ ...question, fromMs, toMs: fromMs + DAY_MS, intervalMs: 300_000 }));
}

interface DashboardJson {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly interval?: string;
    readonly targets?: readonly (Record<string, unknown> & { readonly refId: string })[];
  }[];
}

/** Every query of every panel, over a day and over its last hour. The ranges are on no slot, as `now` never is. */
export function panels(fromMs: number): { readonly day: Question[]; readonly hour: Question[] } {
  const toMs = fromMs + DAY_MS - OFF_THE_SLOTS_MS;
  const targets = readDashboards().flatMap(({ title, panels: list }) =>
    list.flatMap((panel) =>
      (panel.targets ?? []).map((target) => {
        const { refId } = target;
        const query = Object.fromEntries(Object.entries(target).filter(([key]) => key !== "refId" && key !== "datasource"));
        return {
          name: `${title}: ${panel.title}${panel.targets?.length === 1 ? "" : ` (${refId})`}`,
          query: { ...query, filter: "" },
          least: panel.interval === undefined ? 0 : Number.parseInt(panel.interval, 10) * 60_000,
        };
      }),
    ),
  );
  const over = (ms: number): Question[] =>
    targets.map(({ name, query, least }) => ({ name, query, fromMs: toMs - ms, toMs, intervalMs: Math.max(least, ms / PANEL_POINTS) }));
  // The day's own range begins inside the flows too.
  return { day: over(DAY_MS - 2 * OFF_THE_SLOTS_MS), hour: over(HOUR_MS) };
}

function readDashboards(): DashboardJson[] {
  const folder = path.resolve(__dirname, "../dashboards");
  const names = readdirSync(folder).filter((name) => /^sillage-.*\.json$/.test(name));
  return names.map((name) => JSON.parse(readFileSync(path.join(folder, name), "utf8")) as DashboardJson);
}
