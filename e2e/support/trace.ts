/** What a packet capture holds, told by tshark: the truth that every exporter's flows must add up to. */
import { run } from "./exporters.ts";

export interface TracePacket {
  /** Source, destination, protocol, source port, destination port, in the words of the query API. */
  readonly fiveTuple: string;
  readonly ipVersion: 4 | 6;
  /** IP header and payload. */
  readonly bytes: number;
}

export interface Sums {
  bytes: number;
  packets: number;
}

const PROTOCOL_WORDS: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmp6" };
const IPV6_HEADER_BYTES = 40;

// prettier-ignore
const FIELDS = [
  "ip.src", "ip.dst", "ip.len", "ip.proto",
  "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.nxt",
  "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
] as const;

/** The packets of a capture in order. */
export async function readTrace(pcap: string): Promise<TracePacket[]> {
  const output = await run("tshark", ["-r", pcap, "-T", "fields", ...FIELDS.flatMap((field) => ["-e", field])]);
  return output
    .split("\n")
    .filter((line) => line.includes("\t"))
    .map((line) => {
      const [src4, dst4, length, proto4, src6, dst6, payload, proto6, tcpFrom, tcpTo, udpFrom, udpTo] = line.split("\t");
      const isIpv4 = src4 !== "";
      const protocol = PROTOCOL_WORDS[(isIpv4 ? proto4 : proto6) ?? ""];
      if (protocol === undefined) throw new Error(`a packet that this test does not know: ${line}`);
      const addresses = isIpv4 ? [src4, dst4] : [src6, dst6];
      const ports = [tcpFrom || udpFrom || "unknown", tcpTo || udpTo || "unknown"];
      return {
        fiveTuple: [...addresses, protocol, ...ports].join(" "),
        ipVersion: isIpv4 ? 4 : 6,
        bytes: isIpv4 ? Number(length) : Number(payload) + IPV6_HEADER_BYTES,
      };
    });
}

/** Bytes and packets of each 5-tuple, sorted by it. */
export function sumByFiveTuple(packets: readonly TracePacket[]): Record<string, Sums> {
  const sums: Record<string, Sums> = {};
  for (const { fiveTuple, bytes } of packets) {
    const sum = (sums[fiveTuple] ??= { bytes: 0, packets: 0 });
    sum.bytes += bytes;
    sum.packets += 1;
  }
  return sums;
}
