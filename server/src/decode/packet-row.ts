/**
 * Columns of a row that a captured packet tells. The row may be a sample that has nothing else, or a record that says some of it itself:
 * what is there already stays. Bytes and packets are the caller's: a record may have counted them.
 */
import { presentMask } from "@sillage/model";
import { columnIndex, variableIndex, type Column, type FlowBatch, type ListColumn } from "../flow/index.ts";
import { fill16, fill32, fill8, fillMac, holdsIpv4, holdsIpv6, isZeroAddress, putIpv4, putIpv6 } from "./fill-columns.ts";
import { ICMP_BITS, PORT_BITS } from "./icmp.ts";
import type { IpHeader } from "./ip-header.ts";
import type { LinkHeader } from "./link-header.ts";
import type { PacketHeader } from "./packet-header.ts";

const [SRC_ADDR, DST_ADDR, IP_VERSION] = [columnIndex("src_addr"), columnIndex("dst_addr"), columnIndex("ip_version")];
const [PROTO, TOS, TTL_MIN, TTL_MAX] = [columnIndex("proto"), columnIndex("tos"), columnIndex("ttl_min"), columnIndex("ttl_max")];
const [SRC_PORT, DST_PORT, TCP_FLAGS] = [columnIndex("src_port"), columnIndex("dst_port"), columnIndex("tcp_flags")];
const [ICMP_TYPE, ICMP_CODE, FLOW_LABEL] = [columnIndex("icmp_type"), columnIndex("icmp_code"), columnIndex("ipv6_flow_label")];
const [FRAG_ID, FRAG_OFFSET, FRAG_FLAGS] = [columnIndex("frag_id"), columnIndex("frag_offset"), columnIndex("frag_flags")];
const [SRC_MAC, DST_MAC, SRC_VLAN, INNER_VLAN] = [
  columnIndex("src_mac"),
  columnIndex("dst_mac"),
  columnIndex("src_vlan"),
  columnIndex("inner_vlan"),
];
const [VNI, INNER_SRC_ADDR, INNER_DST_ADDR] = [columnIndex("vni"), columnIndex("inner_src_addr"), columnIndex("inner_dst_addr")];
const [INNER_PROTO, INNER_SRC_PORT, INNER_DST_PORT] = [
  columnIndex("inner_proto"),
  columnIndex("inner_src_port"),
  columnIndex("inner_dst_port"),
];
const MPLS_LABELS = variableIndex("mpls_labels");

const BIT = {
  proto: presentMask("proto"),
  tcpFlags: presentMask("tcp_flags"),
  tos: presentMask("tos"),
  fragment: presentMask("frag_offset") | presentMask("frag_flags"),
  innerProto: presentMask("inner_proto"),
  innerPorts: presentMask("inner_src_port") | presentMask("inner_dst_port"),
} as const;

/** Label in a stack entry: the upper 20 bits. */
const LABEL_SHIFT = 12;

/** @returns bits for the column `present` */
export function writePacket(columns: readonly Column[], row: number, view: DataView, packet: PacketHeader): number {
  const { link, ip, inner } = packet;
  if (link.dstMacAt >= 0) writeLink(columns, row, view, link);
  if (packet.vni !== 0) fill32(columns[VNI]!, row, packet.vni);
  if (ip.version === 0 || !writeAddresses(columns, row, view, ip)) return 0;
  const present = writeIp(columns, row, ip);
  return inner.version === 0 ? present : present | writeInner(columns, row, view, inner);
}

/** Rows of a list come in order, so a caller that has written labels of later rows must not call this. */
export function writePacketLabels(batch: FlowBatch, row: number, { labels, labelCount }: LinkHeader): void {
  if (labelCount === 0) return;
  const column = batch.variable[MPLS_LABELS] as ListColumn;
  for (let i = 0; i < labelCount; i++) column.push(row, labels[i]! >>> LABEL_SHIFT);
}

function writeLink(columns: readonly Column[], row: number, view: DataView, link: LinkHeader): void {
  fillMac(columns[DST_MAC]!, row, view, link.dstMacAt);
  fillMac(columns[SRC_MAC]!, row, view, link.srcMacAt);
  fill16(columns[SRC_VLAN]!, row, link.vlan);
  fill16(columns[INNER_VLAN]!, row, link.innerVlan);
}

function writeIp(columns: readonly Column[], row: number, ip: IpHeader): number {
  let present = BIT.tos;
  fill8(columns[TOS]!, row, ip.tos);
  fill8(columns[TTL_MIN]!, row, ip.ttl);
  fill8(columns[TTL_MAX]!, row, ip.ttl);
  if (ip.flowLabel !== 0) fill32(columns[FLOW_LABEL]!, row, ip.flowLabel);
  if (ip.hasFragmentFields) present |= writeFragment(columns, row, ip);
  if (ip.proto >= 0) {
    fill8(columns[PROTO]!, row, ip.proto);
    present |= BIT.proto;
  }
  if (ip.hasPorts) {
    fill16(columns[SRC_PORT]!, row, ip.srcPort);
    fill16(columns[DST_PORT]!, row, ip.dstPort);
    present |= PORT_BITS;
  }
  if (ip.tcpFlags >= 0) {
    fill16(columns[TCP_FLAGS]!, row, ip.tcpFlags);
    present |= BIT.tcpFlags;
  }
  if (ip.icmpType >= 0) {
    fill8(columns[ICMP_TYPE]!, row, ip.icmpType);
    fill8(columns[ICMP_CODE]!, row, ip.icmpCode);
    present |= ICMP_BITS;
  }
  return present;
}

/**
 * Writes the addresses that the row lacks.
 * @returns false when it has others: it is about another packet (one inside a tunnel, or before NAT), and nothing of this one belongs to it
 */
function writeAddresses(columns: readonly Column[], row: number, view: DataView, ip: IpHeader): boolean {
  const src = columns[SRC_ADDR]!;
  const dst = columns[DST_ADDR]!;
  const version = columns[IP_VERSION]!;
  // Samples: nobody has written an address.
  const isNew = version.u8[row] === 0;
  const lacksSrc = isNew || isZeroAddress(src, row);
  const lacksDst = isNew || isZeroAddress(dst, row);
  // Both families written out: a call through a variable is not inlined, and this runs once a sample.
  if (ip.version === 4) {
    if (!lacksSrc && !holdsIpv4(src, row, view, ip.srcAt)) return false;
    if (!lacksDst && !holdsIpv4(dst, row, view, ip.dstAt)) return false;
    if (lacksSrc) putIpv4(src, row, view, ip.srcAt);
    if (lacksDst) putIpv4(dst, row, view, ip.dstAt);
  } else {
    if (!lacksSrc && !holdsIpv6(src, row, view, ip.srcAt)) return false;
    if (!lacksDst && !holdsIpv6(dst, row, view, ip.dstAt)) return false;
    if (lacksSrc) putIpv6(src, row, view, ip.srcAt);
    if (lacksDst) putIpv6(dst, row, view, ip.dstAt);
  }
  version.u8[row] = ip.version;
  version.touched = true;
  return true;
}

function writeFragment(columns: readonly Column[], row: number, ip: IpHeader): number {
  fill32(columns[FRAG_ID]!, row, ip.fragmentId);
  fill16(columns[FRAG_OFFSET]!, row, ip.fragmentOffset);
  fill8(columns[FRAG_FLAGS]!, row, ip.fragmentFlags);
  return BIT.fragment;
}

function writeInner(columns: readonly Column[], row: number, view: DataView, inner: IpHeader): number {
  const src = columns[INNER_SRC_ADDR]!;
  const dst = columns[INNER_DST_ADDR]!;
  if (!isZeroAddress(src, row) || !isZeroAddress(dst, row)) return 0; // the record tells it itself
  const put = inner.version === 4 ? putIpv4 : putIpv6;
  put(src, row, view, inner.srcAt);
  put(dst, row, view, inner.dstAt);
  let present = 0;
  if (inner.proto >= 0) {
    fill8(columns[INNER_PROTO]!, row, inner.proto);
    present |= BIT.innerProto;
  }
  if (inner.hasPorts) {
    fill16(columns[INNER_SRC_PORT]!, row, inner.srcPort);
    fill16(columns[INNER_DST_PORT]!, row, inner.dstPort);
    present |= BIT.innerPorts;
  }
  return present;
}
