/**
 * Flows that can be told apart: each exporter numbers what it sends from 0, and a flow's number is its address and port, so the store says by
 * itself which flows it holds and how often. All other fields follow from the number too: a row whose fields disagree was never sent.
 *
 *   src_addr  10.0.x.y, the upper 16 bits        src_port  the lower 16 bits
 *   dst_addr  203.0.113.(number mod 61)          dst_port, proto, tcp_flags, bytes, packets  by number
 *
 * Sources are private, so inside without a networks file, and destinations outside: the rollups of hosts and pairs have rows.
 */

const SOURCES = 0x0a00_0000; // 10.0.0.0
const DESTINATIONS = { first: 0xcb00_7100, count: 61 } as const; // 203.0.113.0
const BYTES = { least: 40, kinds: 1_461 } as const;
const PACKET_KINDS = 3;
/** Service, protocol and flags by number modulo their count: TCP that is answered, a probe, DNS. */
const KINDS = [
  { port: 443, proto: 6, flags: 0x1b },
  { port: 22, proto: 6, flags: 0x02 },
  { port: 53, proto: 17, flags: 0 },
] as const;

export const srcAddressOf = (number: number): number => SOURCES + Math.floor(number / 65_536);
export const srcPortOf = (number: number): number => number & 0xffff;
export const dstAddressOf = (number: number): number => DESTINATIONS.first + (number % DESTINATIONS.count);
export const kindOf = (number: number): (typeof KINDS)[number] => KINDS[number % KINDS.length]!;
export const bytesOf = (number: number): number => BYTES.least + (number % BYTES.kinds);
export const packetsOf = (number: number): number => 1 + (number % PACKET_KINDS);

const choose = (name: "port" | "proto" | "flags"): string => `[${KINDS.map((kind) => kind[name]).join(", ")}][n % ${KINDS.length} + 1]`;

/** The number of a row. */
export const NUMBER_SQL = "toUInt32(toUInt32(bitAnd(toUInt32(toIPv4(src_addr)), 65535)) * 65536 + src_port)";
/** Whether the fields of a row are those of its number, which is called `n`. */
export const IS_SENT_SQL = [
  `intDiv(toUInt32(toIPv4(src_addr)), 65536) = ${SOURCES / 65_536}`,
  `toUInt32(toIPv4(dst_addr)) = ${DESTINATIONS.first} + n % ${DESTINATIONS.count}`,
  `dst_port = ${choose("port")}`,
  `proto = ${choose("proto")}`,
  `tcp_flags = ${choose("flags")}`,
  `bytes = ${BYTES.least} + n % ${BYTES.kinds}`,
  `packets = 1 + n % ${PACKET_KINDS}`,
  "flows = 1",
].join(" AND ");
