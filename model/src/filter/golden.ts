/**
 * Test data: 22 flows and which of them each filter finds, observed by running nfdump 1.7.8 on them (`ours` where we differ on purpose).
 * The oracle of the language: tests here and in server/src/query compare with it; nothing else imports it.
 */
import type { FlowRow } from "./evaluate.ts";

/** 2026-01-01T00:00:00Z */
const BASE_MS = 1_767_225_600_000;

/** id proto source destination flags packets/bytes start duration, then what differs from the defaults. */
const FLOW_LINES = `
1 tcp 10.0.0.1:51000 93.184.216.34:443 FSPA 12/4800 1000 2000
2 tcp 93.184.216.34:443 10.0.0.1:51000 FSPA 20/24000 1010 2000 ttl=50-52
3 udp 10.0.0.1:40000 8.8.8.8:53 - 1/60 2000 0
4 udp 8.8.8.8:53 10.0.0.1:40000 - 1/512 2020 0 ttl=117
5 tcp 198.51.100.7:55555 10.0.0.1:22 S 1/40 3000 0 ttl=240
6 tcp 198.51.100.7:55556 10.0.0.2:22 S 1/40 3001 0 ttl=240
7 tcp 10.0.0.2:22 198.51.100.7:55556 RA 1/40 3002 0
8 icmp 198.51.100.7 10.0.0.1 - 1/92 4000 0 ttl=240 icmp=8/0
9 icmp 10.0.0.1 198.51.100.7 - 1/92 4001 0 icmp=0/0
10 icmp 10.0.0.254 10.0.0.1 - 1/56 4100 0 if=1-1 icmp=3/3
11 tcp [2001:db8::1]:50000 [2001:db8:1::5]:80 SPA 30/30000 5000 10000
12 icmp6 [2001:db8::1] [2001:db8::2] - 1/104 5100 0 if=1-1 ttl=255 icmp=128/0
13 gre 10.1.0.1:0 10.2.0.1:0 - 1000/1000000 6000 60000 tos=184 if=3-4 flowdir=1
14 esp 10.1.0.1:0 10.2.0.2:0 - 500/700000 6100 30000 if=3-4 flowdir=1
15 sctp 10.0.0.1:5000 10.3.0.1:0 - 10/5000 6200 1000 if=1-4
16 tcp 10.0.0.9:60000 203.0.113.50:8080 SPA 2000000/3000000000 7000 290000
17 tcp 198.51.100.7:1 10.0.0.1:80 none 1/40 8000 0 ttl=240
18 tcp 198.51.100.7:2 10.0.0.1:81 FPU 1/40 8001 0 ttl=240
19 tcp 10.0.0.1:50002 203.0.113.50:443 SEC 1/60 8100 0
20 tcp 203.0.113.50:443 10.0.0.1:50001 A 3/120 8200 50 ttl=55-57
21 udp 192.0.2.123:123 10.0.0.1:8000 - 100/46800 9000 1000 tos=32 ttl=60
22 tcp 10.0.0.1:52000 203.0.113.99:443 PA 40/2400 10000 1740000
`;

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, gre: 47, esp: 50, icmp6: 58, sctp: 132 };
const FLAG_BITS: Readonly<Record<string, number>> = { C: 128, E: 64, U: 32, A: 16, P: 8, R: 4, S: 2, F: 1 };
const AS_NUMBERS: readonly (readonly [prefix: string, as: number])[] = [
  ["10.0.0.", 64512],
  ["2001:db8::", 64512],
  ["93.184.216.34", 15133],
  ["8.8.8.8", 15169],
  ["198.51.100.7", 64500],
  ["203.0.113.", 64501],
  ["192.0.2.123", 64502],
  ["2001:db8:1::5", 65536],
];

export interface GoldenFlow {
  readonly id: number;
  readonly row: FlowRow;
}

/** AS 0 is a field not sent: `unknown` of the registry. */
function asOf(address: string): number | undefined {
  return AS_NUMBERS.find(([prefix]) => address.startsWith(prefix))?.[1];
}

function endpoint(text: string): { readonly address: string; readonly port?: number } {
  const [, v6, v4, port] = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$/.exec(text) ?? [];
  return { address: v6 ?? v4 ?? "", ...(port === undefined ? {} : { port: Number(port) }) };
}

function parseLine(line: string): GoldenFlow {
  const [id = "", proto = "", source = "", destination = "", flags = "", volume = "", start = "", duration = "", ...extras] =
    line.split(" ");
  const extra = new Map(extras.map((text) => text.split("=") as [string, string]));
  const pair = (name: string, otherwise: string, separator = "-"): number[] => (extra.get(name) ?? otherwise).split(separator).map(Number);
  const [src, dst] = [endpoint(source), endpoint(destination)];
  const [packets = 0, bytes = 0] = volume.split("/").map(Number);
  const leaving = src.address.startsWith("10.0.0.") || src.address.startsWith("2001:db8::");
  const [inIf = 0, outIf = 0] = pair("if", leaving ? "1-2" : "2-1");
  const [ttlMin = 0, ttlMax = ttlMin] = pair("ttl", "64");
  const [icmpType, icmpCode] = extra.has("icmp") ? pair("icmp", "", "/") : [];
  const v6 = src.address.includes(":");
  const tagged = leaving ? 100 : undefined;
  return {
    id: Number(id),
    row: {
      time_start: BASE_MS + Number(start),
      time_end: BASE_MS + Number(start) + Number(duration),
      duration: Number(duration),
      src_addr: src.address,
      dst_addr: dst.address,
      ip_version: v6 ? 6 : 4,
      proto: PROTOCOLS[proto],
      src_port: src.port,
      dst_port: dst.port,
      tcp_flags:
        flags === "-" ? undefined : flags === "none" ? 0 : flags.split("").reduce((bits, letter) => bits | (FLAG_BITS[letter] ?? 0), 0),
      icmp_type: icmpType,
      icmp_code: icmpCode,
      tos: Number(extra.get("tos") ?? 0),
      ttl_min: ttlMin,
      ttl_max: ttlMax,
      packets,
      bytes,
      flows: 1,
      in_if: inIf,
      out_if: outIf,
      flow_direction: Number(extra.get("flowdir") ?? 0),
      src_as: asOf(src.address),
      dst_as: asOf(dst.address),
      src_mask: v6 ? 64 : 24,
      dst_mask: v6 ? 64 : 24,
      src_vlan: tagged,
      dst_vlan: undefined,
    },
  };
}

export const GOLDEN_FLOWS: readonly GoldenFlow[] = FLOW_LINES.trim().split("\n").map(parseLine);

/** `1-3,7` -> [1, 2, 3, 7] */
export function flowIds(text: string): number[] {
  if (text === "") return [];
  return text.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Filter and the flows it finds. */
export const GOLDEN_FILTERS: readonly (readonly [filter: string, ids: string])[] = [
  ["ipv6", "11,12"],
  ["proto tcp", "1,2,5,6,7,11,16-20,22"],
  ["proto 6 and ipv6", "11"],
  ["proto icmp or proto icmp6", "8,9,10,12"],
  ["src ip 10.0.0.1", "1,3,9,15,19,22"],
  ["dst host 10.0.0.1", "2,4,5,8,10,17,18,20,21"],
  ["host 10.0.0.1 and not host 8.8.8.8", "1,2,5,8,9,10,15,17-22"],
  ["ip 2001:db8::1", "11,12"],
  ["net 10.0.0.0/8", "1-10,13-22"],
  ["src net 10.0.0.0/24 and dst net 10.0.0.0/24", "10"],
  ["net 10.0.0.0 255.255.255.0", "1-10,15-22"],
  // nfdump: none; we mask the host bits and warn.
  ["net 10.0.0.5/24", "1-10,15-22"],
  ["dst net 2001:db8:1::/48", "11"],
  ["ip in [8.8.8.8 203.0.113.0/24]", "3,4,16,19,20,22"],
  // nfdump: 13,14; our lists are unions over both families.
  ["src ip in [10.1.0.0/16, 2001:db8::/32]", "11-14"],
  ["not ip in [10.0.0.0/24]", "11-14"],
  ["ip in [10.0.0.9 2001:db8::1]", "11,12,16"],
  ["dst port 443", "1,19,22"],
  ["src port 22", "7"],
  ["port > 50000", "1,2,5,6,7,16,19,20,22"],
  ["proto tcp and dst port < 1024", "1,5,6,11,17,18,19,22"],
  ["dst port >= 80 and dst port <= 81", "11,17,18"],
  ["port in [22, 53]", "3-7"],
  ["flags S", "1,2,5,6,11,16,19"],
  ["flags =S", "5,6"],
  ["flags RA", "7"],
  ["flags =RA", "7"],
  ["flags SA", "1,2,11,16"],
  ["proto tcp and flags = 0", "17"],
  ["flags =FPU", "18"],
  ["flags EC", "19"],
  ["proto tcp and not flags A", "5,6,17,18,19"],
  ["as 15133", "1,2"],
  ["src as 64512 and dst as 64501", "16,19,22"],
  ["as in [15169 15133]", "1-4"],
  ["not src as 64512", "2,4,5,6,8,13,14,17,18,20,21"],
  ["vlan 100", "1,3,7,9-12,15,16,19,22"],
  ["packets > 99", "13,14,16,21"],
  ["packets > 1k", "16"],
  ["bytes > 1G", "16"],
  ["bytes > 10K", "2,11,13,14,16,21"],
  ["bytes > 100 and bytes < 1000", "4,12,20"],
  ["duration > 60000", "16,22"],
  ["duration >= 60000", "13,16,22"],
  ["tos 0xb8", "13"],
  ["tos > 0", "13,21"],
  ["ttl > 200", "5,6,8,12,17,18"],
  ["flowdir egress", "13,14"],
  ["if 3", "13,14"],
  ["out if 4", "13,14,15"],
  ["in if 1 and out if 2 and bytes > 1M", "16"],
  ["icmp type 8 and bytes 92", "8"],
  ["icmp-type 3 and icmp-code 3", "10"],
  ["mask 64", "11,12"],
  // Precedence and negation.
  ["proto tcp or proto udp and dst port 53", "1,2,3,5,6,7,11,16-20,22"],
  ["(proto tcp or proto udp) and dst port 53", "3"],
  ["not ip 10.0.0.1 or port 53", "3,4,6,7,11-14,16"],
  ["not (ip 10.0.0.1 or ip 10.0.0.2)", "11-14,16"],
  ["flags S and not flags AFRPU", "1,2,5,6,11,16,19"],
  ["not flags S", "3,4,7-10,12-15,17,18,20-22"],
];

/**
 * Filters on ports of records that have none. nfdump keeps ICMP type and code in the destination port, so it finds 9 and 10 besides;
 * we keep columns apart, and 12 is no match in either.
 */
export const GOLDEN_PORT_DIFFERENCE = {
  filter: "dst port < 1024",
  nfdump: "1,3,5,6,9,10,11,13,14,15,17,18,19,22",
  ours: "1,3,5,6,11,13-15,17-19,22",
};

/** Filters of nfdump that this program does not read, with the code it answers: supporting one means moving its line up. */
export const GOLDEN_LATER: readonly (readonly [filter: string, ids: string, code: string])[] = [
  ["bpp 92", "8,9", "FILTER_UNKNOWN_WORD"],
  ["bpp > 1000 and bpp < 1500", "2,14", "FILTER_UNKNOWN_WORD"],
  ["bps > 80M", "16", "FILTER_UNKNOWN_WORD"],
  ["pps > 1k", "16", "FILTER_UNKNOWN_WORD"],
  ["pps 0", "3-10,12,17-19,22", "FILTER_UNKNOWN_WORD"],
  ["duration > 1000 and bpp < 100", "22", "FILTER_UNKNOWN_WORD"],
  ["not ttl equal", "2,20", "FILTER_VALUE"],
  ["first seen < 2026-01-01T00:00:02", "1,2", "FILTER_UNKNOWN_WORD"],
  ["last seen >= 2026-01-01T00:04:00", "16,22", "FILTER_UNKNOWN_WORD"],
  ["proto udp and src port 123 and bpp > 400", "21", "FILTER_UNKNOWN_WORD"],
];

/** nfdump refuses these. Ours: the normalised text where we accept it as an extension, or the code of the refusal. */
export const GOLDEN_REFUSED: readonly (readonly [filter: string, ours: { readonly text: string } | { readonly code: string }])[] = [
  ["tcp", { text: "proto tcp" }],
  ["port != 80", { text: "not port 80" }],
  ["port 80-90", { text: "port 80-90" }],
  ["port http", { text: "port 80" }],
  ["src 10.0.0.1", { text: "src ip 10.0.0.1" }],
  ["net 10/8", { text: "net 10.0.0.0/8" }],
  ["bytes > 1.5M", { code: "FILTER_VALUE" }],
  ["duration > 60s", { text: "duration > 60000" }],
  ["ip in []", { code: "FILTER_VALUE" }],
  ["proto tcp proto udp", { code: "FILTER_SYNTAX" }],
  ["dscp 46", { code: "FILTER_UNKNOWN_WORD" }],
  ["flags s", { text: "flags S" }],
  ["vlan > 100", { text: "vlan > 100" }],
  ["host 10.0.0.1 or 10.0.0.2", { text: "ip 10.0.0.1 or ip 10.0.0.2" }],
];
