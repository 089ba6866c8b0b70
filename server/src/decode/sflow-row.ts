/** Writes one sampled packet as one row: packets = 1, bytes = IP total length, the sampling rate beside them. */
import { presentMask } from "@sillage/model";
import { columnIndex, type Column, type FlowBatch } from "../flow/index.ts";
import { fill16, fill32, fill64, fill8, putIpv4, putIpv6 } from "./fill-columns.ts";
import { writeConstants, type MessageContext } from "./message-context.ts";
import { writeLabels, writePacket } from "./packet-row.ts";
import { RATE_FROM } from "./rate-source.ts";
import { writeInterfaceOverrides } from "./record-sampling.ts";
import type { FlowSample } from "./sflow-sample.ts";

const [NEXT_HOP, BYTES, PACKETS, FRAME_BYTES] = [
  columnIndex("next_hop"),
  columnIndex("bytes"),
  columnIndex("packets"),
  columnIndex("frame_bytes"),
];
const [TIME_START, TIME_END, TIME_SOURCE] = [columnIndex("time_start"), columnIndex("time_end"), columnIndex("time_source")];
const [IN_IF, OUT_IF, SRC_AS, DST_AS] = [columnIndex("in_if"), columnIndex("out_if"), columnIndex("src_as"), columnIndex("dst_as")];
const [SAMPLING_RATE, SAMPLING_SOURCE, PRESENT] = [columnIndex("sampling_rate"), columnIndex("sampling_source"), columnIndex("present")];
const [SRC_VLAN, DST_VLAN, SRC_MASK, DST_MASK, FORWARDING] = [
  columnIndex("src_vlan"),
  columnIndex("dst_vlan"),
  columnIndex("src_mask"),
  columnIndex("dst_mask"),
  columnIndex("forwarding_status"),
];

const BIT = { srcMask: presentMask("src_mask"), dstMask: presentMask("dst_mask") } as const;

/** TIME_SOURCES: received. */
const TIME_FROM_RECEIPT = 5;

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
  // The switch's own word for the VLAN goes before the tag it saw.
  fill16(columns[SRC_VLAN]!, row, sample.srcVlan);
  let present = writePacket(columns, row, view, packet);
  writeLabels(batch, row, packet.link);
  if (sample.nextHopBytes !== 0) (sample.nextHopBytes === 4 ? putIpv4 : putIpv6)(columns[NEXT_HOP]!, row, view, sample.nextHopAt);
  if (sample.srcMask >= 0) {
    fill8(columns[SRC_MASK]!, row, sample.srcMask);
    present |= BIT.srcMask;
  }
  if (sample.dstMask >= 0) {
    fill8(columns[DST_MASK]!, row, sample.dstMask);
    present |= BIT.dstMask;
  }
  fill32(columns[SRC_AS]!, row, sample.srcAs);
  fill32(columns[DST_AS]!, row, sample.dstAs);
  fill16(columns[DST_VLAN]!, row, sample.dstVlan);
  fill64(columns[BYTES]!, row, ipBytes(sample));
  fill64(columns[FRAME_BYTES]!, row, sample.frameBytes);
  fill64(columns[PACKETS]!, row, 1);
  writeInterfaces(columns, row, sample);
  fill32(columns[SAMPLING_RATE]!, row, sample.rate === 0 ? 1 : sample.rate);
  fill8(columns[SAMPLING_SOURCE]!, row, RATE_FROM.record);
  fill32(columns[PRESENT]!, row, present);
  putTime(columns[TIME_START]!, row, context.receivedMs);
  putTime(columns[TIME_END]!, row, context.receivedMs);
  fill8(columns[TIME_SOURCE]!, row, TIME_FROM_RECEIPT);
  batch.rows++;
}

/** Columns that all samples of a datagram share, for the rows since `row`; an operator's rate replaces that of the samples. */
export function writeSampleConstants(batch: FlowBatch, row: number, context: MessageContext): void {
  const chunk = { columns: batch.columns, row, n: batch.rows - row };
  writeConstants(batch, chunk, context, { templateId: 0, ipVersion: 0, present: 0, flows: 1 });
  if (context.interfaceOverrides) writeInterfaceOverrides(chunk, context.interfaceOverrides, context.exporter);
}

/** IP total length; where the packet does not say, what the frame leaves for it; the frame itself when it is not IP. */
function ipBytes({ packet, frameBytes, strippedBytes }: FlowSample): number {
  if (packet.ip.version === 0) return frameBytes;
  return packet.ip.bytes !== 0 ? packet.ip.bytes : Math.max(frameBytes - strippedBytes - packet.linkBytes, 0);
}

function writeInterfaces(columns: readonly Column[], row: number, sample: FlowSample): void {
  fill32(columns[IN_IF]!, row, interfaceIndex(sample.inputFormat, sample.inputValue));
  fill32(columns[OUT_IF]!, row, interfaceIndex(sample.outputFormat, sample.outputValue));
  if (sample.outputFormat === FORMAT_DROPPED) fill8(columns[FORWARDING]!, row, FORWARDING_OF_REASON[sample.outputValue] ?? DROPPED);
}

function interfaceIndex(format: number, value: number): number {
  return format === FORMAT_INDEX && value !== INTERNAL_COMPACT && value !== INTERNAL_EXPANDED ? value : 0;
}

function putTime(column: Column, row: number, ms: number): void {
  column.u32[row * 2] = ms >>> 0;
  column.u32[row * 2 + 1] = ms / 0x1_0000_0000;
  column.touched = true;
}
