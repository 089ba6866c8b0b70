/**
 * The sampling rate a record carries itself: samplingInterval (34), samplerRandomInterval (50), or so many packets taken (305) and so many
 * left out (306). Huawei and H3C send it so. A rate that options announce for a sampler, an interface or the whole session belongs into
 * `MessageContext.samplingRate`, which every row starts with; what the record says then wins.
 */
import { columnIndex } from "../flow/index.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { SamplingOverrides } from "./contract.ts";
import type { FindField, PlacedField } from "./layout.ts";
import type { MessageContext } from "./message-context.ts";

export const SAMPLING_ELEMENTS: readonly number[] = [34, 50, 305, 306];

/** Numbers of SAMPLING_SOURCES. */
export const RATE_FROM_OPERATOR = 1;
const RATE_FROM_RECORD = 2;
const RATE = columnIndex("sampling_rate");
const SOURCE = columnIndex("sampling_source");
const IN_IF = columnIndex("in_if");

export interface SamplingPlan {
  /** 1 in N, in order of preference. */
  readonly intervals: readonly PlacedField[];
  readonly taken: PlacedField | undefined;
  readonly leftOut: PlacedField | undefined;
}

export function compileSampling(find: FindField): SamplingPlan | undefined {
  const intervals = [find(34), find(50)].filter((place) => place !== undefined);
  const [taken, leftOut] = [find(305), find(306)];
  if (intervals.length === 0 && !(taken && leftOut)) return undefined;
  return { intervals, taken, leftOut };
}

/** Writes the rates that differ from record to record over the one that all of the message have. */
export function writeSampling(plan: SamplingPlan | undefined, chunk: Chunk, context: MessageContext): void {
  if (plan && context.samplingSource !== RATE_FROM_OPERATOR) writeRecordRates(plan, chunk);
  if (context.interfaceOverrides) writeInterfaceOverrides(chunk, context.interfaceOverrides, context.exporter);
}

/** The operator's rate of the interface each flow came in by. */
export function writeInterfaceOverrides(
  { columns, row, n }: Pick<Chunk, "columns" | "row" | "n">,
  overrides: SamplingOverrides,
  exporter: Uint32Array,
): void {
  const [rate, source, inIf] = [columns[RATE]!, columns[SOURCE]!, columns[IN_IF]!.u32];
  rate.touched = source.touched = true;
  let last = -1;
  let ordered = 0;
  for (let i = row; i < row + n; i++) {
    if (inIf[i] !== last) ordered = overrides.rateOf(exporter, (last = inIf[i]!));
    if (ordered === 0) continue;
    rate.u32[i] = ordered;
    source.u8[i] = RATE_FROM_OPERATOR;
  }
}

function writeRecordRates(plan: SamplingPlan, chunk: Chunk): void {
  const rate = chunk.columns[RATE]!;
  const source = chunk.columns[SOURCE]!;
  rate.touched = source.touched = true;
  for (let i = 0; i < chunk.n; i++) {
    const value = recordRate(plan, chunk, i);
    if (value === 0) continue;
    rate.u32[chunk.row + i] = value;
    source.u8[chunk.row + i] = RATE_FROM_RECORD;
  }
}

/** 1 in how many; 0 when the record does not say. */
function recordRate({ intervals, taken, leftOut }: SamplingPlan, chunk: Chunk, i: number): number {
  for (const place of intervals) {
    const value = read(place, chunk, i);
    if (value !== 0) return value;
  }
  if (!taken || !leftOut) return 0;
  const packets = read(taken, chunk, i);
  return packets === 0 ? 0 : Math.min(Math.round((packets + read(leftOut, chunk, i)) / packets), 0xffff_ffff);
}

function read(place: PlacedField, chunk: Chunk, i: number): number {
  const length = fieldLength(place, chunk, i);
  return length === 0 || length > 8 ? 0 : readLow(chunk.view, fieldStart(place, chunk, i), length) >>> 0;
}
