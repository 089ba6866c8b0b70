/** One flow in one line, in the order people know from nfdump. */
import type { Flow, FlowScalar } from "../flow/index.ts";

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "ICMP6", 132: "SCTP" };
/** From NS (256) down to FIN (1). */
const FLAG_LETTERS = ["N", "C", "E", "U", "A", "P", "R", "S", "F"];

export const FLOW_TABLE_HEAD = tableLine([
  "start",
  "duration s",
  "proto",
  "source",
  "destination",
  "flags",
  "packets",
  "bytes",
  "rate 1:N",
]);

export function flowTableLine(flow: Readonly<Flow>): string {
  const start = flow.time_start === null ? "-" : String(flow.time_start).replace("T", " ").replace("Z", "");
  const durationMs =
    flow.time_start === null || flow.time_end === null ? 0 : Date.parse(String(flow.time_end)) - Date.parse(String(flow.time_start));
  const proto = flow.proto === null ? "-" : (PROTOCOLS[Number(flow.proto)] ?? String(flow.proto));
  const isIcmp = flow.icmp_type !== null;
  return tableLine([
    start,
    (durationMs / 1000).toFixed(3),
    proto,
    endpoint(flow.src_addr, flow.src_port),
    isIcmp
      ? `${endpoint(flow.dst_addr, null)} ${String(flow.icmp_type)}.${String(flow.icmp_code)}`
      : endpoint(flow.dst_addr, flow.dst_port),
    flow.tcp_flags === null || flow.proto !== 6 ? "" : flagLetters(Number(flow.tcp_flags)),
    String(flow.packets),
    String(flow.bytes),
    flow.sampling_rate === 0 ? "-" : String(flow.sampling_rate),
  ]);
}

function tableLine(cells: readonly string[]): string {
  const [start = "", duration = "", proto = "", source = "", destination = "", flags = "", packets = "", bytes = "", rate = ""] = cells;
  return `${start.padEnd(23)} ${duration.padStart(10)} ${proto.padEnd(5)} ${source.padStart(28)} -> ${destination.padEnd(28)} ${flags.padEnd(9)} ${packets.padStart(9)} ${bytes.padStart(12)} ${rate.padStart(8)}`;
}

function endpoint(address: FlowScalar, port: FlowScalar): string {
  if (address === null) return "-";
  if (port === null) return String(address);
  return String(address).includes(":") ? `[${String(address)}]:${String(port)}` : `${String(address)}:${String(port)}`;
}

function flagLetters(flags: number): string {
  return FLAG_LETTERS.map((letter, i) => ((flags >> (FLAG_LETTERS.length - 1 - i)) & 1 ? letter : ".")).join("");
}
