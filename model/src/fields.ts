/**
 * The field registry: one row for each column of a flow. Everything that knows a field's name derives it from here: the columns of a
 * FlowBatch, the ClickHouse table, filter words, completion, query dimensions and docs/reference/fields.md.
 *
 * Names are public: the same in this registry, in ClickHouse, in JSON and in completion. Types are stored types; ClickHouse has no
 * Nullable here. A value that an exporter did not send is marked by the row's `unknown`: either a value that cannot occur (0 for a
 * sampling rate, `::` for an address) or, where every value is a real one (port 0, flags 0, ToS 0), a bit in the column `present`.
 *
 * Sources of names and numbers: IANA IPFIX registry, RFC 3954 (v9), Cisco NetFlow v5, sFlow v5.
 */

/** Kinds whose values all take the same room. `ip` is 16 bytes, IPv4 mapped into IPv6; `time` is epoch milliseconds. */
export type FixedKind = "u8" | "u16" | "u32" | "u64" | "ip" | "mac" | "time" | "enum8";
/** Kinds of varying length: text, a list of numbers (labels, AS path), named values (elements that an operator wants kept). */
export type VariableKind = "string" | "u32s" | "map";
/** How one value of a column is held in memory and stored. */
export type ColumnKind = FixedKind | VariableKind;

export function isVariableKind(kind: ColumnKind): kind is VariableKind {
  return kind === "string" || kind === "u32s" || kind === "map";
}

export type Unit = "bytes" | "packets" | "flows" | "ms";

/** Heading under which a field is shown in completion and in the reference. */
export type FieldGroup =
  | "time"
  | "exporter"
  | "address"
  | "service"
  | "volume"
  | "interface"
  | "routing"
  | "link"
  | "nat"
  | "event"
  | "tunnel"
  | "application"
  | "sampling";

/** How "the exporter did not say" is told from a real value; `never`: the column always holds a real value (a duration of 0 ms is one). */
export type Unknown =
  | { readonly kind: "value"; readonly value: 0 | "::" | "" | "[]" | "{}" }
  | { readonly kind: "bit"; readonly bit: number }
  | { readonly kind: "never" };

/** Which side of the conversation a column describes; the filter word without a side asks for either. */
export type Side = "src" | "dst" | "in" | "out";

export interface Field {
  readonly name: string;
  readonly kind: ColumnKind;
  /** One sentence for people: what it is, in what unit. */
  readonly doc: string;
  readonly group: FieldGroup;
  readonly label: string;
  readonly unit?: Unit;
  readonly unknown: Unknown;
  /** Information elements that fill the column, in order of preference: IPFIX and (below 128) NetFlow v9. */
  readonly elements?: readonly number[];
  /** Enterprise elements that fill the column where none of `elements` does: private enterprise number and element id. */
  readonly enterpriseElements?: readonly (readonly [enterprise: number, id: number])[];
  /** Field of a NetFlow v5 record or header. */
  readonly netflow5?: string;
  /** Where sFlow v5 has it. */
  readonly sflow?: string;
  /**
   * Words of the filter language that test the column, the preferred one first. Several columns may share one word: the word alone
   * asks for any of them, `side` before it for one. A word that ends in `net` takes a network.
   */
  readonly filterWords?: readonly string[];
  readonly side?: Side;
  /** May be a dimension of a query (group by). */
  readonly dimension?: boolean;
  /** ClickHouse expression computed at insert (DEFAULT); such a column is never sent in a segment. */
  readonly defaultSql?: string;
  /** ClickHouse expression computed at query time (ALIAS); such a column is not stored. */
  readonly aliasSql?: string;
  /** A `string` of few distinct values: stored as a dictionary (LowCardinality). */
  readonly lowCardinality?: boolean;
  /** Names of an `enum8`, by number. */
  readonly enumNames?: Readonly<Record<number, string>>;
}

const unknown0: Unknown = { kind: "value", value: 0 };
const unknownAddress: Unknown = { kind: "value", value: "::" };
const unknownText: Unknown = { kind: "value", value: "" };
const unknownList: Unknown = { kind: "value", value: "[]" };
const unknownMap: Unknown = { kind: "value", value: "{}" };
const bit = (n: number): Unknown => ({ kind: "bit", bit: n });

/** Wire format a row came from. */
export const FLOW_TYPES = {
  0: "unknown",
  1: "netflow1",
  5: "netflow5",
  6: "netflow6",
  7: "netflow7",
  8: "netflow8",
  9: "netflow9",
  10: "ipfix",
  11: "sflow5",
} as const;
/** Where start and end of a flow were taken from (protocols.md R44 names the chain). */
export const TIME_SOURCES = { 0: "unknown", 1: "absolute", 2: "uptime", 3: "observation", 4: "export", 5: "received" } as const;
/** Where a sampling rate was taken from (protocols.md R46). */
export const SAMPLING_SOURCES = {
  0: "unknown",
  1: "operator",
  2: "record",
  3: "sampler",
  4: "template",
  5: "interface",
  6: "domain",
  7: "exporter",
  8: "header",
  9: "assumed",
} as const;

/** Services that tell which side of a conversation is the server when both ports are plausible (docs: service port). */
const SERVICE_PORTS =
  "(20,21,22,23,25,53,67,68,69,80,88,110,111,119,123,135,137,138,139,143,161,162,179,389,443,445,465,500,514,515,587,631,636,853,873,989,990,993,995,1080,1194,1433,1434,1521,1701,1723,1812,1813,1883,1900,2049,2055,3128,3306,3389,3478,4500,4739,5060,5061,5222,5353,5355,5432,5672,5900,5985,5986,6343,6379,6667,8000,8080,8123,8443,8883,9000,9042,9090,9092,9100,9200,11211,27017,51820)";

/**
 * Rule of the service port, in ClickHouse's words; architecture: "svc_port, computed at insert". IN a list, not has(array, port): that
 * makes an array for every row of an insert, which took 0.8 of 1.9 CPU seconds per million rows.
 */
const SVC_PORT_SQL = [
  "multiIf(",
  "proto NOT IN (6, 17, 33, 132, 136), 0,",
  "proto = 6 AND bitAnd(tcp_flags, 18) = 2, dst_port,", // SYN without ACK: a first contact, so the destination serves
  "proto = 6 AND bitAnd(tcp_flags, 22) = 20 AND packets <= 3, src_port,", // RST+ACK: a refusal, so the source was asked
  `src_port IN ${SERVICE_PORTS} AND dst_port NOT IN ${SERVICE_PORTS}, src_port,`,
  `dst_port IN ${SERVICE_PORTS} AND src_port NOT IN ${SERVICE_PORTS}, dst_port,`,
  "src_port = 0, dst_port, dst_port = 0, src_port,",
  "src_port < dst_port, src_port, dst_port)",
].join(" ");

/** Which way a flow crosses the border of the operator's networks. */
export const TRAFFIC_DIRECTIONS = { 0: "unknown", 1: "in", 2: "out", 3: "internal", 4: "transit" } as const;

/** Zones whose hosts are the operator's own; networks of other zones (partners, multicast, bogons) are named and stay outside. */
export const INSIDE_ZONES = ["internal", "dmz", "protected", "guest", "dark", "nat_pool"] as const;
const INSIDE_SQL = `(${INSIDE_ZONES.map((zone) => `'${zone}'`).join(", ")})`;

function zoneSql(column: "src_addr" | "dst_addr"): string {
  return `dictGetOrDefault('networks', 'zone', ${column}, '')`;
}

/** Rows whose source or destination is one of the operator's own hosts. */
export const isInsideSql = (side: "src" | "dst"): string => `${side}_zone IN ${INSIDE_SQL}`;

const TRAFFIC_DIRECTION_SQL = [
  "multiIf(",
  "src_addr = toIPv6('::') AND dst_addr = toIPv6('::'), 0,",
  `${isInsideSql("src")} AND ${isInsideSql("dst")}, 3,`,
  `${isInsideSql("src")}, 2, ${isInsideSql("dst")}, 1, 4)`,
].join(" ");

// A table: one row a line.
// prettier-ignore
const rows = [
  { name: "time_received", kind: "time", group: "time", label: "Received", unknown: unknown0, doc: "When the collector received the datagram. Time ranges of queries are on this column." },
  { name: "time_export", kind: "time", group: "time", label: "Exported", unknown: unknown0, netflow5: "header unix_secs", doc: "Clock of the exporter when it sent the datagram; 0 where the protocol has none (sFlow)." },
  { name: "time_start", kind: "time", group: "time", label: "Start", unknown: unknown0, elements: [152, 154, 156, 150, 158, 22], netflow5: "first", doc: "First packet of the flow." },
  { name: "time_end", kind: "time", group: "time", label: "End", unknown: unknown0, elements: [153, 155, 157, 151, 159, 21], netflow5: "last", doc: "Last packet of the flow." },
  { name: "time_source", kind: "enum8", group: "time", label: "Time source", unknown: unknown0, enumNames: TIME_SOURCES, doc: "What time_start and time_end were computed from." },
  { name: "duration", kind: "u64", group: "time", label: "Duration", unit: "ms", unknown: { kind: "never" }, filterWords: ["duration"], aliasSql: "toUInt64(greatest(0, toUnixTimestamp64Milli(time_end) - toUnixTimestamp64Milli(time_start)))", doc: "time_end - time_start in milliseconds." },

  { name: "exporter", kind: "ip", group: "exporter", label: "Exporter", unknown: unknownAddress, dimension: true, filterWords: ["exporter ip", "exporter host", "exporter net", "router ip", "router host", "router net"], sflow: "agent address", doc: "The device that measured: sFlow agent address, else the UDP source address." },
  { name: "exporter_source", kind: "ip", group: "exporter", label: "Exporter source", unknown: unknownAddress, dimension: true, doc: "UDP source address of the datagram." },
  { name: "exporter_claimed", kind: "ip", group: "exporter", label: "Original exporter", unknown: unknownAddress, dimension: true, elements: [130, 131], doc: "Exporter that a proxy names as the origin of the record." },
  { name: "exporter_port", kind: "u16", group: "exporter", label: "Exporter port", unknown: unknown0, doc: "UDP source port of the datagram; over TCP, where the port changes with each connection, 0, 1, 2 for connections at the same time." },
  { name: "flow_type", kind: "enum8", group: "exporter", label: "Flow type", unknown: unknown0, dimension: true, enumNames: FLOW_TYPES, doc: "Protocol that carried the record." },
  { name: "obs_domain", kind: "u32", group: "exporter", label: "Observation domain", unknown: unknown0, dimension: true, elements: [149], netflow5: "engine_type, engine_id", sflow: "sub-agent id", doc: "Observation domain (IPFIX), source id (v9), engine type x 256 + engine id (v5, v6, v8), sub-agent (sFlow)." },
  { name: "obs_point", kind: "u64", group: "exporter", label: "Observation point", unknown: unknown0, elements: [138], doc: "Observation point inside the domain (a bridge, a line card) as exported." },
  { name: "template_id", kind: "u16", group: "exporter", label: "Template", unknown: unknown0, doc: "Template that described the record, aggregation scheme of NetFlow v8; 0 for protocols without either." },

  { name: "src_addr", kind: "ip", group: "address", label: "Source address", unknown: unknownAddress, dimension: true, filterWords: ["ip", "host", "net"], side: "src", elements: [8, 27, 44, 170], netflow5: "srcaddr", sflow: "raw header", doc: "Source address, IPv4 mapped into IPv6." },
  { name: "dst_addr", kind: "ip", group: "address", label: "Destination address", unknown: unknownAddress, dimension: true, filterWords: ["ip", "host", "net"], side: "dst", elements: [12, 28, 45, 169], netflow5: "dstaddr", sflow: "raw header", doc: "Destination address, IPv4 mapped into IPv6." },
  { name: "ip_version", kind: "u8", group: "address", label: "IP version", unknown: unknown0, dimension: true, elements: [60], netflow5: "always 4", sflow: "raw header", doc: "4 or 6; 0 for records without an address." },
  { name: "src_zone", kind: "string", group: "address", label: "Source zone", unknown: unknownText, dimension: true, lowCardinality: true, defaultSql: zoneSql("src_addr"), doc: "Zone of the operator's network that the source lies in; empty outside." },
  { name: "dst_zone", kind: "string", group: "address", label: "Destination zone", unknown: unknownText, dimension: true, lowCardinality: true, defaultSql: zoneSql("dst_addr"), doc: "Zone of the operator's network that the destination lies in; empty outside." },
  { name: "traffic_direction", kind: "enum8", group: "address", label: "Traffic direction", unknown: unknown0, dimension: true, enumNames: TRAFFIC_DIRECTIONS, defaultSql: TRAFFIC_DIRECTION_SQL, doc: "Which way across the border of the operator's networks: in, out, internal, transit." },

  { name: "proto", kind: "u8", group: "service", label: "Protocol", unknown: bit(0), dimension: true, filterWords: ["proto"], elements: [4, 193], netflow5: "prot", sflow: "raw header", doc: "IP protocol number (6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6)." },
  { name: "src_port", kind: "u16", group: "service", label: "Source port", unknown: bit(1), dimension: true, filterWords: ["port"], side: "src", elements: [7, 180, 182], netflow5: "srcport", sflow: "raw header", doc: "Source port of TCP, UDP, SCTP." },
  { name: "dst_port", kind: "u16", group: "service", label: "Destination port", unknown: bit(2), dimension: true, filterWords: ["port"], side: "dst", elements: [11, 181, 183], netflow5: "dstport", sflow: "raw header", doc: "Destination port of TCP, UDP, SCTP." },
  { name: "svc_port", kind: "u16", group: "service", label: "Service port", unknown: unknown0, dimension: true, defaultSql: SVC_PORT_SQL, doc: "The port that serves: destination of a SYN without ACK, source of a refusal (RST+ACK, up to 3 packets), else the one well-known port, else the lower; 0 without ports." },
  { name: "tcp_flags", kind: "u16", group: "service", label: "TCP flags", unknown: bit(3), dimension: true, filterWords: ["flags"], elements: [6], enterpriseElements: [[6871, 14], [6871, 15]], netflow5: "tcp_flags", sflow: "raw header", doc: "Union of the TCP control bits of all packets (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, NS 256)." },
  { name: "icmp_type", kind: "u8", group: "service", label: "ICMP type", unknown: bit(4), dimension: true, filterWords: ["icmp type", "icmp-type"], elements: [176, 178, 32, 139], netflow5: "dstport / 256", sflow: "raw header", doc: "Type of ICMP or ICMPv6." },
  { name: "icmp_code", kind: "u8", group: "service", label: "ICMP code", unknown: bit(5), dimension: true, filterWords: ["icmp code", "icmp-code"], elements: [177, 179, 32, 139], netflow5: "dstport % 256", sflow: "raw header", doc: "Code of ICMP or ICMPv6." },
  { name: "tos", kind: "u8", group: "service", label: "ToS", unknown: bit(6), dimension: true, filterWords: ["tos"], elements: [5, 195], netflow5: "tos", sflow: "raw header", doc: "IPv4 type of service or IPv6 traffic class, the whole byte." },
  { name: "tos_out", kind: "u8", group: "service", label: "ToS after the device", unknown: bit(10), elements: [55, 98], doc: "Type of service or traffic class as the device sent the packets on." },
  { name: "ttl_min", kind: "u8", group: "service", label: "Lowest TTL", unknown: unknown0, filterWords: ["ttl", "min ttl"], elements: [52, 192], sflow: "raw header", doc: "Lowest TTL or hop limit seen." },
  { name: "ttl_max", kind: "u8", group: "service", label: "Highest TTL", unknown: unknown0, filterWords: ["ttl", "max ttl"], elements: [53, 192], sflow: "raw header", doc: "Highest TTL or hop limit seen." },
  { name: "len_min", kind: "u16", group: "service", label: "Smallest packet", unit: "bytes", unknown: unknown0, elements: [25], doc: "Length of the smallest packet at the IP layer." },
  { name: "len_max", kind: "u16", group: "service", label: "Largest packet", unit: "bytes", unknown: unknown0, elements: [26], doc: "Length of the largest packet at the IP layer." },
  { name: "frag_id", kind: "u32", group: "service", label: "Fragment identification", unknown: unknown0, elements: [54], sflow: "raw header", doc: "Identification of the IP packet; 0 unknown." },
  { name: "frag_offset", kind: "u16", group: "service", label: "Fragment offset", unknown: bit(11), elements: [88], sflow: "raw header", doc: "Fragment offset in units of 8 bytes." },
  { name: "frag_flags", kind: "u8", group: "service", label: "Fragment flags", unknown: bit(12), elements: [197], sflow: "raw header", doc: "Fragmentation flags as IANA fragmentFlags (don't fragment 64, more fragments 32)." },
  { name: "ipv6_flow_label", kind: "u32", group: "service", label: "IPv6 flow label", unknown: unknown0, elements: [31], sflow: "raw header", doc: "Flow label of IPv6, 20 bits." },
  { name: "end_reason", kind: "u8", group: "service", label: "End reason", unknown: unknown0, elements: [136], doc: "Why the exporter ended the flow: 1 idle, 2 active timeout, 3 end seen, 4 forced, 5 lack of resources." },
  { name: "forwarding_status", kind: "u8", group: "service", label: "Forwarding status", unknown: unknown0, elements: [89], doc: "IANA forwardingStatus: 64-127 forwarded, 128-191 dropped, 192-255 consumed; 0 unknown." },

  { name: "bytes", kind: "u64", group: "volume", label: "Bytes", unit: "bytes", unknown: unknown0, filterWords: ["bytes"], elements: [1, 85, 231, 352, 23], netflow5: "dOctets", sflow: "IP total length", doc: "Bytes at the IP layer as exported, sampling not multiplied in." },
  { name: "packets", kind: "u64", group: "volume", label: "Packets", unit: "packets", unknown: unknown0, filterWords: ["packets"], elements: [2, 86, 298, 24], netflow5: "dPkts", sflow: "1 a sample", doc: "Packets as exported, sampling not multiplied in." },
  { name: "flows", kind: "u64", group: "volume", label: "Flows", unit: "flows", unknown: unknown0, filterWords: ["flows"], elements: [3], doc: "Flows this row stands for: 1, or what an aggregating exporter says; never scaled." },
  { name: "frame_bytes", kind: "u64", group: "volume", label: "Frame bytes", unit: "bytes", unknown: unknown0, elements: [352, 312], sflow: "frame length", doc: "Bytes at layer 2 where the exporter tells; 0 otherwise." },
  { name: "bytes_out", kind: "u64", group: "volume", label: "Bytes after the device", unit: "bytes", unknown: unknown0, elements: [23], doc: "Bytes as the device sent them on (postOctetDeltaCount); never added to bytes." },
  { name: "packets_out", kind: "u64", group: "volume", label: "Packets after the device", unit: "packets", unknown: unknown0, elements: [24], doc: "Packets as the device sent them on (postPacketDeltaCount); never added to packets." },
  { name: "dropped_bytes", kind: "u64", group: "volume", label: "Dropped bytes", unit: "bytes", unknown: unknown0, elements: [132, 134], sflow: "discarded packet", doc: "Bytes that the device dropped." },
  { name: "dropped_packets", kind: "u64", group: "volume", label: "Dropped packets", unit: "packets", unknown: unknown0, elements: [133, 135], sflow: "discarded packet", doc: "Packets that the device dropped." },

  { name: "in_if", kind: "u32", group: "interface", label: "Input interface", unknown: unknown0, dimension: true, filterWords: ["if"], side: "in", elements: [10, 252], netflow5: "input (low 16 bits)", sflow: "input", doc: "ifIndex of the input interface; 0 unknown or internal." },
  { name: "out_if", kind: "u32", group: "interface", label: "Output interface", unknown: unknown0, dimension: true, filterWords: ["if"], side: "out", elements: [14, 253], netflow5: "output (low 16 bits)", sflow: "output", doc: "ifIndex of the output interface; 0 unknown, internal or dropped." },
  { name: "flow_direction", kind: "u8", group: "interface", label: "Flow direction", unknown: bit(7), dimension: true, filterWords: ["flowdir"], elements: [61], doc: "Where the exporter observed: 0 ingress, 1 egress." },
  { name: "biflow_direction", kind: "u8", group: "interface", label: "Biflow direction", unknown: unknown0, elements: [239], doc: "Of a record that told both directions: 1 the initiator's, 2 the answer." },
  { name: "in_vrf", kind: "u32", group: "interface", label: "Input VRF", unknown: bit(16), dimension: true, elements: [234], enterpriseElements: [[41916, 4321], [637, 91]], doc: "VRF in which the packets came." },
  { name: "out_vrf", kind: "u32", group: "interface", label: "Output VRF", unknown: bit(17), dimension: true, elements: [235], enterpriseElements: [[637, 92]], doc: "VRF in which the packets left." },
  { name: "vrf_name", kind: "string", group: "interface", label: "VRF name", unknown: unknownText, dimension: true, lowCardinality: true, elements: [236], doc: "Name of the VRF as exported in the record." },

  { name: "src_as", kind: "u32", group: "routing", label: "Source AS", unknown: unknown0, dimension: true, filterWords: ["as"], side: "src", elements: [16], netflow5: "src_as", doc: "Autonomous system of the source as exported; 0 unknown." },
  { name: "dst_as", kind: "u32", group: "routing", label: "Destination AS", unknown: unknown0, dimension: true, filterWords: ["as"], side: "dst", elements: [17], netflow5: "dst_as", doc: "Autonomous system of the destination as exported; 0 unknown." },
  { name: "prev_as", kind: "u32", group: "routing", label: "Previous AS", unknown: unknown0, dimension: true, elements: [129], sflow: "extended gateway", doc: "Neighbour autonomous system from which the packets came." },
  { name: "next_as", kind: "u32", group: "routing", label: "Next AS", unknown: unknown0, dimension: true, elements: [128], sflow: "extended gateway", doc: "Neighbour autonomous system to which the packets go." },
  { name: "as_path", kind: "u32s", group: "routing", label: "AS path", unknown: unknownList, sflow: "extended gateway", doc: "Autonomous systems on the way to the destination, the nearest first." },
  { name: "communities", kind: "u32s", group: "routing", label: "BGP communities", unknown: unknownList, sflow: "extended gateway", doc: "BGP communities of the route to the destination, 32 bits each." },
  { name: "next_hop", kind: "ip", group: "routing", label: "Next hop", unknown: unknownAddress, dimension: true, filterWords: ["next ip", "next host", "next net"], elements: [15, 62], netflow5: "nexthop", sflow: "extended router", doc: "Next hop router." },
  { name: "bgp_next_hop", kind: "ip", group: "routing", label: "BGP next hop", unknown: unknownAddress, dimension: true, elements: [18, 63], sflow: "extended gateway", doc: "Next hop of the BGP route to the destination." },
  { name: "src_mask", kind: "u8", group: "routing", label: "Source prefix length", unknown: bit(8), filterWords: ["mask"], side: "src", elements: [9, 29], netflow5: "src_mask", sflow: "extended router", doc: "Prefix length of the route to the source." },
  { name: "dst_mask", kind: "u8", group: "routing", label: "Destination prefix length", unknown: bit(9), filterWords: ["mask"], side: "dst", elements: [13, 30], netflow5: "dst_mask", sflow: "extended router", doc: "Prefix length of the route to the destination." },

  { name: "src_vlan", kind: "u16", group: "link", label: "Source VLAN", unknown: unknown0, dimension: true, filterWords: ["vlan"], side: "src", elements: [58, 243], sflow: "extended switch, raw header", doc: "VLAN on the ingress side." },
  { name: "dst_vlan", kind: "u16", group: "link", label: "Destination VLAN", unknown: unknown0, dimension: true, filterWords: ["vlan"], side: "dst", elements: [59, 254], sflow: "extended switch", doc: "VLAN on the egress side." },
  { name: "inner_vlan", kind: "u16", group: "link", label: "Customer VLAN", unknown: unknown0, dimension: true, elements: [245, 255], sflow: "raw header, VLAN tunnel", doc: "VLAN of the inner tag where two are stacked." },
  { name: "src_mac", kind: "mac", group: "link", label: "Source MAC", unknown: unknown0, dimension: true, filterWords: ["mac"], side: "src", elements: [56, 81], sflow: "raw header", doc: "Source MAC address as a 48-bit number." },
  { name: "dst_mac", kind: "mac", group: "link", label: "Destination MAC", unknown: unknown0, dimension: true, filterWords: ["mac"], side: "dst", elements: [80, 57], sflow: "raw header", doc: "Destination MAC address as a 48-bit number." },
  { name: "mpls_labels", kind: "u32s", group: "link", label: "MPLS labels", unknown: unknownList, elements: [70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 316], sflow: "raw header, extended MPLS", doc: "MPLS label stack, the top first: 20 bits of label each." },
  { name: "mpls_top_addr", kind: "ip", group: "link", label: "MPLS top label address", unknown: unknownAddress, elements: [47, 140], doc: "Router that the top label leads to." },
  { name: "mpls_vpn_rd", kind: "u64", group: "link", label: "MPLS route distinguisher", unknown: unknown0, elements: [90], doc: "Route distinguisher of an MPLS VPN, 8 bytes as a number." },
  { name: "wlan_ssid", kind: "string", group: "link", label: "SSID", unknown: unknownText, dimension: true, lowCardinality: true, elements: [147], doc: "Name of the wireless network." },
  { name: "station_mac", kind: "mac", group: "link", label: "Station MAC", unknown: unknown0, dimension: true, elements: [365], doc: "MAC address of the wireless station." },

  { name: "nat_src_addr", kind: "ip", group: "nat", label: "Source address after NAT", unknown: unknownAddress, dimension: true, elements: [225, 281, 40001], sflow: "extended NAT", doc: "Source address after translation, also where it is the same." },
  { name: "nat_dst_addr", kind: "ip", group: "nat", label: "Destination address after NAT", unknown: unknownAddress, dimension: true, elements: [226, 282, 40002], sflow: "extended NAT", doc: "Destination address after translation, also where it is the same." },
  { name: "nat_src_port", kind: "u16", group: "nat", label: "Source port after NAT", unknown: unknown0, dimension: true, elements: [227, 40003], sflow: "extended NAT port", doc: "Source port after translation; 0 unknown." },
  { name: "nat_dst_port", kind: "u16", group: "nat", label: "Destination port after NAT", unknown: unknown0, dimension: true, elements: [228, 40004], sflow: "extended NAT port", doc: "Destination port after translation; 0 unknown." },
  { name: "port_block_start", kind: "u16", group: "nat", label: "Port block start", unknown: unknown0, elements: [361], doc: "First port of a block that carrier-grade NAT gave out." },
  { name: "port_block_end", kind: "u16", group: "nat", label: "Port block end", unknown: unknown0, elements: [362], doc: "Last port of a block that carrier-grade NAT gave out." },

  { name: "fw_event", kind: "u8", group: "event", label: "Firewall event", unknown: unknown0, dimension: true, elements: [233, 40005], doc: "IANA firewallEvent: 1 created, 2 deleted, 3 denied, 4 alert, 5 update." },
  { name: "fw_ext_event", kind: "u16", group: "event", label: "Extended firewall event", unknown: unknown0, dimension: true, elements: [33002], doc: "Cisco ASA's reason behind a firewall event (1001 denied by the ingress list, 1002 by the egress list, ...)." },
  { name: "nat_event", kind: "u8", group: "event", label: "NAT event", unknown: unknown0, dimension: true, elements: [230], doc: "IANA natEvent: 1 created, 2 deleted, 3 pool exhausted, 4-11 by kind of translation, 16 and 17 port block." },
  { name: "in_acl", kind: "string", group: "event", label: "Ingress access list", unknown: unknownText, dimension: true, lowCardinality: true, elements: [33000], doc: "Cisco ASA: ids of the access list and entry that let the flow in or denied it, hexadecimal." },
  { name: "out_acl", kind: "string", group: "event", label: "Egress access list", unknown: unknownText, dimension: true, lowCardinality: true, elements: [33001], doc: "Cisco ASA: ids of the access list and entry on the way out, hexadecimal." },
  { name: "flow_id", kind: "u64", group: "event", label: "Flow id", unknown: unknown0, elements: [148], enterpriseElements: [[9, 12242]], doc: "Connection id that the exporter gave the flow." },

  { name: "vni", kind: "u32", group: "tunnel", label: "VNI", unknown: unknown0, dimension: true, elements: [351], sflow: "VNI records, raw header", doc: "Virtual network identifier of VXLAN, Geneve or NVGRE." },
  { name: "inner_src_addr", kind: "ip", group: "tunnel", label: "Inner source address", unknown: unknownAddress, dimension: true, enterpriseElements: [[6876, 881], [6876, 883], [35632, 114], [35632, 396]], sflow: "raw header", doc: "Source of the packet inside a tunnel; src_addr is the tunnel's." },
  { name: "inner_dst_addr", kind: "ip", group: "tunnel", label: "Inner destination address", unknown: unknownAddress, dimension: true, enterpriseElements: [[6876, 882], [6876, 884], [35632, 116], [35632, 397]], sflow: "raw header", doc: "Destination of the packet inside a tunnel; dst_addr is the tunnel's." },
  { name: "inner_proto", kind: "u8", group: "tunnel", label: "Inner protocol", unknown: bit(13), dimension: true, enterpriseElements: [[6876, 880], [35632, 113]], sflow: "raw header", doc: "IP protocol of the packet inside a tunnel." },
  { name: "inner_src_port", kind: "u16", group: "tunnel", label: "Inner source port", unknown: bit(14), dimension: true, enterpriseElements: [[6876, 886], [35632, 115]], sflow: "raw header", doc: "Source port of the packet inside a tunnel." },
  { name: "inner_dst_port", kind: "u16", group: "tunnel", label: "Inner destination port", unknown: bit(15), dimension: true, enterpriseElements: [[6876, 887], [35632, 117]], sflow: "raw header", doc: "Destination port of the packet inside a tunnel." },

  { name: "app_id", kind: "u64", group: "application", label: "Application id", unknown: unknown0, dimension: true, elements: [95], doc: "Application id (RFC 6759): classification engine in the first byte, selector behind it, as one number; of longer ids the last 8 bytes." },
  { name: "app_name", kind: "string", group: "application", label: "Application", unknown: unknownText, dimension: true, lowCardinality: true, elements: [96, 56701], enterpriseElements: [[35632, 119], [3054, 111], [15397, 1], [5951, 152]], doc: "Application as the record or the exporter's application table names it." },
  { name: "user", kind: "string", group: "application", label: "User", unknown: unknownText, dimension: true, lowCardinality: true, elements: [371, 40000, 56702], enterpriseElements: [[35632, 428], [35632, 121], [5951, 205]], sflow: "extended user", doc: "User that the exporter connects with the flow." },
  { name: "http_host", kind: "string", group: "application", label: "HTTP host", unknown: unknownText, dimension: true, elements: [460, 8256], enterpriseElements: [[9, 12235], [35632, 187], [6871, 117], [5951, 142], [15397, 18], [39499, 1]], sflow: "extended URL", doc: "Host that an HTTP request asked for." },
  { name: "http_url", kind: "string", group: "application", label: "HTTP target", unknown: unknownText, elements: [461, 8257], enterpriseElements: [[35632, 180], [6871, 112], [5951, 130], [15397, 22], [3054, 184], [39499, 2], [26866, 1]], sflow: "extended URL", doc: "Target of an HTTP request." },
  { name: "http_user_agent", kind: "string", group: "application", label: "HTTP user agent", unknown: unknownText, dimension: true, lowCardinality: true, elements: [468], enterpriseElements: [[35632, 183], [6871, 111], [5951, 143], [15397, 20], [3054, 182], [39499, 20]], doc: "User agent of an HTTP request." },
  { name: "http_status", kind: "u16", group: "application", label: "HTTP status", unknown: unknown0, dimension: true, elements: [457], enterpriseElements: [[35632, 181], [5951, 144], [15397, 24], [39499, 12], [26866, 2]], doc: "Status of an HTTP answer." },
  { name: "dns_query", kind: "string", group: "application", label: "DNS name", unknown: unknownText, dimension: true, enterpriseElements: [[35632, 205], [6871, 179], [39499, 121], [26866, 204], [8057, 2]], doc: "Name that a DNS query asked for." },
  { name: "tls_sni", kind: "string", group: "application", label: "TLS server name", unknown: unknownText, dimension: true, enterpriseElements: [[35632, 188], [6871, 294], [3054, 201], [39499, 338], [26866, 112]], doc: "Server name of a TLS handshake." },

  { name: "sampling_rate", kind: "u32", group: "sampling", label: "Sampling rate", unknown: unknown0, elements: [34, 50, 305, 306, 307, 308, 309, 310, 311], netflow5: "header sampling (low 14 bits)", sflow: "sampling rate", doc: "1 in N packets was seen; 0 unknown, 1 unsampled." },
  { name: "sampling_source", kind: "enum8", group: "sampling", label: "Sampling source", unknown: unknown0, enumNames: SAMPLING_SOURCES, doc: "Where the sampling rate was learnt." },
  { name: "sampler_id", kind: "u32", group: "sampling", label: "Sampler", unknown: unknown0, elements: [48, 302], doc: "Sampler or selector that picked the packets; its rate comes in options." },
  { name: "present", kind: "u32", group: "sampling", label: "Present", unknown: unknown0, doc: "Bit set: the exporter sent the field, so that its 0 is a real value. Fields without a bit name an impossible value instead." },
  { name: "extra", kind: "map", group: "sampling", label: "Further elements", unknown: unknownMap, doc: "Elements without a column of their own that the operator's elements.yaml asks to keep, by name, as text." },
] as const satisfies readonly Field[];

/** Name of a column of the flow table. */
export type FieldName = (typeof rows)[number]["name"];

/** Names of the columns of some kinds. */
export type FieldOfKind<K extends ColumnKind> = Extract<(typeof rows)[number], { readonly kind: K }>["name"];

/** The registry in column order. */
export const FIELDS: readonly (Field & { readonly name: FieldName })[] = rows;

const byName = new Map<string, Field & { readonly name: FieldName }>(FIELDS.map((field) => [field.name, field]));

/** Looks a field up by name; undefined for a name that is not a column. */
export function findField(name: string): (Field & { readonly name: FieldName }) | undefined {
  return byName.get(name);
}

/** A field that is known to exist. */
export function field(name: FieldName): Field & { readonly name: FieldName } {
  const found = byName.get(name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

/** Columns that a FlowBatch carries and a segment may hold: neither computed at insert nor at query time. */
export const STORED_FIELDS = FIELDS.filter((f) => f.defaultSql === undefined && f.aliasSql === undefined);

/** Fields a query may group by. */
export const DIMENSIONS = FIELDS.filter((f) => f.dimension === true);

/** Bit of `present` that tells whether `name` was exported, as a mask; 0 for fields with an unknown value instead. */
export function presentMask(name: FieldName): number {
  const { unknown } = field(name);
  return unknown.kind === "bit" ? 2 ** unknown.bit : 0;
}

/** Types in a segment; a table may store them in another form (see `clickhouseType`). */
const NATIVE_TYPES: Readonly<Record<ColumnKind, string>> = {
  u8: "UInt8",
  u16: "UInt16",
  u32: "UInt32",
  u64: "UInt64",
  ip: "IPv6",
  mac: "UInt64",
  time: "DateTime64(3, 'UTC')",
  enum8: "UInt8",
  string: "String",
  u32s: "Array(UInt32)",
  map: "Map(String, String)",
};

/** ClickHouse type of a column's values in a segment. */
export function nativeType(f: Pick<Field, "kind">): string {
  return NATIVE_TYPES[f.kind];
}

/** ClickHouse type of a column of the table; enumerations are stored as their number and named in answers. */
export function clickhouseType(f: Pick<Field, "kind" | "lowCardinality">): string {
  return f.kind === "string" && f.lowCardinality === true ? "LowCardinality(String)" : nativeType(f);
}
