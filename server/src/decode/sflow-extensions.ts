/**
 * Columns of the records that sFlow puts beside the packet: VLANs, routes, addresses after NAT, users, URLs. They are written before the
 * packet's own columns, which fill what is left.
 */
import { presentMask } from "@sillage/model";
import { columnIndex, variableIndex, type Column, type FlowBatch, type ListColumn, type TextColumn } from "../flow/index.ts";
import { fill16, fill32, fill8, putIpv4, putIpv6 } from "./fill-columns.ts";
import { MAX_MPLS_LABELS } from "./link-header.ts";
import type { Gateway } from "./sflow-gateway.ts";
import type { FlowSample } from "./sflow-sample.ts";
import type { AddressPlace, TextPlace } from "./sflow-xdr.ts";
import { cleanText } from "./text-columns.ts";

const [SRC_VLAN, DST_VLAN, INNER_VLAN, VNI] = [
  columnIndex("src_vlan"),
  columnIndex("dst_vlan"),
  columnIndex("inner_vlan"),
  columnIndex("vni"),
];
const [NEXT_HOP, SRC_MASK, DST_MASK, BGP_NEXT_HOP] = [
  columnIndex("next_hop"),
  columnIndex("src_mask"),
  columnIndex("dst_mask"),
  columnIndex("bgp_next_hop"),
];
const [SRC_AS, DST_AS, PREV_AS, NEXT_AS] = [columnIndex("src_as"), columnIndex("dst_as"), columnIndex("prev_as"), columnIndex("next_as")];
const [NAT_SRC_ADDR, NAT_DST_ADDR, NAT_SRC_PORT, NAT_DST_PORT] = [
  columnIndex("nat_src_addr"),
  columnIndex("nat_dst_addr"),
  columnIndex("nat_src_port"),
  columnIndex("nat_dst_port"),
];
const [AS_PATH, COMMUNITIES, MPLS_LABELS] = [variableIndex("as_path"), variableIndex("communities"), variableIndex("mpls_labels")];
const [USER, HTTP_URL, HTTP_HOST, WLAN_SSID] = [
  variableIndex("user"),
  variableIndex("http_url"),
  variableIndex("http_host"),
  variableIndex("wlan_ssid"),
];

const BIT = { srcMask: presentMask("src_mask"), dstMask: presentMask("dst_mask") } as const;
/** Label in a stack entry: the upper 20 bits. */
const LABEL_SHIFT = 12;

/** @returns bits for the column `present` */
export function writeExtensions(batch: FlowBatch, row: number, view: DataView, sample: FlowSample): number {
  const { columns } = batch;
  writeVlans(columns, row, sample);
  fill32(columns[VNI]!, row, sample.packet.vni === 0 ? sample.vni : 0);
  if (sample.gateway.isRead) writeGateway(batch, row, view, sample.gateway);
  if (sample.hasNat) writeNat(columns, row, view, sample);
  if (sample.labels !== 0 && sample.packet.link.labelCount === 0) writeStack(batch, row, view, sample);
  if (sample.hasText) writeTexts(batch, row, view, sample);
  return writeRoute(columns, row, view, sample);
}

/** The switch's own word for the VLAN first, then tags that it took off, then (by the packet) those of the header. */
function writeVlans(columns: readonly Column[], row: number, sample: FlowSample): void {
  fill16(columns[SRC_VLAN]!, row, sample.srcVlan);
  fill16(columns[DST_VLAN]!, row, sample.dstVlan);
  if (sample.strippedTags === 0) return;
  fill16(columns[SRC_VLAN]!, row, sample.strippedVlan);
  fill16(columns[INNER_VLAN]!, row, sample.strippedTags > 1 ? sample.strippedInnerVlan : sample.packet.link.vlan);
}

function writeRoute(columns: readonly Column[], row: number, view: DataView, sample: FlowSample): number {
  let present = 0;
  putAddress(columns[NEXT_HOP]!, row, view, sample.nextHop);
  if (sample.srcMask >= 0) {
    fill8(columns[SRC_MASK]!, row, sample.srcMask);
    present |= BIT.srcMask;
  }
  if (sample.dstMask >= 0) {
    fill8(columns[DST_MASK]!, row, sample.dstMask);
    present |= BIT.dstMask;
  }
  return present;
}

function writeGateway({ columns, variable }: FlowBatch, row: number, view: DataView, gateway: Gateway): void {
  putAddress(columns[BGP_NEXT_HOP]!, row, view, gateway.nextHop);
  fill32(columns[SRC_AS]!, row, gateway.srcAs);
  fill32(columns[DST_AS]!, row, gateway.dstAs);
  fill32(columns[PREV_AS]!, row, gateway.prevAs);
  fill32(columns[NEXT_AS]!, row, gateway.nextAs);
  const path = variable[AS_PATH] as ListColumn;
  for (let i = 0; i < gateway.pathLength; i++) path.push(row, gateway.path[i]!);
  const communities = variable[COMMUNITIES] as ListColumn;
  for (let i = 0; i < gateway.communities; i++) communities.push(row, view.getUint32(gateway.communitiesAt + i * 4));
}

function writeNat(columns: readonly Column[], row: number, view: DataView, sample: FlowSample): void {
  putAddress(columns[NAT_SRC_ADDR]!, row, view, sample.natSrc);
  putAddress(columns[NAT_DST_ADDR]!, row, view, sample.natDst);
  fill16(columns[NAT_SRC_PORT]!, row, sample.natSrcPort);
  fill16(columns[NAT_DST_PORT]!, row, sample.natDstPort);
}

function writeStack({ variable }: FlowBatch, row: number, view: DataView, { labelsAt, labels }: FlowSample): void {
  const column = variable[MPLS_LABELS] as ListColumn;
  for (let i = 0; i < Math.min(labels, MAX_MPLS_LABELS); i++) column.push(row, view.getUint32(labelsAt + i * 4) >>> LABEL_SHIFT);
}

function writeTexts({ variable }: FlowBatch, row: number, view: DataView, sample: FlowSample): void {
  writeText(variable[USER] as TextColumn, row, view, sample.user);
  writeText(variable[HTTP_URL] as TextColumn, row, view, sample.url);
  writeText(variable[HTTP_HOST] as TextColumn, row, view, sample.host);
  writeText(variable[WLAN_SSID] as TextColumn, row, view, sample.ssid);
}

function writeText(column: TextColumn, row: number, view: DataView, { at, bytes }: TextPlace): void {
  if (bytes !== 0) column.set(row, cleanText(new Uint8Array(view.buffer, view.byteOffset + at, bytes)));
}

function putAddress(column: Column, row: number, view: DataView, { at, bytes }: AddressPlace): void {
  if (bytes === 4) putIpv4(column, row, view, at);
  else if (bytes === 16) putIpv6(column, row, view, at);
}
