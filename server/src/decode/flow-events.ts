/**
 * Records of firewalls and address translators that tell events: a connection began, was denied, went on, ended. They become rows, so that
 * people find them by fw_event and nat_event, but a connection counts as one flow, at its end, and its traffic counts once:
 *
 *   created, denied, alert   flows 0. No traffic, unless the record has delta counters (PAN-OS).
 *   update                   flows 0. Delta counters count; totals (85, 86) do not, the end repeats them.
 *   deleted                  flows 1. Traffic that was not told before (see connection-totals.ts).
 *   NAT events               flows 1 if the record has traffic, else 0.
 *
 * A firewall event of 0 is none: the record is a flow like any other.
 */
import { columnIndex, setU64, type Column } from "../flow/index.ts";
import type { FindAll } from "./biflow.ts";
import { isZeroField, type Chunk } from "./column-loops.ts";
import { COUNTED, type ConnectionTotals } from "./connection-totals.ts";
import type { PlacedField } from "./layout.ts";
import type { RowPlan } from "./row-plan.ts";

export interface EventPlan {
  /** Octet and packet counters of a record that are totals of the connection so far, each with the delta counter it stands in for. */
  readonly totals: readonly TotalCounter[];
  /** The record counts by initiator and responder: deltas in updates, totals at the end. */
  readonly isInitiatorCounted: boolean;
}

interface TotalCounter {
  readonly column: number;
  readonly deltas: readonly PlacedField[];
}

const FW_EVENT = columnIndex("fw_event");
const NAT_EVENT = columnIndex("nat_event");
const FLOW_ID = columnIndex("flow_id");
const FLOWS = columnIndex("flows");
const BYTES = columnIndex("bytes");
const PACKETS = columnIndex("packets");
const TIME_START = columnIndex("time_start");

/** Values of firewallEvent. */
const CREATED = 1;
const DELETED = 2;
const UPDATE = 5;

export function compileEvents({ filled }: RowPlan, findAll: FindAll): EventPlan | undefined {
  if (!filled.has("fw_event") && !filled.has("nat_event")) return undefined;
  const has = (id: number): boolean => findAll(0, id).length > 0;
  const total = (column: number, totalId: number, deltaIds: readonly number[]): TotalCounter[] =>
    has(totalId) ? [{ column, deltas: deltaIds.flatMap((id) => findAll(0, id)) }] : [];
  return {
    totals: [...total(BYTES, 85, [1, 231]), ...total(PACKETS, 86, [2, 298])],
    isInitiatorCounted: [231, 232, 298, 299].some(has),
  };
}

export interface EventRow {
  /** Index of the record in the chunk. */
  readonly record: number;
  readonly row: number;
  /** Row of the answer; -1: none. */
  readonly answer: number;
}

const counts = new Float64Array(COUNTED);

/** Settles what a written row counts for. Runs when times are written. */
export function settleEvent(plan: EventPlan, chunk: Chunk, { record, row, answer }: EventRow, connections: ConnectionTotals): void {
  const { columns } = chunk;
  const event = columns[FW_EVENT]!.u8[row]!;
  if (event === 0) {
    if (columns[NAT_EVENT]!.u8[row] === 0) return;
    setFlows(columns, row, isZero(columns[BYTES]!, row) && isZero(columns[PACKETS]!, row) ? 0 : 1);
    return;
  }
  if (event !== DELETED) {
    setFlows(columns, row, 0);
    if (answer >= 0) setFlows(columns, answer, 0);
    for (const { column, deltas } of plan.totals)
      if (deltas.every((place) => isZeroField(place, chunk, record))) setU64(columns[column]!, row, 0);
  }
  if (!plan.isInitiatorCounted) return;
  const id = readNumber(columns[FLOW_ID]!, row);
  if (id === 0) return;
  if (event === CREATED) connections.begin(id);
  if (event !== UPDATE && event !== DELETED) return;
  readCounts(columns, row, answer);
  if (event === UPDATE) connections.update(id, counts);
  else connections.end(id, readNumber(columns[TIME_START]!, row), counts);
  writeCounts(columns, row, answer);
}

function readCounts(columns: readonly Column[], row: number, answer: number): void {
  counts[0] = readNumber(columns[BYTES]!, row);
  counts[1] = readNumber(columns[PACKETS]!, row);
  counts[2] = answer < 0 ? 0 : readNumber(columns[BYTES]!, answer);
  counts[3] = answer < 0 ? 0 : readNumber(columns[PACKETS]!, answer);
}

function writeCounts(columns: readonly Column[], row: number, answer: number): void {
  setU64(columns[BYTES]!, row, counts[0]!);
  setU64(columns[PACKETS]!, row, counts[1]!);
  if (answer < 0) return;
  setU64(columns[BYTES]!, answer, counts[2]!);
  setU64(columns[PACKETS]!, answer, counts[3]!);
}

/** The row stands for no flow, or for as many as it says but at least one. */
function setFlows(columns: readonly Column[], row: number, least: 0 | 1): void {
  const flows = columns[FLOWS]!;
  flows.touched = true;
  if (least === 0) setU64(flows, row, 0);
  else if (isZero(flows, row)) setU64(flows, row, 1);
}

function isZero({ u32 }: Column, row: number): boolean {
  return (u32[row * 2]! | u32[row * 2 + 1]!) === 0;
}

/** As a double: connections of more than 2^53 bytes do not exist. */
function readNumber({ u32 }: Column, row: number): number {
  return u32[row * 2 + 1]! * 0x1_0000_0000 + u32[row * 2]!;
}
