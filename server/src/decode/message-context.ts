/** What all records of one message have in common, and the columns that say so. */
import { columnIndex } from "../flow/index.ts";
import type { Chunk } from "./column-loops.ts";

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

/** Writes the columns that are equal in all rows of the chunk. Zeros are not written: an untouched value is zero. */
export function writeConstants(chunk: Pick<Chunk, "columns" | "row" | "n">, context: MessageContext, constants: RowConstants): void {
  const { columns, row, n } = chunk;
  const end = row + n;
  fillTime(columns[TIME_RECEIVED]!.u32, row, end, context.receivedMs);
  columns[TIME_RECEIVED]!.touched = true;
  if (context.exportMs !== 0) {
    fillTime(columns[TIME_EXPORT]!.u32, row, end, context.exportMs);
    columns[TIME_EXPORT]!.touched = true;
  }
  fillAddress(columns[EXPORTER]!.u32, row, end, context.exporter);
  fillAddress(columns[EXPORTER_SOURCE]!.u32, row, end, context.source);
  columns[EXPORTER]!.touched = columns[EXPORTER_SOURCE]!.touched = true;
  fill(chunk, EXPORTER_PORT, context.sourcePort);
  fill(chunk, FLOW_TYPE, context.flowType);
  fill(chunk, OBS_DOMAIN, context.obsDomain);
  fill(chunk, TEMPLATE_ID, constants.templateId);
  fill(chunk, IP_VERSION, constants.ipVersion);
  fill(chunk, SAMPLING_RATE, context.samplingRate);
  fill(chunk, SAMPLING_SOURCE, context.samplingSource);
  fill(chunk, PRESENT, constants.present);
  fill(chunk, FLOWS, constants.flows);
}

function fill({ columns, row, n }: Pick<Chunk, "columns" | "row" | "n">, at: number, value: number): void {
  if (value === 0) return;
  const column = columns[at]!;
  column.touched = true;
  switch (column.width) {
    case 1:
      column.u8.fill(value, row, row + n);
      break;
    case 2:
      column.u16.fill(value, row, row + n);
      break;
    case 4:
      column.u32.fill(value, row, row + n);
      break;
    default:
      for (let i = row; i < row + n; i++) column.u32[i * 2] = value;
  }
}

function fillTime(out: Uint32Array, row: number, end: number, ms: number): void {
  const low = ms >>> 0;
  const high = Math.floor(ms / 0x1_0000_0000);
  for (let i = row * 2; i < end * 2; i += 2) {
    out[i] = low;
    out[i + 1] = high;
  }
}

function fillAddress(out: Uint32Array, row: number, end: number, words: Uint32Array): void {
  const [a, b, c, d] = [words[0]!, words[1]!, words[2]!, words[3]!];
  for (let i = row * 4; i < end * 4; i += 4) {
    out[i] = a;
    out[i + 1] = b;
    out[i + 2] = c;
    out[i + 3] = d;
  }
}
