/**
 * The sampling rate a record carries itself: samplingInterval (34), samplerRandomInterval (50), or so many packets taken (305) and so many
 * left out (306). Huawei and H3C send it so. A rate that options announce for a sampler, an interface or the whole session belongs into
 * `MessageContext.samplingRate`, which every row starts with; what the record says then wins.
 */
import { columnIndex } from "../flow/index.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { FindField, PlacedField } from "./layout.ts";

export const SAMPLING_ELEMENTS: readonly number[] = [34, 50, 305, 306];

/** SAMPLING_SOURCES: record. */
const SOURCE_RECORD = 2;
const RATE = columnIndex("sampling_rate");
const SOURCE = columnIndex("sampling_source");

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

export function writeSampling(plan: SamplingPlan, chunk: Chunk): void {
  const rate = chunk.columns[RATE]!;
  const source = chunk.columns[SOURCE]!;
  rate.touched = source.touched = true;
  for (let i = 0; i < chunk.n; i++) {
    const value = recordRate(plan, chunk, i);
    if (value === 0) continue;
    rate.u32[chunk.row + i] = value;
    source.u8[chunk.row + i] = SOURCE_RECORD;
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
