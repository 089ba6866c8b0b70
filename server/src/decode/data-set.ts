/** Decodes the records of one data set into rows: index the records, then run the plan's loops over them, a chunk at a time. */
import { columnIndex, type FlowBatch } from "../flow/index.ts";
import { writeDualAddresses } from "./addresses.ts";
import { writeApplicationNames } from "./application-names.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { FlowSink } from "./contract.ts";
import { writeTimes } from "./flow-times.ts";
import { writeIcmp } from "./icmp.ts";
import { CHUNK_RECORDS, RecordIndex } from "./layout.ts";
import { writeConstants, type MessageContext } from "./message-context.ts";
import { COUNTER_NAMES, type Plan } from "./plan.ts";
import { writeSampling } from "./record-sampling.ts";
import { writeTexts } from "./text-columns.ts";

export interface DataSet {
  readonly view: DataView;
  /** First byte after the set header. */
  readonly at: number;
  readonly end: number;
  readonly templateId: number;
}

export interface DataSetResult {
  records: number;
  rows: number;
  clampedTimes: number;
  /** Bytes behind a record whose variable-length field left the set; 0 when all is well. */
  brokenBytes: number;
  /** Bytes behind the last record that are less than a record. */
  paddingBytes: number;
  /** Records that found no room because the sink did not empty its batch. */
  homeless: number;
  homelessBytes: number;
}

export interface DataSetOptions {
  readonly clampTimes: boolean;
  /** Where counter elements are added up, by IANA name; undefined: not wanted. */
  readonly sums: Map<string, bigint> | undefined;
}

const FLOWS = columnIndex("flows");

const index = new RecordIndex();

export function decodeDataSet(
  plan: Plan,
  set: DataSet,
  context: MessageContext,
  { sink, options }: { readonly sink: FlowSink; readonly options: DataSetOptions },
): DataSetResult {
  const result: DataSetResult = {
    records: 0,
    rows: 0,
    clampedTimes: 0,
    brokenBytes: 0,
    paddingBytes: 0,
    homeless: 0,
    homelessBytes: 0,
  };
  const { view, end } = set;
  let { at } = set;
  for (;;) {
    if (plan.describesTraffic && sink.batch.free === 0) sink.flush();
    const room = plan.describesTraffic ? Math.min(CHUNK_RECORDS, sink.batch.free) : CHUNK_RECORDS;
    const n = index.walk(plan.layout, view, { at, end, max: Math.max(room, 1) });
    if (n > 0 && room === 0) {
      result.homeless += n;
      result.homelessBytes += index.next - at;
    } else if (n > 0) {
      result.records += n;
      if (options.sums) addCounters(plan, view, n, options.sums);
      if (plan.describesTraffic) {
        result.rows += n;
        result.clampedTimes += writeRows(
          plan,
          { view, index, columns: sink.batch.columns, n, row: sink.batch.rows },
          { batch: sink.batch, context, templateId: set.templateId, clampTimes: options.clampTimes },
        );
        commit(sink.batch, n);
      }
    }
    at = index.next;
    if (index.broken) result.brokenBytes = end - at;
    else if (n < Math.max(room, 1)) result.paddingBytes = end - at;
    else continue;
    return result;
  }
}

/** Rows count from here on; until then their values are scratch. */
function commit(batch: FlowBatch, n: number): void {
  batch.rows += n;
}

interface RowRun {
  readonly batch: FlowBatch;
  readonly context: MessageContext;
  readonly templateId: number;
  readonly clampTimes: boolean;
}

/** @returns rows whose times were clamped */
function writeRows(plan: Plan, chunk: Chunk, { batch, context, templateId, clampTimes }: RowRun): number {
  const { addresses, present, countsFlows } = plan;
  writeConstants(batch, chunk, context, { templateId, ipVersion: addresses.ipVersion, present, flows: countsFlows ? 0 : 1 });
  for (const name of plan.ownRuns) batch.runs[name].end(chunk.row + chunk.n);
  for (const step of plan.steps) step.run(step, chunk);
  for (const step of addresses.steps) step.run(step, chunk);
  for (const step of plan.texts) writeTexts(step, batch, chunk);
  if (addresses.dual) writeDualAddresses(addresses.dual, chunk);
  if (countsFlows) atLeastOneFlow(chunk);
  if (plan.application && context.applications)
    writeApplicationNames(plan.application, chunk, { names: context.applications, out: batch.text("app_name") });
  writeSampling(plan.sampling, chunk, context);
  if (plan.icmp) writeIcmp(plan.icmp, chunk);
  return writeTimes(plan.times, chunk, context, clampTimes);
}

/** A record with an empty deltaFlowCount still is a flow. */
function atLeastOneFlow({ columns, row, n }: Chunk): void {
  const { u32 } = columns[FLOWS]!;
  for (let i = row * 2; i < (row + n) * 2; i += 2) if ((u32[i]! | u32[i + 1]!) === 0) u32[i] = 1;
}

function addCounters(plan: Plan, view: DataView, n: number, sums: Map<string, bigint>): void {
  const chunk: Chunk = { view, index, columns: [], n, row: 0 };
  for (const place of plan.counters) {
    const name = COUNTER_NAMES[place.id]!;
    let sum = sums.get(name) ?? 0n;
    for (let i = 0; i < n; i++) {
      const length = fieldLength(place, chunk, i);
      if (length === 0 || length > 8) continue;
      const at = fieldStart(place, chunk, i);
      sum += BigInt(readLow(view, at, length) >>> 0);
      if (length > 4) sum += BigInt(readLow(view, at, length - 4)) << 32n;
    }
    sums.set(name, sum);
  }
}
