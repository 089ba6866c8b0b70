/** Writes one packet as one row: packets = 1, bytes = IP total length, the sampling rate beside them; or dropped_packets = 1 and no traffic. */
import { columnIndex, type Column, type FlowBatch } from "../flow/index.ts";
import { fill32, fill64, fill8 } from "./fill-columns.ts";
import { writeConstants, type MessageContext } from "./message-context.ts";
import { writePacket, writePacketLabels } from "./packet-row.ts";
import { RATE_FROM } from "./rate-source.ts";
import { writeInterfaceOverrides } from "./record-sampling.ts";
import { writeExtensions } from "./sflow-extensions.ts";
import type { FlowSample } from "./sflow-sample.ts";

const [BYTES, PACKETS, FRAME_BYTES] = [columnIndex("bytes"), columnIndex("packets"), columnIndex("frame_bytes")];
const [TIME_START, TIME_END, TIME_SOURCE] = [columnIndex("time_start"), columnIndex("time_end"), columnIndex("time_source")];
const [IN_IF, OUT_IF, FORWARDING] = [columnIndex("in_if"), columnIndex("out_if"), columnIndex("forwarding_status")];
const [DROPPED_BYTES, DROPPED_PACKETS] = [columnIndex("dropped_bytes"), columnIndex("dropped_packets")];
const [SAMPLING_RATE, SAMPLING_SOURCE, PRESENT] = [columnIndex("sampling_rate"), columnIndex("sampling_source"), columnIndex("present")];

/** TIME_SOURCES: received. */
const TIME_FROM_RECEIPT = 5;

/** Interface formats: 0 ifIndex, 1 dropped for a reason, 2 that many interfaces. */
const FORMAT_INDEX = 0;
const FORMAT_DROPPED = 1;
/** ifIndex of an interface inside the device, in 30 bits (compact samples) and 32 (expanded). */
const INTERNAL_COMPACT = 0x3fff_ffff;
const INTERNAL_EXPANDED = 0xffff_ffff;

/**
 * sFlow's reasons to drop a packet as IANA forwardingStatus; what has no equal there is 128, dropped for an unknown reason. Up to 15 they are
 * the codes of ICMP destination unreachable.
 */
const FORWARDING_OF_REASON: Readonly<Record<number, number>> = {
  0: 131, // no route: unroutable
  1: 131,
  4: 133, // fragmentation needed
  6: 131,
  7: 131,
  9: 129, // prohibited: ACL deny
  10: 129,
  13: 129,
  257: 137, // TTL
  258: 129, // ACL
  260: 139, // RED
  261: 138, // traffic shaping: policer
  262: 133, // too big
  269: 131, // blackhole route
  275: 136, // bad header
  279: 132, // neighbour unresolved: adjacency
  280: 140, // reverse path
  281: 131,
};
const DROPPED = 128;

/** A packet that went on: one row with its bytes. The batch must have room for it. */
export function writeSample(batch: FlowBatch, view: DataView, sample: FlowSample, context: MessageContext): void {
  const { columns, rows: row } = batch;
  fill64(columns[BYTES]!, row, sample.packet.ipBytes(sample.frameBytes, sample.strippedBytes));
  fill64(columns[FRAME_BYTES]!, row, sample.frameBytes);
  fill64(columns[PACKETS]!, row, 1);
  fill32(columns[SAMPLING_RATE]!, row, sample.rate === 0 ? 1 : sample.rate);
  fill8(columns[SAMPLING_SOURCE]!, row, RATE_FROM.record);
  if (sample.outputFormat === FORMAT_DROPPED) fill8(columns[FORWARDING]!, row, FORWARDING_OF_REASON[sample.outputValue] ?? DROPPED);
  writeRow(batch, view, sample, context);
}

/**
 * A packet that went nowhere: a row that counts as no flow, no packet and no byte, so that no sum of traffic has it. Discards are reported
 * as they happen, up to a limit: they stand for themselves, at no rate.
 */
export function writeDiscard(batch: FlowBatch, view: DataView, sample: FlowSample, context: MessageContext): void {
  const { columns, rows: row } = batch;
  fill64(columns[DROPPED_BYTES]!, row, sample.packet.ipBytes(sample.frameBytes, sample.strippedBytes));
  fill64(columns[DROPPED_PACKETS]!, row, 1);
  fill8(columns[FORWARDING]!, row, FORWARDING_OF_REASON[sample.dropReason] ?? DROPPED);
  writeRow(batch, view, sample, context);
  const unsampled = { ...context, samplingRate: 0, samplingSource: 0 };
  writeConstants(batch, { row, n: 1 }, unsampled, { templateId: 0, ipVersion: 0, present: 0, flows: 0 });
}

/** Columns that all samples of a datagram share, for the rows since `row`; an operator's rate replaces that of the samples. */
export function writeSampleConstants(batch: FlowBatch, row: number, context: MessageContext): void {
  const chunk = { columns: batch.columns, row, n: batch.rows - row };
  writeConstants(batch, chunk, context, { templateId: 0, ipVersion: 0, present: 0, flows: 1 });
  if (context.interfaceOverrides) writeInterfaceOverrides(chunk, context.interfaceOverrides, context.exporter);
}

function writeRow(batch: FlowBatch, view: DataView, sample: FlowSample, context: MessageContext): void {
  const { columns, rows: row } = batch;
  let present = sample.isExtended ? writeExtensions(batch, row, view, sample) : 0;
  present |= writePacket(columns, row, view, sample.packet);
  if (sample.packet.link.labelCount > 0) writePacketLabels(batch, row, sample.packet.link);
  fill32(columns[PRESENT]!, row, present);
  fill32(columns[IN_IF]!, row, interfaceIndex(sample.inputFormat, sample.inputValue));
  fill32(columns[OUT_IF]!, row, interfaceIndex(sample.outputFormat, sample.outputValue));
  putTime(columns[TIME_START]!, row, context.receivedMs);
  putTime(columns[TIME_END]!, row, context.receivedMs);
  fill8(columns[TIME_SOURCE]!, row, TIME_FROM_RECEIPT);
  batch.rows++;
}

function interfaceIndex(format: number, value: number): number {
  return format === FORMAT_INDEX && value !== INTERNAL_COMPACT && value !== INTERNAL_EXPANDED ? value : 0;
}

function putTime(column: Column, row: number, ms: number): void {
  column.u32[row * 2] = ms >>> 0;
  column.u32[row * 2 + 1] = ms / 0x1_0000_0000;
  column.touched = true;
}
