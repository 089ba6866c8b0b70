/** Writes one sampled packet as one row: packets = 1, bytes = IP total length, the sampling rate beside them. */
import { presentMask } from "@sillage/model";
import { columnIndex, type Column, type FlowBatch } from "../flow/index.ts";
import { MAPPED_IPV4_WORD } from "./column-loops.ts";
import { ICMP_BITS, PORT_BITS } from "./icmp.ts";
import { writeConstants, type MessageContext } from "./message-context.ts";
import { writeInterfaceOverrides } from "./record-sampling.ts";
import type { FlowSample } from "./sflow-sample.ts";

const [SRC_ADDR, DST_ADDR, NEXT_HOP] = [columnIndex("src_addr"), columnIndex("dst_addr"), columnIndex("next_hop")];
const [SRC_MAC, DST_MAC, BYTES, PACKETS, FRAME_BYTES] = [
  columnIndex("src_mac"),
  columnIndex("dst_mac"),
  columnIndex("bytes"),
  columnIndex("packets"),
  columnIndex("frame_bytes"),
];
const [TIME_START, TIME_END, TIME_SOURCE] = [columnIndex("time_start"), columnIndex("time_end"), columnIndex("time_source")];
const [IN_IF, OUT_IF, SRC_AS, DST_AS] = [columnIndex("in_if"), columnIndex("out_if"), columnIndex("src_as"), columnIndex("dst_as")];
const [SAMPLING_RATE, SAMPLING_SOURCE, PRESENT] = [columnIndex("sampling_rate"), columnIndex("sampling_source"), columnIndex("present")];
const [SRC_PORT, DST_PORT, TCP_FLAGS, SRC_VLAN, DST_VLAN] = [
  columnIndex("src_port"),
  columnIndex("dst_port"),
  columnIndex("tcp_flags"),
  columnIndex("src_vlan"),
  columnIndex("dst_vlan"),
];
const [PROTO, TOS, TTL_MIN, TTL_MAX, ICMP_TYPE, ICMP_CODE] = [
  columnIndex("proto"),
  columnIndex("tos"),
  columnIndex("ttl_min"),
  columnIndex("ttl_max"),
  columnIndex("icmp_type"),
  columnIndex("icmp_code"),
];
const [SRC_MASK, DST_MASK, FORWARDING] = [columnIndex("src_mask"), columnIndex("dst_mask"), columnIndex("forwarding_status")];

const BIT = {
  proto: presentMask("proto"),
  tcpFlags: presentMask("tcp_flags"),
  tos: presentMask("tos"),
  srcMask: presentMask("src_mask"),
  dstMask: presentMask("dst_mask"),
} as const;

/** TIME_SOURCES: received. SAMPLING_SOURCES: record. */
const TIME_FROM_RECEIPT = 5;
const RATE_FROM_RECORD = 2;

/** Interface formats: 0 ifIndex, 1 dropped for a reason, 2 that many interfaces. */
const FORMAT_INDEX = 0;
const FORMAT_DROPPED = 1;
/** ifIndex of an interface inside the device, in 30 bits (compact samples) and 32 (expanded). */
const INTERNAL_COMPACT = 0x3fff_ffff;
const INTERNAL_EXPANDED = 0xffff_ffff;

/** sFlow's reasons to drop a packet as IANA forwardingStatus; what has no equal there is 128, dropped for an unknown reason. */
const FORWARDING_OF_REASON: Readonly<Record<number, number>> = {
  0: 131,
  1: 131,
  4: 133,
  9: 129,
  10: 129,
  13: 129,
  257: 137,
  258: 129,
  260: 139,
  261: 138,
  262: 133,
};
const DROPPED = 128;

/** The batch must have room for a row. */
export function writeSample(batch: FlowBatch, view: DataView, sample: FlowSample, context: MessageContext): void {
  const { columns, rows: row } = batch;
  const { packet } = sample;
  let present = 0;
  if (packet.ipVersion !== 0) present |= writePacket(columns, row, { view, sample });
  if (packet.hasMac) {
    put48(columns[DST_MAC]!, row, { view, at: packet.macAt });
    put48(columns[SRC_MAC]!, row, { view, at: packet.macAt + 6 });
  }
  if (sample.nextHopBytes !== 0) putAddress(columns[NEXT_HOP]!, row, { view, at: sample.nextHopAt, bytes: sample.nextHopBytes });
  if (sample.srcMask >= 0) {
    put8(columns[SRC_MASK]!, row, sample.srcMask);
    present |= BIT.srcMask;
  }
  if (sample.dstMask >= 0) {
    put8(columns[DST_MASK]!, row, sample.dstMask);
    present |= BIT.dstMask;
  }
  put32(columns[SRC_AS]!, row, sample.srcAs);
  put32(columns[DST_AS]!, row, sample.dstAs);
  put16(columns[SRC_VLAN]!, row, sample.srcVlan === 0 ? packet.vlan : sample.srcVlan);
  put16(columns[DST_VLAN]!, row, sample.dstVlan);
  putLow64(columns[BYTES]!, row, ipBytes(sample));
  putLow64(columns[FRAME_BYTES]!, row, sample.frameBytes);
  putLow64(columns[PACKETS]!, row, 1);
  writeInterfaces(columns, row, sample);
  put32(columns[SAMPLING_RATE]!, row, sample.rate === 0 ? 1 : sample.rate);
  put8(columns[SAMPLING_SOURCE]!, row, RATE_FROM_RECORD);
  put32(columns[PRESENT]!, row, present);
  putTime(columns[TIME_START]!, row, context.receivedMs);
  putTime(columns[TIME_END]!, row, context.receivedMs);
  put8(columns[TIME_SOURCE]!, row, TIME_FROM_RECEIPT);
  batch.rows++;
}

/** Columns that all samples of a datagram share, for the rows since `row`; an operator's rate replaces that of the samples. */
export function writeSampleConstants(batch: FlowBatch, row: number, context: MessageContext): void {
  const chunk = { columns: batch.columns, row, n: batch.rows - row };
  writeConstants(chunk, context, { templateId: 0, ipVersion: 0, present: 0, flows: 1 });
  if (context.interfaceOverrides) writeInterfaceOverrides(chunk, context.interfaceOverrides, context.exporter);
}

const IP_VERSION = columnIndex("ip_version");

interface SampledPacket {
  readonly view: DataView;
  readonly sample: FlowSample;
}

/** @returns bits of `present` */
function writePacket(columns: readonly Column[], row: number, { view, sample: { packet } }: SampledPacket): number {
  const bytes = packet.ipVersion === 4 ? 4 : 16;
  let present = BIT.tos;
  put8(columns[IP_VERSION]!, row, packet.ipVersion);
  putAddress(columns[SRC_ADDR]!, row, { view, at: packet.srcAt, bytes });
  putAddress(columns[DST_ADDR]!, row, { view, at: packet.dstAt, bytes });
  put8(columns[TOS]!, row, packet.tos);
  put8(columns[TTL_MIN]!, row, packet.ttl);
  put8(columns[TTL_MAX]!, row, packet.ttl);
  if (packet.proto >= 0) {
    put8(columns[PROTO]!, row, packet.proto);
    present |= BIT.proto;
  }
  if (packet.hasPorts) {
    put16(columns[SRC_PORT]!, row, packet.srcPort);
    put16(columns[DST_PORT]!, row, packet.dstPort);
    present |= PORT_BITS;
  }
  if (packet.tcpFlags >= 0) {
    put16(columns[TCP_FLAGS]!, row, packet.tcpFlags);
    present |= BIT.tcpFlags;
  }
  if (packet.icmpType >= 0) {
    put8(columns[ICMP_TYPE]!, row, packet.icmpType);
    put8(columns[ICMP_CODE]!, row, packet.icmpCode);
    present |= ICMP_BITS;
  }
  return present;
}

/** IP total length; where the packet does not say, what the frame leaves for it; the frame itself when it is not IP. */
function ipBytes({ packet, frameBytes, strippedBytes }: FlowSample): number {
  if (packet.ipVersion === 0) return frameBytes;
  return packet.ipBytes !== 0 ? packet.ipBytes : Math.max(frameBytes - strippedBytes - packet.linkBytes, 0);
}

function writeInterfaces(columns: readonly Column[], row: number, sample: FlowSample): void {
  put32(columns[IN_IF]!, row, interfaceIndex(sample.inputFormat, sample.inputValue));
  put32(columns[OUT_IF]!, row, interfaceIndex(sample.outputFormat, sample.outputValue));
  if (sample.outputFormat === FORMAT_DROPPED) put8(columns[FORWARDING]!, row, FORWARDING_OF_REASON[sample.outputValue] ?? DROPPED);
}

function interfaceIndex(format: number, value: number): number {
  return format === FORMAT_INDEX && value !== INTERNAL_COMPACT && value !== INTERNAL_EXPANDED ? value : 0;
}

function put8(column: Column, row: number, value: number): void {
  column.u8[row] = value;
  column.touched = true;
}

function put16(column: Column, row: number, value: number): void {
  if (value === 0) return;
  column.u16[row] = value;
  column.touched = true;
}

function put32(column: Column, row: number, value: number): void {
  if (value === 0) return;
  column.u32[row] = value;
  column.touched = true;
}

function putLow64(column: Column, row: number, value: number): void {
  if (value === 0) return;
  column.u32[row * 2] = value;
  column.touched = true;
}

function putTime(column: Column, row: number, ms: number): void {
  column.u32[row * 2] = ms >>> 0;
  column.u32[row * 2 + 1] = ms / 0x1_0000_0000;
  column.touched = true;
}

function put48(column: Column, row: number, { view, at }: { readonly view: DataView; readonly at: number }): void {
  column.u32[row * 2] = view.getUint32(at + 2);
  column.u32[row * 2 + 1] = view.getUint16(at);
  column.touched = true;
}

function putAddress(
  column: Column,
  row: number,
  { view, at, bytes }: { readonly view: DataView; readonly at: number; readonly bytes: number },
): void {
  const to = row * 4;
  const { u32 } = column;
  column.touched = true;
  if (bytes === 4) {
    u32[to + 2] = MAPPED_IPV4_WORD;
    u32[to + 3] = view.getUint32(at, true);
  } else {
    u32[to] = view.getUint32(at, true);
    u32[to + 1] = view.getUint32(at + 4, true);
    u32[to + 2] = view.getUint32(at + 8, true);
    u32[to + 3] = view.getUint32(at + 12, true);
  }
}
