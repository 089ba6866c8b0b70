/**
 * Records of NetFlow v1, v5, v6, v7 and of the aggregations of v8: fixed layouts of elements that v9 and IPFIX number, so they run through
 * the same compiled column loops as a template. Here is only the table of who has which field where.
 *
 * Sources: Cisco, NetFlow Export Datagram Format (v1, v5, v7, v8), NetFlow ToS-Based Router Aggregation (v8, 9 to 14); flow-tools for v6.
 */
import type { FieldSpec } from "./field-spec.ts";
import { compilePlan, type Plan } from "./plan.ts";

type Fields = readonly (readonly [element: number, bytes: number])[];

const pad = (bytes: number): Fields => [[210, bytes]];

/** srcaddr, dstaddr, nexthop, input, output, dPkts, dOctets, first, last, srcport, dstport: the start of v1, v5, v6 and v7. */
const FLOW_START: Fields = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 2],
  [14, 2],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [7, 2],
  [11, 2],
];

/** What follows in v5, v6 and v7: pad (v7: flags), tcp_flags, prot, tos, src_as, dst_as, src_mask, dst_mask. */
const FLOW_END: Fields = [...pad(1), [6, 1], [4, 1], [5, 1], [16, 2], [17, 2], [9, 1], [13, 1]];

/** v1: pad, prot, tos, tcp_flags, reserved. */
const NETFLOW1_RECORD: Fields = [...FLOW_START, ...pad(2), [4, 1], [5, 1], [6, 1], ...pad(7)];
const NETFLOW5_RECORD: Fields = [...FLOW_START, ...FLOW_END, ...pad(2)];
/** v6: in_encaps, out_encaps, peer_nexthop, which no element describes. */
const NETFLOW6_RECORD: Fields = [...FLOW_START, ...FLOW_END, ...pad(1 + 1 + 4)];
/** v7: flags (which fields are invalid), router_sc (the router that the switch bypassed), which no element describes. */
const NETFLOW7_RECORD: Fields = [...FLOW_START, ...FLOW_END, ...pad(2 + 4)];

/** dFlows, dPkts, dOctets, first, last: the start of the router's aggregations. */
const SUMS: Fields = [
  [3, 4],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
];
const AS_PAIR: Fields = [
  [16, 2],
  [17, 2],
];
const INTERFACES: Fields = [
  [10, 2],
  [14, 2],
];
const PORTS: Fields = [
  [7, 2],
  [11, 2],
];
/**
 * src_prefix, dst_prefix, dst_mask, src_mask. A prefix is kept as the address it begins with. The order of the masks is flow-tools'; tshark
 * takes them the other way round, and Juniper has a switch (`caida-compliant`) for collectors of either opinion.
 */
const PREFIX_PAIR: Fields = [
  [8, 4],
  [12, 4],
  [13, 1],
  [9, 1],
];
/** dPkts, dOctets, first, last: the start of the Catalyst's schemes behind the addresses. */
const COUNTERS: Fields = [
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
];
/** extra_pkts (those beyond the contract) and router_sc. */
const CATALYST_END: Fields = pad(4 + 4);

/** Records of v8 by aggregation scheme. 6 to 8 are the Catalyst's: no count of flows, and marked_tos (pad) behind tos. */
const NETFLOW8_RECORDS: Readonly<Record<number, Fields>> = {
  1: [...SUMS, ...AS_PAIR, ...INTERFACES], // AS
  2: [...SUMS, [4, 1], ...pad(3), ...PORTS], // protocol and port
  3: [...SUMS, [8, 4], [9, 1], ...pad(1), [16, 2], [10, 2], ...pad(2)], // source prefix
  4: [...SUMS, [12, 4], [13, 1], ...pad(1), [17, 2], [14, 2], ...pad(2)], // destination prefix
  5: [...SUMS, ...PREFIX_PAIR, ...pad(2), ...AS_PAIR, ...INTERFACES], // prefix
  6: [[12, 4], ...COUNTERS, [14, 2], [5, 1], ...pad(1), ...CATALYST_END], // destination
  7: [[12, 4], [8, 4], ...COUNTERS, [14, 2], [10, 2], [5, 1], ...pad(3), ...CATALYST_END], // source and destination
  8: [[12, 4], [8, 4], [11, 2], [7, 2], ...COUNTERS, [14, 2], [10, 2], [5, 1], [4, 1], ...pad(2), ...CATALYST_END], // full flow
  9: [...SUMS, ...AS_PAIR, ...INTERFACES, [5, 1], ...pad(3)], // AS and ToS
  10: [...SUMS, [4, 1], [5, 1], ...pad(2), ...PORTS, ...INTERFACES], // protocol, port and ToS
  11: [...SUMS, [8, 4], [9, 1], [5, 1], [16, 2], [10, 2], ...pad(2)], // source prefix and ToS
  12: [...SUMS, [12, 4], [13, 1], [5, 1], [17, 2], [14, 2], ...pad(2)], // destination prefix and ToS
  13: [...SUMS, ...PREFIX_PAIR, [5, 1], ...pad(1), ...AS_PAIR, ...INTERFACES], // prefix and ToS
  14: [...SUMS, ...PREFIX_PAIR, [5, 1], [4, 1], ...PORTS, ...INTERFACES], // prefix and port
};

export interface FixedRecord {
  /** v8: number of the aggregation scheme, which rows keep as their template; 0 for the versions without. */
  readonly scheme: number;
  readonly bytes: number;
  readonly plan: Plan;
}

function compileRecord(fields: Fields, scheme = 0): FixedRecord {
  return {
    scheme,
    bytes: fields.reduce((sum, [, bytes]) => sum + bytes, 0),
    plan: compilePlan(fields.map(([id, length]): FieldSpec => ({ enterprise: 0, id, length }))),
  };
}

const RECORDS: Readonly<Record<number, FixedRecord>> = {
  1: compileRecord(NETFLOW1_RECORD),
  5: compileRecord(NETFLOW5_RECORD),
  6: compileRecord(NETFLOW6_RECORD),
  7: compileRecord(NETFLOW7_RECORD),
};
const AGGREGATIONS: Readonly<Record<number, FixedRecord>> = Object.fromEntries(
  Object.entries(NETFLOW8_RECORDS).map(([scheme, fields]) => [scheme, compileRecord(fields, Number(scheme))]),
);
/** The only version of the aggregations' layouts there ever was. */
const AGGREGATION_VERSION = 2;

/** The records of the datagram at `at`, whose header is there; undefined for an aggregation of v8 that is not known. */
export function fixedRecord(view: DataView, at: number): FixedRecord | undefined {
  const version = view.getUint16(at);
  if (version !== 8) return RECORDS[version];
  return view.getUint8(at + 23) === AGGREGATION_VERSION ? AGGREGATIONS[view.getUint8(at + 22)] : undefined;
}

/** How the records of a version are read; v8 has one plan for each aggregation. */
export function fixedPlans(version: number): readonly Plan[] {
  const records = version === 8 ? Object.values(AGGREGATIONS) : [RECORDS[version]].filter((record) => record !== undefined);
  return records.map(({ plan }) => plan);
}
