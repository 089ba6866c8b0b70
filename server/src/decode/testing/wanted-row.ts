/**
 * What a row must say for a record, told without the decoder: the record's elements as an independent decoder read them (expected.json, in
 * IANA's names) against the columns that docs/reference/fields.md and docs/protocols.md promise. An element is either in the table of
 * columns or in the list of those that no column keeps; a name in neither is an error, so that no fact goes unused unseen.
 */
import { field, type FieldName } from "@sillage/model";
import type { FactRecord } from "./captures.ts";

type Value = number | string;
/** A column's value from an element's; undefined where it tells nothing that a test could hold against the column. */
type Read = (value: Value) => Value | undefined;

const asIs: Read = (value) => value;
/** The six upper bits of the byte. */
const dscp: Read = (value) => Number(value) << 2;
/** The lower nine bits, NS to FIN. */
const flags: Read = (value) => Number(value) & 0x1ff;
const hex: Read = (value) => Number.parseInt(String(value), 16);
const hexAddress: Read = (value) => Buffer.from(String(value), "hex").join(".");
const hexText: Read = (value) => Buffer.from(String(value), "hex").toString("utf8").replace(/\0+$/, "");
/** The facts cut text at its first NUL. */
const text: Read = (value) => (value === "" ? undefined : value);

/** Column, then the elements that fill it in order of preference: the first that says something wins. */
// prettier-ignore
const COLUMNS: readonly (readonly [FieldName, ...(readonly [element: string, read: Read])[]])[] = [
  ["src_addr", ["sourceIPv4Address", asIs], ["sourceIPv6Address", asIs], ["srcaddr", asIs], ["src_prefix", asIs]],
  ["dst_addr", ["destinationIPv4Address", asIs], ["destinationIPv6Address", asIs], ["dstaddr", asIs], ["dst_prefix", asIs]],
  ["ip_version", ["ipVersion", asIs]],
  ["proto", ["protocolIdentifier", asIs], ["prot", asIs]],
  ["tcp_flags", ["tcpControlBits", flags]],
  ["tos", ["ipClassOfService", asIs], ["ipDiffServCodePoint", dscp], ["tos", asIs]],
  ["tos_out", ["postIpDiffServCodePoint", dscp]],
  ["ttl_min", ["minimumTTL", asIs], ["ipTTL", asIs]],
  ["ttl_max", ["maximumTTL", asIs], ["ipTTL", asIs]],
  ["len_min", ["minimumIpTotalLength", asIs]],
  ["len_max", ["maximumIpTotalLength", asIs]],
  ["end_reason", ["flowEndReason", asIs]],
  ["forwarding_status", ["forwardingStatus", asIs]],
  ["bytes", ["octetDeltaCount", asIs], ["octetTotalCount", asIs], ["initiatorOctets", asIs], ["layer2OctetDeltaCount", asIs], ["postOctetDeltaCount", asIs], ["dOctets", asIs]],
  ["packets", ["packetDeltaCount", asIs], ["packetTotalCount", asIs], ["initiatorPackets", asIs], ["postPacketDeltaCount", asIs], ["dPkts", asIs]],
  ["flows", ["dFlows", asIs]],
  ["bytes_out", ["postOctetDeltaCount", asIs]],
  ["packets_out", ["postPacketDeltaCount", asIs]],
  ["frame_bytes", ["layer2OctetDeltaCount", asIs]],
  ["in_if", ["ingressInterface", asIs], ["input", asIs]],
  ["out_if", ["egressInterface", asIs], ["output", asIs]],
  ["flow_direction", ["flowDirection", asIs]],
  ["biflow_direction", ["biflowDirection", asIs]],
  ["in_vrf", ["ingressVRFID", asIs], ["41916/4321", hex], ["637/91", hex]],
  ["out_vrf", ["egressVRFID", asIs], ["637/92", hex]],
  ["src_as", ["bgpSourceAsNumber", asIs], ["src_as", asIs]],
  ["dst_as", ["bgpDestinationAsNumber", asIs], ["dst_as", asIs]],
  ["next_hop", ["ipNextHopIPv4Address", asIs], ["ipNextHopIPv6Address", asIs]],
  ["bgp_next_hop", ["bgpNextHopIPv4Address", asIs]],
  ["src_mask", ["sourceIPv4PrefixLength", asIs], ["sourceIPv6PrefixLength", asIs], ["src_mask", asIs]],
  ["dst_mask", ["destinationIPv4PrefixLength", asIs], ["destinationIPv6PrefixLength", asIs], ["dst_mask", asIs]],
  ["src_vlan", ["vlanId", asIs]],
  ["dst_vlan", ["postVlanId", asIs]],
  ["src_mac", ["sourceMacAddress", asIs]],
  ["dst_mac", ["destinationMacAddress", asIs], ["postDestinationMacAddress", asIs]],
  ["wlan_ssid", ["wlanSSID", asIs]],
  ["station_mac", ["staMacAddress", asIs]],
  ["nat_src_addr", ["postNATSourceIPv4Address", asIs], ["ie40001", hexAddress]],
  ["nat_dst_addr", ["postNATDestinationIPv4Address", asIs], ["ie40002", hexAddress]],
  ["nat_src_port", ["ie40003", hex]],
  ["nat_dst_port", ["ie40004", hex]],
  ["fw_event", ["firewallEvent", asIs], ["ie40005", hex]],
  ["fw_ext_event", ["ie33002", hex]],
  ["in_acl", ["ie33000", asIs]],
  ["out_acl", ["ie33001", asIs]],
  ["user", ["ie40000", hexText], ["ie56702", hexText]],
  ["app_id", ["applicationId", hex]],
  ["app_name", ["applicationName", text], ["ie56701", hexText], ["15397/1", hexText]],
  ["http_host", ["ie8256", hexText], ["15397/18", hexText], ["4294967295/24891", hexText]],
  ["http_url", ["ie8257", hexText], ["4294967295/24884", hexText]],
  ["flow_id", ["flowId", asIs]],
  ["vni", ["layer2SegmentId", asIs]],
  ["obs_point", ["observationPointId", asIs]],
  ["sampler_id", ["samplerId", asIs]],
  ["sampling_rate", ["samplingInterval", asIs]],
];

/** Elements that times are made of; see `wantedTimes`. */
// prettier-ignore
const TIMES = [
  "flow_start_unix_ms", "flow_end_unix_ms", "flowStartMilliseconds", "flowEndMilliseconds", "flowStartSeconds", "flowEndSeconds",
  "flowStartNanoseconds", "flowEndNanoseconds", "observationTimeMilliseconds", "flowDurationMilliseconds",
  "flowStartSysUpTime", "flowEndSysUpTime", "firstSwitched", "lastSwitched", "First", "Last",
  // Relative to the export time, which the facts of a record do not tell.
  "flowStartDeltaMicroseconds", "flowEndDeltaMicroseconds",
];
/** Elements that ports or ICMP type and code are made of; see `wantedService`. */
// prettier-ignore
const SERVICE = [
  "sourceTransportPort", "destinationTransportPort", "srcport", "dstport", "icmpTypeCodeIPv4", "icmpTypeIPv4", "icmpCodeIPv4",
];
/** Elements without a column. */
// prettier-ignore
const NOT_KEPT = [
  "engineId", "engineType", "ethernetHeaderLength", "ethernetType", "privateEnterpriseNumber", "ipPrecedence", "samplingAlgorithm",
  "octetDeltaSumOfSquares", "srcTrafficIndex", "dstTrafficIndex", "routerShortcut", "ipv4RouterSc", "router_sc", "marked_tos", "extra_pkts",
  "staIPv4Address", "wtpMacAddress", "subTemplateMultiList", "responderOctets",
];
/** Fillers, vendors' and enterprises' elements that the table of columns does not name. */
const isVendors = (element: string): boolean => element.includes("/") || /^ie\d+$/.test(element);

const known = new Set([...COLUMNS.flatMap(([, ...elements]) => elements.map(([element]) => element)), ...TIMES, ...SERVICE, ...NOT_KEPT]);

/** Every column that the record's elements promise, with its value. */
export function wantedRow(record: FactRecord): Record<string, Value | null> {
  const unused = Object.keys(record).filter((element) => !known.has(element) && !isVendors(element));
  if (unused.length > 0) throw new Error(`facts that no comparison uses: ${unused.join(", ")}`);
  const wanted: Record<string, Value | null> = {};
  for (const [column, ...elements] of COLUMNS) {
    const values = elements
      .filter(([element]) => record[element] !== undefined)
      .map(([element, read]) => read(record[element]!))
      .filter((value) => value !== undefined);
    if (values.length > 0) wanted[column] = values.find((value) => says(column, value)) ?? spoken(column, values[0]!);
  }
  return { ...wanted, ...wantedService(record), ...wantedTimes(record) };
}

/** False for a value that means "unknown": the next element of the column is asked then. */
function says(column: FieldName, value: Value): boolean {
  const isZero = ["0.0.0.0", "::", NO_MAC].includes(String(value)) || Number(value) === 0;
  return field(column).unknown.kind !== "value" || !isZero;
}

const NO_MAC = "00:00:00:00:00:00";

/** How a row shows a value that says nothing: numbers and 0.0.0.0 as they are. */
function spoken(column: FieldName, value: Value): Value | null {
  const { kind } = field(column);
  return kind === "string" || kind === "mac" || value === "::" ? null : value;
}

/** Ports, or for ICMP its type and code: from elements of their own, else from the destination port; never both. */
function wantedService(record: FactRecord): Record<string, Value | null> {
  const sourcePort = record["sourceTransportPort"] ?? record["srcport"];
  const destinationPort = record["destinationTransportPort"] ?? record["dstport"];
  const proto = record["protocolIdentifier"];
  if (proto !== 1 && proto !== 58)
    return {
      ...(sourcePort === undefined ? {} : { src_port: sourcePort }),
      ...(destinationPort === undefined ? {} : { dst_port: destinationPort }),
    };
  const { icmpTypeIPv4: type, icmpCodeIPv4: code, icmpTypeCodeIPv4: typeCode = destinationPort } = record;
  if (type !== undefined) return { icmp_type: type, icmp_code: code ?? 0, src_port: null, dst_port: null };
  return typeCode === undefined
    ? {}
    : { icmp_type: Number(typeCode) >> 8, icmp_code: Number(typeCode) & 0xff, src_port: null, dst_port: null };
}

/** Start and end where the facts tell absolute times; a start behind its end is the end. */
function wantedTimes(record: FactRecord): Record<string, Value | null> {
  const milliseconds = (side: "Start" | "End"): number | undefined => {
    const exact = record[`flow_${side.toLowerCase()}_unix_ms`] ?? record[`flow${side}Milliseconds`];
    if (exact !== undefined) return Number(exact);
    const seconds = record[`flow${side}Seconds`];
    if (seconds !== undefined) return Number(seconds) * 1000;
    const nanoseconds = (record as Record<string, unknown>)[`flow${side}Nanoseconds`] as { unix_ns: string } | undefined;
    return nanoseconds === undefined ? undefined : Number(BigInt(nanoseconds.unix_ns) / 1_000_000n);
  };
  const end = milliseconds("End") ?? record["observationTimeMilliseconds"];
  const start = milliseconds("Start");
  if (start === undefined || end === undefined || Number(end) <= 0) return {};
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { time_start: iso(Math.min(start, Number(end))), time_end: iso(Number(end)) };
}
