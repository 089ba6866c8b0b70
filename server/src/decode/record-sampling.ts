/**
 * Sampling rates that differ from record to record, written over the one that all of a set have. From the weakest word to the strongest:
 * the rate of the record's interface (unless its template has one), of the sampler it names, the rate it carries itself (34, 50, 305 and
 * 306 …: Huawei, H3C, MikroTik), the operator's rate of its interface. Most templates and exporters have none of these and cost nothing.
 */
import { columnIndex } from "../flow/index.ts";
import type { Chunk } from "./column-loops.ts";
import type { SamplingOverrides } from "./contract.ts";
import { readNumber } from "./field-value.ts";
import type { FindField, PlacedField } from "./layout.ts";
import type { MessageContext } from "./message-context.ts";
import { RATE_FROM } from "./rate-source.ts";
import { findRateFields, RATE_ELEMENTS, readRate, type RateFields } from "./sampling-rate.ts";
import type { ToldNumbers } from "./told-numbers.ts";

/** Samplers of NetFlow v9, selectors of IPFIX. */
const SAMPLERS = [48, 302];

export const SAMPLING_ELEMENTS: readonly number[] = [...RATE_ELEMENTS, ...SAMPLERS];

const RATE = columnIndex("sampling_rate");
const SOURCE = columnIndex("sampling_source");
const IN_IF = columnIndex("in_if");
const OUT_IF = columnIndex("out_if");

export interface SamplingPlan {
  readonly rate: RateFields | undefined;
  readonly sampler: PlacedField | undefined;
}

export function compileSampling(find: FindField): SamplingPlan | undefined {
  const rate = findRateFields(find);
  const [sampler] = SAMPLERS.map(find).filter((place) => place !== undefined);
  return rate || sampler ? { rate, sampler } : undefined;
}

/** Writes the rates of a chunk whose other columns are complete. */
export function writeSampling(plan: SamplingPlan | undefined, chunk: Chunk, context: MessageContext): void {
  const { told, samplingSource, interfaceOverrides } = context;
  if (samplingSource !== RATE_FROM.operator) {
    if (told?.hasInterfaces === true && samplingSource !== RATE_FROM.template) writeInterfaceRates(chunk, told);
    if (told && plan?.sampler) writeSamplerRates(plan.sampler, chunk, told);
    if (plan?.rate) writeRecordRates(plan.rate, chunk);
  }
  if (interfaceOverrides) writeInterfaceOverrides(chunk, interfaceOverrides, context.exporter);
}

type Rows = Pick<Chunk, "columns" | "row" | "n">;

/** The operator's rate of the interface each flow came in by. */
export function writeInterfaceOverrides({ columns, row, n }: Rows, overrides: SamplingOverrides, exporter: Uint32Array): void {
  const write = rateWriter(columns);
  const inIf = columns[IN_IF]!.u32;
  let last = -1;
  let ordered = 0;
  for (let i = row; i < row + n; i++) {
    if (inIf[i] !== last) ordered = overrides.rateOf(exporter, (last = inIf[i]!));
    if (ordered !== 0) write(i, ordered, RATE_FROM.operator);
  }
}

/** Of the interface by which a flow came in, else of the one by which it left. */
function writeInterfaceRates({ columns, row, n }: Rows, told: ToldNumbers): void {
  const write = rateWriter(columns);
  const [inIf, outIf] = [columns[IN_IF]!.u32, columns[OUT_IF]!.u32];
  for (let i = row; i < row + n; i++) {
    told.findInterface(inIf[i]!);
    if (told.rate === 0) told.findInterface(outIf[i]!);
    if (told.rate !== 0) write(i, told.rate, told.source);
  }
}

function writeSamplerRates(sampler: PlacedField, chunk: Chunk, told: ToldNumbers): void {
  const write = rateWriter(chunk.columns);
  let last = -1;
  for (let i = 0; i < chunk.n; i++) {
    const id = readNumber(sampler, chunk, i) % 0x1_0000_0000;
    if (id !== last) told.findSampler((last = id));
    if (told.rate !== 0) write(chunk.row + i, told.rate, told.source);
  }
}

function writeRecordRates(fields: RateFields, chunk: Chunk): void {
  const write = rateWriter(chunk.columns);
  const { u32 } = chunk.columns[RATE]!;
  for (let i = 0; i < chunk.n; i++) {
    const rate = readRate(fields, chunk, i);
    if (rate === 0 || (rate === 1 && fields.isWeak && u32[chunk.row + i] !== 0)) continue;
    write(chunk.row + i, rate, RATE_FROM.record);
  }
}

function rateWriter(columns: Chunk["columns"]): (row: number, rate: number, source: number) => void {
  const [rate, source] = [columns[RATE]!, columns[SOURCE]!];
  rate.touched = source.touched = true;
  return (row, value, from) => {
    rate.u32[row] = value;
    source.u8[row] = from;
  };
}
