/** What the demo exporter says it sent, added up as a query asks: the oracle for the panels of the shipped dashboards. */
import { readFileSync } from "node:fs";
import type { FlowQuery, MeasureName } from "@sillage/model";

/** A line of `sillage send --ledger-flows`. */
export interface LedgerFlow {
  readonly kind: "flow";
  readonly proto: number;
  readonly tcpFlags: number;
  readonly packets: number;
  readonly bytes: number;
  readonly srcAddr: string;
  readonly dstAddr: string;
  readonly exporter: string;
  readonly samplingRate: number;
  readonly svcPort: number;
}

export function readLedger(file: string): LedgerFlow[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes('"kind":"flow"'))
    .map((line) => JSON.parse(line) as LedgerFlow);
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6" };

/** The value of a dimension as answers spell it. */
function dimensionValue(flow: LedgerFlow, name: string): string {
  switch (name) {
    case "proto":
      return PROTOCOL_NAMES[flow.proto] ?? String(flow.proto);
    case "svc_port":
      return flow.svcPort === 0 ? "unknown" : String(flow.svcPort);
    case "src_addr":
      return flow.srcAddr;
    case "dst_addr":
      return flow.dstAddr;
    case "exporter":
      return flow.exporter;
    default:
      throw new Error(`the ledger does not know the dimension ${name}: teach it`);
  }
}

const isAttempt = (flow: LedgerFlow): boolean => flow.proto === 6 && (flow.tcpFlags & 0x12) === 0x02;
const sum = (flows: readonly LedgerFlow[], value: (flow: LedgerFlow) => number): number =>
  flows.reduce((total, flow) => total + value(flow), 0);
const distinct = (values: readonly string[]): number => new Set(values).size;

/** A measure over some flows; rates are per `seconds`. */
export function measure(flows: readonly LedgerFlow[], name: MeasureName, seconds: number): number {
  switch (name) {
    case "bytes":
      return sum(flows, (flow) => flow.bytes * flow.samplingRate);
    case "packets":
      return sum(flows, (flow) => flow.packets * flow.samplingRate);
    case "flows":
      return flows.length;
    case "tcp_flows":
      return flows.filter((flow) => flow.proto === 6).length;
    case "bps":
      return (8 * measure(flows, "bytes", seconds)) / seconds;
    case "pps":
      return measure(flows, "packets", seconds) / seconds;
    case "fps":
      return measure(flows, "flows", seconds) / seconds;
    case "tcp_fps":
      return measure(flows, "tcp_flows", seconds) / seconds;
    case "hosts":
      return distinct(flows.flatMap((flow) => [flow.srcAddr, flow.dstAddr]));
    case "sources":
      return distinct(flows.map((flow) => flow.srcAddr));
    case "destinations":
      return distinct(flows.map((flow) => flow.dstAddr));
    case "attempts":
      return flows.filter(isAttempt).length;
    case "attempt_sources":
      return distinct(flows.filter(isAttempt).map((flow) => flow.srcAddr));
    case "attempt_destinations":
      return distinct(flows.filter(isAttempt).map((flow) => flow.dstAddr));
  }
}

/** Flows that pass the field filters of a query; of the operators only `=` is used by the shipped panels. */
export function passing(flows: readonly LedgerFlow[], query: FlowQuery): LedgerFlow[] {
  return flows.filter((flow) =>
    query.filters.every(({ field, op, values }) => {
      if (op !== "=") throw new Error(`the ledger does not know the operator ${op}: teach it`);
      return dimensionValue(flow, field) === values[0];
    }),
  );
}

/** Flows by the values of a query's dimensions, joined by a blank; groups without a part in the first measure are no rows of an answer. */
export function groupFlows(flows: readonly LedgerFlow[], query: FlowQuery): Map<string, LedgerFlow[]> {
  const groups = new Map<string, LedgerFlow[]>();
  for (const flow of flows) {
    const key = query.dimensions.map(({ field }) => dimensionValue(flow, field)).join(" ");
    const group = groups.get(key);
    if (group) group.push(flow);
    else groups.set(key, [flow]);
  }
  for (const [key, group] of groups) if (measure(group, query.measures[0]!, 1) === 0) groups.delete(key);
  return groups;
}
