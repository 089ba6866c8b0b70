/** Decodes the records of one data set into rows: index the records, then run the plan's loops over them, a chunk at a time. */
import { columnIndex, type FlowBatch } from "../flow/index.ts";
import { writeDualAddresses } from "./addresses.ts";
import { writeApplicationNames } from "./application-names.ts";
import { hasAnswer } from "./biflow.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { ConnectionTotals } from "./connection-totals.ts";
import type { FlowSink } from "./contract.ts";
import { settleEvent } from "./flow-events.ts";
import { writeTimes } from "./flow-times.ts";
import { writeIcmp } from "./icmp.ts";
import { forgetNoTunnel } from "./inner-flow.ts";
import { writeKept } from "./kept-elements.ts";
import { writeLabels } from "./label-stack.ts";
import { CHUNK_RECORDS, RecordIndex } from "./layout.ts";
import { writeConstants, type MessageContext } from "./message-context.ts";
import { COUNTER_NAMES, type Plan } from "./plan.ts";
import { writeSections } from "./packet-section.ts";
import { writeSampling } from "./record-sampling.ts";
import type { RowPlan } from "./row-plan.ts";
import { ListReader, type ListContext } from "./structured-lists.ts";
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
  /** Structured lists that were not read to their end. */
  unreadLists: number;
}

/** Where the records go, and what is remembered of earlier ones. */
export interface DataSetTarget {
  readonly sink: FlowSink;
  readonly options: DataSetOptions;
  readonly connectionTotals: ConnectionTotals;
  /** For plans with structured lists. */
  readonly lists?: ListContext | undefined;
}

export interface DataSetOptions {
  readonly clampTimes: boolean;
  /** Where counter elements are added up, by IANA name; undefined: not wanted. */
  readonly sums: Map<string, bigint> | undefined;
}

const FLOWS = columnIndex("flows");
const BIFLOW_DIRECTION = columnIndex("biflow_direction");
/** Values of biflow_direction. */
const INITIATOR = 1;
const ANSWER = 2;

const index = new RecordIndex();

export function decodeDataSet(
  plan: Plan,
  set: DataSet,
  context: MessageContext,
  { sink, options, connectionTotals, lists }: DataSetTarget,
): DataSetResult {
  const rowsPerRecord = plan.reverse ? 2 : 1;
  // Rows come in order, and what lists say is written last: records of two rows or with lists are written one by one.
  const recordsAtOnce = plan.reverse || lists ? 1 : CHUNK_RECORDS;
  const reader = lists && new ListReader(sink.batch, lists);
  const result: DataSetResult = {
    records: 0,
    rows: 0,
    clampedTimes: 0,
    brokenBytes: 0,
    paddingBytes: 0,
    homeless: 0,
    homelessBytes: 0,
    unreadLists: 0,
  };
  const { view, end } = set;
  let { at } = set;
  for (;;) {
    if (plan.describesTraffic && sink.batch.free < rowsPerRecord) sink.flush();
    const room = plan.describesTraffic ? Math.min(recordsAtOnce, Math.floor(sink.batch.free / rowsPerRecord)) : CHUNK_RECORDS;
    const n = index.walk(plan.layout, view, { at, end, max: Math.max(room, 1) });
    if (n > 0 && room === 0) {
      result.homeless += n;
      result.homelessBytes += index.next - at;
    } else if (n > 0) {
      result.records += n;
      if (options.sums) addCounters(plan, view, n, options.sums);
      if (plan.describesTraffic) {
        const chunk: Chunk = { view, index, columns: sink.batch.columns, n, row: sink.batch.rows };
        const rows = writeRecords(plan, chunk, {
          batch: sink.batch,
          context,
          templateId: set.templateId,
          clampTimes: options.clampTimes,
          connectionTotals,
          reader,
        });
        result.rows += rows.written;
        result.clampedTimes += rows.clamped;
        commit(sink.batch, rows.written);
      }
    }
    at = index.next;
    if (reader) result.unreadLists = reader.unread;
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
  readonly connectionTotals: ConnectionTotals;
  /** Records with structured lists. */
  readonly reader: ListReader | undefined;
}

interface WrittenRows {
  written: number;
  /** Rows whose times were clamped. */
  clamped: number;
}

function writeRecords(plan: Plan, chunk: Chunk, run: RowRun): WrittenRows {
  const rows = { written: chunk.n, clamped: writeRows(plan.forward, chunk, run) };
  if (plan.section) writeSections(plan.section, run.batch, chunk);
  writeKept(plan.kept, run.batch, chunk);
  run.reader?.read(plan.lists, chunk, { row: chunk.row, targets: plan.listTargets.forward });
  let answer = -1;
  if (plan.reverse) {
    markDirection(chunk, INITIATOR);
    if (hasAnswer(plan.reverse.counters, chunk, 0)) {
      answer = chunk.row + 1;
      const reverse = { ...chunk, row: answer };
      rows.clamped += writeRows(plan.reverse.row, reverse, run);
      markDirection(reverse, chunk.columns[BIFLOW_DIRECTION]!.u8[chunk.row] === ANSWER ? INITIATOR : ANSWER);
      writeKept(plan.kept, run.batch, reverse);
      run.reader?.read(plan.lists, reverse, { row: answer, targets: plan.listTargets.reverse });
      rows.written++;
    }
  }
  if (plan.events)
    for (let i = 0; i < chunk.n; i++) settleEvent(plan.events, chunk, { record: i, row: chunk.row + i, answer }, run.connectionTotals);
  return rows;
}

/** biflow_direction: what the record says itself (239) wins. */
function markDirection({ columns, row }: Chunk, direction: number): void {
  const column = columns[BIFLOW_DIRECTION]!;
  column.touched = true;
  if (column.u8[row] === 0) column.u8[row] = direction;
}

/** @returns rows whose times were clamped */
function writeRows(plan: RowPlan, chunk: Chunk, { batch, context, templateId, clampTimes }: RowRun): number {
  const { addresses, present, countsFlows } = plan;
  writeConstants(batch, chunk, context, { templateId, ipVersion: addresses.ipVersion, present, flows: countsFlows ? 0 : 1 });
  for (const name of plan.ownRuns) batch.runs[name].end(chunk.row + chunk.n);
  for (const pair of plan.pairs) pair.first.loop(pair, chunk);
  for (const step of plan.steps) step.run(step, chunk);
  for (const step of plan.texts) writeTexts(step, batch, chunk);
  if (plan.labels) writeLabels(plan.labels, batch, chunk);
  if (addresses.dual) writeDualAddresses(addresses.dual, chunk);
  if (countsFlows) atLeastOneFlow(chunk);
  if (plan.hasInner) forgetNoTunnel(chunk);
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
