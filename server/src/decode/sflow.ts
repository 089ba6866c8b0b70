/**
 * sFlow version 5 datagrams: everything is a multiple of four bytes, samples and records carry their own length.
 *
 *   datagram  version u32, agent address, sub-agent u32, sequence u32, uptime u32 ms, samples u32, sample*
 *   sample    tag u32 (enterprise 20 bits, format 12 bits), length u32, body
 *   flow      sequence, source id, rate, pool, drops, input, output, records u32, record*          (expanded: ids and interfaces in two words)
 *   discard   sequence, source id in two words, drops, input, output, reason, records u32, record*
 *   record    tag u32, length u32, body
 *
 * The length of a sample is trusted for stepping over it, the length of a record inside it; a sample that cannot hold its own fields costs
 * itself. Sources: sFlow version 5 (sflow.org, July 2004), sFlow Dropped Packet Notification Structures (2020).
 */
import type { FlowSink } from "./contract.ts";
import type { FactTable } from "./fact-table.ts";
import type { MessageContext } from "./message-context.ts";
import type { Session } from "./session.ts";
import { readCounters, type CountersContext } from "./sflow-counters.ts";
import { writeDiscard, writeSample, writeSampleConstants } from "./sflow-row.ts";
import { FlowSample } from "./sflow-sample.ts";
import { skipAddress } from "./sflow-xdr.ts";

const SAMPLE = { flow: 1, counters: 2, expandedFlow: 3, expandedCounters: 4, discarded: 5 } as const;
/** Tag and length. */
const SAMPLE_HEADER_BYTES = 8;
const FLOW_HEAD_BYTES = 32;
const EXPANDED_FLOW_HEAD_BYTES = 44;
const DISCARD_HEAD_BYTES = 32;
/** Interface words of compact samples: format in the top two bits. */
const INTERFACE_VALUE_MASK = 0x3fff_ffff;

export interface SflowHeader {
  /** Bytes of the agent address: 4, 16, or 0 when the agent does not know it. */
  readonly agentBytes: number;
  readonly agentAt: number;
  readonly subAgent: number;
  readonly sequence: number;
  readonly uptimeMs: number;
  readonly samples: number;
  /** First sample. */
  readonly at: number;
}

/** undefined: cut off, or an address of unknown type. */
export function readSflowHeader(view: DataView): SflowHeader | undefined {
  const end = view.byteLength;
  const at = skipAddress(view, 4, end);
  if (at < 0 || end - at < 16) return undefined;
  return {
    agentAt: 8,
    agentBytes: at - 8,
    subAgent: view.getUint32(at),
    sequence: view.getUint32(at + 4),
    uptimeMs: view.getUint32(at + 8),
    samples: view.getUint32(at + 12),
    at: at + 16,
  };
}

export interface SflowMessage {
  readonly session: Session;
  readonly view: DataView;
  readonly header: SflowHeader;
  readonly context: MessageContext;
  readonly sink: FlowSink;
  /** The datagram came before; its samples are decoded again, and not counted among those of their sources. */
  readonly isCopy: boolean;
  readonly facts: FactTable;
}

const sample = new FlowSample();

export function decodeSflow(message: SflowMessage): void {
  const { session, view, header, context, sink } = message;
  const end = view.byteLength;
  let { at } = header;
  session.decodedBytes += at;
  /** First row of this datagram that lacks its common columns. */
  let firstRow = sink.batch.rows;
  let countersContext: CountersContext | undefined;
  for (let i = 0; i < header.samples; i++) {
    if (end - at < SAMPLE_HEADER_BYTES) {
      session.drop("truncated_records", end - at, `sample ${i + 1} of ${header.samples} is not in the datagram`);
      at = end;
      break;
    }
    const tag = view.getUint32(at);
    const length = view.getUint32(at + 4);
    const bodyAt = at + SAMPLE_HEADER_BYTES;
    session.decodedBytes += SAMPLE_HEADER_BYTES;
    at = Math.min(bodyAt + length, end);
    if (length > end - bodyAt) session.drop("truncated_records", 0, `sample ${i + 1} of ${header.samples} is longer than the datagram`);
    if (tag === SAMPLE.flow || tag === SAMPLE.expandedFlow || tag === SAMPLE.discarded) {
      if (readSample(message, bodyAt, at, tag)) firstRow = storeSample(message, firstRow, at - bodyAt);
    } else if (tag === SAMPLE.counters || tag === SAMPLE.expandedCounters) {
      countersContext ??= countersOf(message);
      readCounterSample(countersContext, bodyAt, at, tag === SAMPLE.expandedCounters);
    } else {
      session.skip("other_samples", at - bodyAt);
      session.ignored.countStructure("sflow_sample", tag);
    }
  }
  writeSampleConstants(sink.batch, firstRow, context);
  if (at < end) session.skip("trailing_bytes", end - at, end - at);
}

/** Reads a sample of a packet into `sample`. @returns false when it cannot be one */
function readSample({ session, view, isCopy }: SflowMessage, at: number, end: number, tag: number): boolean {
  const headBytes = tag === SAMPLE.flow ? FLOW_HEAD_BYTES : tag === SAMPLE.discarded ? DISCARD_HEAD_BYTES : EXPANDED_FLOW_HEAD_BYTES;
  if (end - at < headBytes) {
    session.drop("bad_sample", end - at, `a sample of ${end - at} bytes cannot hold its ${headBytes} fixed bytes`);
    return false;
  }
  if (!isCopy && tag !== SAMPLE.discarded) session.samples?.observe(view, at, tag === SAMPLE.expandedFlow);
  sample.clear();
  if (tag === SAMPLE.flow) readCompactHead(view, at);
  else if (tag === SAMPLE.expandedFlow) readExpandedHead(view, at);
  else readDiscardHead(view, at);
  let next = at + headBytes;
  for (let left = view.getUint32(next - 4); left > 0 && end - next >= 8; left--) {
    const recordTag = view.getUint32(next);
    const recordAt = next + 8;
    next = Math.min(recordAt + view.getUint32(next + 4), end);
    if (!sample.addRecord(view, recordAt, next, recordTag)) session.ignored.countStructure("sflow_flow", recordTag);
  }
  sample.finish(view);
  return true;
}

/** Writes `sample` as a row. @returns first row that lacks its common columns */
function storeSample({ session, view, context, sink }: SflowMessage, firstRow: number, bytes: number): number {
  const { batch } = sink;
  let first = firstRow;
  session.dataRecords++;
  if (sample.isApplication) {
    session.skip("not_traffic", bytes);
    return first;
  }
  let { free } = batch;
  if (free === 0) {
    writeSampleConstants(batch, first, context);
    sink.flush();
    first = batch.rows;
    ({ free } = batch);
  }
  if (free === 0) {
    session.drop("sink_full", bytes);
    return first;
  }
  session.rows++;
  session.decodedBytes += bytes;
  if (sample.dropReason < 0) {
    writeSample(batch, view, sample, context);
    return first;
  }
  writeSampleConstants(batch, first, context);
  writeDiscard(batch, view, sample, context);
  return batch.rows;
}

/** sequence, source id, rate, pool, drops, input, output */
function readCompactHead(view: DataView, at: number): void {
  const input = view.getUint32(at + 20);
  const output = view.getUint32(at + 24);
  sample.rate = view.getUint32(at + 8);
  sample.inputFormat = input >>> 30;
  sample.inputValue = input & INTERFACE_VALUE_MASK;
  sample.outputFormat = output >>> 30;
  sample.outputValue = output & INTERFACE_VALUE_MASK;
}

/** sequence, source type, source index, rate, pool, drops, input format, input, output format, output */
function readExpandedHead(view: DataView, at: number): void {
  sample.rate = view.getUint32(at + 12);
  sample.inputFormat = view.getUint32(at + 24);
  sample.inputValue = view.getUint32(at + 28);
  sample.outputFormat = view.getUint32(at + 32);
  sample.outputValue = view.getUint32(at + 36);
}

/** sequence, source type, source index, drops (of such samples), input, output, reason */
function readDiscardHead(view: DataView, at: number): void {
  sample.inputFormat = sample.outputFormat = 0;
  sample.inputValue = view.getUint32(at + 16);
  sample.outputValue = view.getUint32(at + 20);
  sample.dropReason = view.getUint32(at + 24);
}

function countersOf({ session, view, context, header, sink, facts }: SflowMessage): CountersContext {
  const { receivedMs } = context;
  return {
    session,
    view,
    receivedMs,
    uptimeMs: header.uptimeMs,
    onCounters: (counters) => sink.counters?.(counters),
    onName: (ifIndex, name) => void facts.tell(session.device, { kind: "interface", key: ifIndex, name }, receivedMs),
  };
}

function readCounterSample(context: CountersContext, at: number, end: number, isExpanded: boolean): void {
  const { session } = context;
  if (readCounters(context, at, end, isExpanded)) {
    session.counterSamples++;
    session.decodedBytes += end - at;
  } else session.drop("bad_sample", end - at, `a counter sample of ${end - at} bytes cannot hold its fixed bytes`);
}
