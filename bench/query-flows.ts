/**
 * Flows of a day, made inside ClickHouse from the hash of their number: the same number and seed give the same flow everywhere, and ten
 * million take seconds where the demo's traffic model in Node would take a minute and more.
 *
 * The mix is that of the demo network (server/src/demo/applications.ts: the applications, their weights by day and night, sizes and
 * tails), made as large as a campus: 20,000 inside hosts, half a million outside servers and a quarter million visitors by popularity, 15 %
 * IPv6, four exporters, scans of one port or one host that are mostly unanswered, and the background noise of single probes from anywhere.
 * Two numbers are one conversation, question and answer. Nothing is constant but what is constant in real networks.
 */
import { presentMask, type FieldName } from "@sillage/model";
import { APPLICATIONS, type Application } from "../server/src/demo/applications.ts";

export const HOURS = 24;
const HOUR_MS = 3_600_000;
export const DAY_MS = HOURS * HOUR_MS;

const INSIDE_CLIENTS = 20_000;
const OUTSIDE_SERVERS = 500_000;
const OUTSIDE_VISITORS = 250_000;
/** Addresses that the noise of the Internet comes from. */
const NOISE_SOURCES = 4_000_000;
const IPV6_SHARE = 0.15;
/** Conversations of one block: the first are probes of one scan, the next single probes from anywhere. */
const BLOCK = 350;
const SCAN_PAIRS = 11;
const NOISE_PAIRS = 9;
/** Slots of the table from which a conversation draws its application. */
const DRAWS = 1_000;
/** Interfaces of each router: two uplinks, the servers, and ten to hosts. */
const UPLINKS = 2;
const SERVER_IF = 3;

/** The operator's networks, as networks.yaml would name them. */
export const NETWORK_PREFIXES = [
  { prefix: "10.20.0.0", bits: 16 },
  { prefix: "2001:db8:20::", bits: 48 },
] as const;

export interface Day {
  /** Start of the day of flows, epoch ms, a whole hour. */
  readonly fromMs: number;
  readonly rows: number;
  readonly seed: number;
}

/** A run of flows that is inserted at once. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How busy an hour of the day (UTC) is: office hours fade in from 6 to 9 and out from 17 to 20, as in the demo. */
const office = (hour: number): number => Math.max(0, Math.min(1, (hour - 6) / 3, (20 - hour) / 3));

/** The day cut into inserts of at most `most` flows, none across an hour; hours differ in flows as day and night do. */
export function chunksOf({ fromMs, rows }: Day, most: number): Chunk[] {
  const weights = Array.from({ length: HOURS }, (_, i) => 0.4 + office((fromMs / HOUR_MS + i + 0.5) % 24));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const chunks: Chunk[] = [];
  let sum = 0;
  let first = 0;
  for (const [hour, weight] of weights.entries()) {
    sum += weight;
    const end = hour === HOURS - 1 ? rows : Math.round(((sum / total) * rows) / 2) * 2;
    const parts = Math.max(1, Math.ceil((end - first) / most));
    const step = Math.ceil((end - first) / parts / 2) * 2;
    const begin = first;
    for (; first < end; first = Math.min(end, first + step)) {
      const at = (n: number): number => fromMs + hour * HOUR_MS + Math.floor(((n - begin) / (end - begin)) * HOUR_MS);
      const count = Math.min(step, end - first);
      chunks.push({ first, count, fromMs: at(first), toMs: at(first + count) });
    }
  }
  return chunks;
}

/** Statement that inserts a chunk; `flows` fills the rest by its defaults and feeds every rollup. */
export function insertSql(day: Day, chunk: Chunk): string {
  return `INSERT INTO flows (${COLUMNS.map(([name]) => name).join(", ")}) ${flowsSql(day, chunk)}`;
}

const unit = (item: "c" | "n", draw: number): string => `(${hash(item, draw)} / 18446744073709551616.)`;
const hash = (item: "c" | "n", draw: number): string => `intHash64(${item} * 64 + ${draw} + {seed})`;
const integer = (item: "c" | "n", draw: number, [from, to]: readonly [number, number]): string =>
  `toUInt32(${from} + floor(${unit(item, draw)} * ${to - from + 1}))`;
const rank = (draw: number, count: number): string => `toUInt32(floor(pow(${count}., ${unit("c", draw)})) - 1)`;

/** Draws an application by weight from a table of `DRAWS` slots. */
function drawSql(weight: (application: Application) => number, draw: number): string {
  const total = APPLICATIONS.reduce((sum, application) => sum + weight(application), 0);
  const slots: number[] = [];
  let sum = 0;
  for (const [i, application] of APPLICATIONS.entries()) {
    sum += weight(application);
    while (slots.length < Math.round((sum / total) * DRAWS)) slots.push(i + 1);
  }
  return `[${slots.join(",")}][1 + ${hash("c", draw)} % ${DRAWS}]`;
}

const ofApplication = (value: (application: Application) => number): string => `[${APPLICATIONS.map(value).join(",")}][app]`;

const address4 = (number: string): string => `CAST(toUInt128(281470681743360) + toUInt32(${number}) AS IPv6)`;
const address6 = (high: string, low: string): string => `CAST(bitShiftLeft(toUInt128(toUInt64(${high})), 64) + toUInt64(${low}) AS IPv6)`;
const INSIDE4 = 0x0a14_0000;
const INSIDE6 = "0x20010db800200000";
const OUTSIDE6 = "0x20010db800510000";
const insideHost = (index: string): string =>
  `if(v6, ${address6(`${INSIDE6} + 1 + intDiv(${index}, 200)`, `10 + ${index} % 200`)}, ${address4(`${INSIDE4} + intDiv(${index}, 200) * 256 + 10 + ${index} % 200`)})`;
const insideServer = (index: string): string =>
  `if(v6, ${address6(`${INSIDE6} + 0x200`, `10 + ${index}`)}, ${address4(`${INSIDE4} + 200 * 256 + 10 + ${index}`)})`;
/** 128.0.0.0 to 167.255.255.255: scattered, as popular servers are. */
const outsideHost = (index: string): string =>
  `if(v6, ${address6(`${OUTSIDE6} + intHash32(${index}) % 65536`, `1 + ${index}`)}, ${address4(`0x80000000 + intHash32(${index}) % 0x28000000`)})`;

/** kind: 0 exchange, 1 ping, 2 unanswered, 3 probe of a scan, 4 single probe. */
const CONVERSATION = [
  "number AS n",
  "intDiv(number, 2) AS c",
  "number % 2 AS second",
  "toInt64({fromMs} + intDiv((number - {first}) * {spanMs}, {count})) AS ms",
  `c % ${BLOCK} AS place`,
  `multiIf(place < ${SCAN_PAIRS}, 3, place < ${SCAN_PAIRS + NOISE_PAIRS}, 4, ${unit("c", 0)} < 0.03, 1, ${unit("c", 0)} < 0.04, 2, 0) AS kind`,
  `${unit("c", 1)} < {office} AS day`,
  `if(day, ${drawSql((a) => a.day, 2)}, ${drawSql((a) => a.night, 2)}) AS app`,
  `kind IN (0, 1) AND ${unit("c", 3)} < ${IPV6_SHARE} AS v6`,
  `${ofApplication((a) => a.proto)} AS appProto`,
  `${ofApplication((a) => a.port)} AS appPort`,
  `${ofApplication((a) => Number(a.inbound ?? false))} AS inbound`,
  `kind = 0 AND ${ofApplication((a) => Number(a.server === "inside"))} = 1 AS insideServed`,
  // Of a scan: who, what, whom. Seven of ten try one port on many hosts, the others many ports on one.
  `toUInt64(intDiv(c, ${BLOCK})) AS scan`,
  "intHash64(scan * 64 + 40 + {seed}) AS scanHash",
  "scanHash % 10 < 7 AS wide",
  // A refused probe: the second number of a pair is the answer to the first.
  `kind IN (3, 4) AND second = 1 AND ${unit("c", 4)} < 0.15 AS refused`,
  "toUInt64(n - refused) AS probe",
  `intHash64(probe * 64 + 41 + {seed}) AS probeHash`,
];

const SCANNED_PORTS = "[445,445,445,445,445,445,22,22,3389,3389,23,8080,5900,1433]";
const NOISE_PORTS = "[23,23,2323,445,22,80,443,8080,3389,5060,6379,5555,8443,81]";

const ENDPOINTS = [
  "n, second, ms, kind, v6, refused, insideServed, app, probeHash, c",
  `toUInt8(multiIf(kind = 0, appProto, kind = 1, if(v6, 58, 1), 6)) AS proto`,
  `${rank(5, INSIDE_CLIENTS)} AS client`,
  `toUInt32(multiIf(kind = 4, probeHash % ${NOISE_SOURCES} + 10000000, kind = 3, scanHash % 5000 + 20000000, inbound, ${rank(6, OUTSIDE_VISITORS)} + 5000000, ${rank(6, OUTSIDE_SERVERS)})) AS outsider`,
  "toUInt32(appPort % 20 + (client % 8) * 20) AS server",
  "toUInt32(multiIf(kind = 4, probeHash % 20000, wide, (scanHash % 90) * 200 + (probe - scan * 700) * 7 % 200, scanHash % 20000)) AS target",
  // Who asks and who is asked.
  `multiIf(kind IN (3, 4), ${outsideHost("outsider")}, kind = 0 AND inbound = 1, ${outsideHost("outsider")}, ${insideHost("client")}) AS asker`,
  `multiIf(kind IN (3, 4), ${insideHost("target")}, insideServed, ${insideServer("server")}, ${outsideHost("outsider")}) AS asked`,
  "kind IN (3, 4) OR kind = 0 AND inbound = 1 AS fromOutside",
  "kind IN (3, 4) OR insideServed AS toInside",
  `toUInt16(multiIf(kind = 1, 0, kind = 0 AND appPort = 123, 123, kind = 0 AND appPort = 67, 68, kind = 3 AND wide, 40000 + scanHash % 20000, ${integer("c", 7, [32_768, 60_999])} + if(kind = 2, second, 0))) AS askerPort`,
  `toUInt16(multiIf(kind = 0, appPort, kind = 1, 0, kind = 2, [443, 80, 8080][1 + ${hash("c", 8)} % 3], kind = 4, ${NOISE_PORTS}[1 + probeHash % 14], wide, ${SCANNED_PORTS}[1 + scanHash % 14], 1 + probeHash % 9999)) AS askedPort`,
  // A question goes to the server, an answer comes from it; both SYNs of an unanswered client and all probes go one way, refusals back.
  "kind IN (0, 1) AND second = 1 OR refused AS back",
  "if(proto = 6, if(v6, 60, 40), if(v6, 48, 28)) AS header",
  `toUInt64(if(back, least(${ofApplication((a) => a.answer[1])}, ${ofApplication((a) => a.answer[0])} / pow(1 - ${unit("n", 9)}, 1. / ${ofApplication((a) => a.shape)})), ${ofApplication((a) => a.request[0])} + ${unit("n", 9)} * ${ofApplication((a) => a.request[1] - a.request[0])})) AS payload`,
  "toUInt64(ceil(payload / (1500 - header))) AS bulk",
  `toUInt64(multiIf(kind = 0, bulk + if(proto = 6, 4 + intDiv(bulk, 3), 0), kind = 1, ${integer("c", 10, [1, 5])}, kind = 2, 3, 1)) AS packets`,
  "toUInt64(multiIf(kind = 0, payload + packets * header, kind = 1, packets * 84, packets * 60)) AS bytes",
  `toUInt8(multiIf(proto != 6, 0, kind = 0, 27, refused, 20, 2)) AS tcp_flags`,
  `ms - ${integer("c", 11, [0, 900])} AS endMs`,
  `multiIf(kind = 0, least(60000, packets * ${integer("c", 12, [1, 30])}), kind = 1, packets * 1000, kind = 2, 7000, 0) AS durationMs`,
  // Interface and AS of the two sides.
  `toUInt32(if(fromOutside, 1 + outsider % ${UPLINKS}, ${SERVER_IF} + 1 + intDiv(client, 500) % 10)) AS askerIf`,
  `toUInt32(multiIf(NOT toInside, 1 + outsider % ${UPLINKS}, insideServed, ${SERVER_IF}, ${SERVER_IF} + 1 + intDiv(target, 500) % 10)) AS askedIf`,
  "toUInt32(if(fromOutside, 65000 + intHash32(outsider) % 4000, 64500)) AS askerAs",
  "toUInt32(if(toInside, 64500, 65000 + intHash32(outsider) % 4000)) AS askedAs",
  "toUInt8(if(fromOutside, if(v6, 48, 24), if(v6, 64, 24))) AS askerMask",
  "toUInt8(if(toInside, if(v6, 64, 24), if(v6, 48, 24))) AS askedMask",
  // The router of the inside host, which sees both directions; each has ten interfaces to hosts.
  "toUInt32(multiIf(kind IN (3, 4), intDiv(target, 5000), inbound = 1 AND kind = 0, 0, intDiv(client, 5000))) AS exporterIndex",
];

const ICMP_TYPE = "multiIf(kind != 1, 0, v6, if(back, 129, 128), if(back, 0, 8))";
const present = (...names: FieldName[]): number => names.reduce((bits, name) => bits + presentMask(name), 0);
const BASE = present("proto", "tos", "flow_direction", "src_mask", "dst_mask");

/** Columns of a segment that such records fill, and what is in them. */
const COLUMNS: readonly (readonly [FieldName, string])[] = [
  ["time_received", "fromUnixTimestamp64Milli(ms, 'UTC')"],
  ["time_export", "fromUnixTimestamp64Milli(ms - ms % 1000, 'UTC')"],
  ["time_start", "fromUnixTimestamp64Milli(toInt64(endMs - durationMs), 'UTC')"],
  ["time_end", "fromUnixTimestamp64Milli(toInt64(endMs), 'UTC')"],
  ["time_source", "2"],
  ["exporter", address4("0xC0000201 + exporterIndex")],
  ["exporter_source", address4("0xC0000201 + exporterIndex")],
  ["exporter_port", "40000 + exporterIndex"],
  ["flow_type", "9"],
  ["obs_domain", "1"],
  ["template_id", "if(v6, 257, 256)"],
  ["src_addr", "if(back, asked, asker)"],
  ["dst_addr", "if(back, asker, asked)"],
  ["ip_version", "if(v6, 6, 4)"],
  ["proto", "proto"],
  ["src_port", "if(back, askedPort, askerPort)"],
  ["dst_port", "if(back, askerPort, askedPort)"],
  ["tcp_flags", "tcp_flags"],
  ["icmp_type", ICMP_TYPE],
  ["icmp_code", "0"],
  ["tos", "if(kind = 0 AND app = 1, 8, 0)"],
  ["end_reason", "if(tcp_flags = 27, 3, 1)"],
  ["bytes", "bytes"],
  ["packets", "packets"],
  ["flows", "1"],
  ["in_if", "if(back, askedIf, askerIf)"],
  ["out_if", "if(back, askerIf, askedIf)"],
  ["src_as", "if(back, askedAs, askerAs)"],
  ["dst_as", "if(back, askerAs, askedAs)"],
  ["src_mask", "if(back, askedMask, askerMask)"],
  ["dst_mask", "if(back, askerMask, askedMask)"],
  ["src_vlan", "if(if(back, askedIf, askerIf) > 2, 100 + if(back, askedIf, askerIf), 0)"],
  ["sampling_rate", "1"],
  ["sampling_source", "7"],
  [
    "present",
    `if(kind = 1, ${BASE + present("icmp_type", "icmp_code")}, ${BASE + present("src_port", "dst_port")} + if(proto = 6, ${present("tcp_flags")}, 0))`,
  ],
];

function flowsSql({ fromMs, seed }: Day, { first, count, fromMs: startMs, toMs }: Chunk): string {
  const inner = `SELECT ${CONVERSATION.join(", ")} FROM numbers(${first}, ${count})`;
  const middle = `SELECT ${ENDPOINTS.join(", ")} FROM (${inner})`;
  const sql = `SELECT ${COLUMNS.map(([, expr]) => expr).join(", ")} FROM (${middle})`;
  const values: Record<string, number> = {
    seed: seed * 2 ** 40,
    fromMs: startMs,
    first,
    count,
    spanMs: toMs - startMs,
    office: office(((startMs - fromMs + fromMs) / HOUR_MS) % 24),
  };
  return sql.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}
