/** What all records of one message have in common, and the columns that say so. */
import { columnIndex, type Column } from "../flow/index.ts";
import type { Chunk } from "./column-loops.ts";
import type { SamplingOverrides } from "./contract.ts";

export interface MessageContext {
  /** Number in FLOW_TYPES. */
  readonly flowType: number;
  readonly obsDomain: number;
  readonly receivedMs: number;
  /** Exporter's clock at export, epoch ms; 0 where the protocol has none. */
  readonly exportMs: number;
  /** Milliseconds since the exporter booted, at export, modulo 2^32; NaN when unknown. */
  readonly uptimeMs: number;
  /** 16-byte addresses as four words in memory order. */
  readonly exporter: Uint32Array;
  readonly source: Uint32Array;
  readonly sourcePort: number;
  /** 1 in N as far as known without looking into the record; 0 unknown. Rates learnt from options belong here. */
  readonly samplingRate: number;
  /** Number in SAMPLING_SOURCES. */
  readonly samplingSource: number;
  /** The operator's rates, where they differ between the interfaces of this exporter: each record must be asked for. */
  readonly interfaceOverrides: SamplingOverrides | undefined;
}

const TIME_RECEIVED = columnIndex("time_received");
const TIME_EXPORT = columnIndex("time_export");
const EXPORTER = columnIndex("exporter");
const EXPORTER_SOURCE = columnIndex("exporter_source");
const EXPORTER_PORT = columnIndex("exporter_port");
const FLOW_TYPE = columnIndex("flow_type");
const OBS_DOMAIN = columnIndex("obs_domain");
const TEMPLATE_ID = columnIndex("template_id");
const FLOWS = columnIndex("flows");
const IP_VERSION = columnIndex("ip_version");
const SAMPLING_RATE = columnIndex("sampling_rate");
const SAMPLING_SOURCE = columnIndex("sampling_source");
const PRESENT = columnIndex("present");

export interface RowConstants {
  readonly templateId: number;
  readonly ipVersion: number;
  readonly present: number;
  /** Flows each row stands for; 0 when the records say it themselves. */
  readonly flows: 0 | 1;
}

/** Writes the columns that are equal in all rows of the chunk. Zeros need no writing: what was not touched is zero. */
export function writeConstants(chunk: Pick<Chunk, "columns" | "row" | "n">, context: MessageContext, constants: RowConstants): void {
  const { columns, row, n } = chunk;
  const end = row + n;
  writeTimes(columns, row, { end, context });
  writeExporter(columns, row, { end, context });
  const [flowType, ipVersion, templateId] = [columns[FLOW_TYPE]!, columns[IP_VERSION]!, columns[TEMPLATE_ID]!];
  const [samplingRate, samplingSource] = [columns[SAMPLING_RATE]!, columns[SAMPLING_SOURCE]!];
  const [present, flows] = [columns[PRESENT]!, columns[FLOWS]!];
  flowType.touched = true;
  for (let i = row; i < end; i++) flowType.u8[i] = context.flowType;
  if (constants.ipVersion !== 0) {
    ipVersion.touched = true;
    for (let i = row; i < end; i++) ipVersion.u8[i] = constants.ipVersion;
  }
  if (constants.templateId !== 0) {
    templateId.touched = true;
    for (let i = row; i < end; i++) templateId.u16[i] = constants.templateId;
  }
  if (context.samplingRate !== 0) {
    samplingRate.touched = samplingSource.touched = true;
    for (let i = row; i < end; i++) samplingRate.u32[i] = context.samplingRate;
    for (let i = row; i < end; i++) samplingSource.u8[i] = context.samplingSource;
  }
  if (constants.present !== 0) {
    present.touched = true;
    for (let i = row; i < end; i++) present.u32[i] = constants.present;
  }
  if (constants.flows !== 0) {
    flows.touched = true;
    for (let i = row; i < end; i++) flows.u32[i * 2] = 1;
  }
}

interface RowRange {
  readonly end: number;
  readonly context: MessageContext;
}

function writeTimes(columns: readonly Column[], row: number, { end, context }: RowRange): void {
  const received = columns[TIME_RECEIVED]!;
  received.touched = true;
  fillTime(received.u32, row, { end, ms: context.receivedMs });
  if (context.exportMs === 0) return;
  const exported = columns[TIME_EXPORT]!;
  exported.touched = true;
  fillTime(exported.u32, row, { end, ms: context.exportMs });
}

function fillTime(out: Uint32Array, row: number, { end, ms }: { readonly end: number; readonly ms: number }): void {
  const low = ms >>> 0;
  const high = Math.floor(ms / 0x1_0000_0000);
  for (let i = row * 2; i < end * 2; i += 2) {
    out[i] = low;
    out[i + 1] = high;
  }
}

function writeExporter(columns: readonly Column[], row: number, { end, context }: RowRange): void {
  fillAddress(columns[EXPORTER]!, row, { end, words: context.exporter });
  fillAddress(columns[EXPORTER_SOURCE]!, row, { end, words: context.source });
  const [port, domain] = [columns[EXPORTER_PORT]!, columns[OBS_DOMAIN]!];
  if (context.sourcePort !== 0) {
    port.touched = true;
    for (let i = row; i < end; i++) port.u16[i] = context.sourcePort;
  }
  if (context.obsDomain === 0) return;
  domain.touched = true;
  for (let i = row; i < end; i++) domain.u32[i] = context.obsDomain;
}

function fillAddress(column: Column, row: number, { end, words }: { readonly end: number; readonly words: Uint32Array }): void {
  const { u32 } = column;
  const a = words[0]!;
  const b = words[1]!;
  const c = words[2]!;
  const d = words[3]!;
  column.touched = true;
  for (let i = row * 4; i < end * 4; i += 4) {
    u32[i] = a;
    u32[i + 1] = b;
    u32[i + 2] = c;
    u32[i + 3] = d;
  }
}
