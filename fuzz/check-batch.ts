/** What a decoder promises about the rows it wrote, checked value by value: what breaks here would break the load of a segment. */
import { field, type FieldName } from "@sillage/model";
import { encodeFlowBatch, MAX_TEXT_BYTES, type Column, type FlowBatch, type TextColumn } from "../server/src/flow/index.ts";

/** End of 2299, the last moment of DateTime64(3). */
const MAX_TIME_MS = 10_413_791_999_999;
/** Labels, AS path: no packet or message holds more worth keeping. */
const MAX_LIST_ITEMS = 1_000;
const ZEROS = Buffer.alloc(1 << 20);
const strict = new TextDecoder("utf-8", { fatal: true });

/** Nothing is written behind the rows or into a column that is not marked. @returns what is wrong; undefined: nothing */
export function findStray(batch: FlowBatch): string | undefined {
  batch.settle();
  batch.settle();
  if (batch.rows > batch.capacity) return `${batch.rows} rows in a batch of ${batch.capacity}`;
  for (const column of batch.columns) {
    const from = column.touched ? batch.rows * column.width : 0;
    const bytes = column.u8.length - from;
    if (Buffer.compare(column.u8.subarray(from), ZEROS.subarray(0, bytes)) !== 0)
      return `${column.name} has bytes that no row owns (${batch.rows} rows${column.touched ? "" : ", not marked"})`;
  }
  return undefined;
}

/** @returns what is wrong with the rows' values; undefined: nothing */
export function findBadValue(batch: FlowBatch): string | undefined {
  batch.settle();
  for (const column of batch.columns) {
    if (!column.touched) continue;
    const problem =
      column.kind === "enum8" ? findBadName(column, batch.rows) : column.kind === "time" ? findBadTime(column, batch.rows) : undefined;
    if (problem !== undefined) return problem;
  }
  return findDisorder(batch) ?? findBadAddress(batch) ?? findBadVariable(batch) ?? findBadEncoding(batch);
}

/** ClickHouse refuses a whole block for one number that its Enum8 does not name. */
function findBadName({ name, u8 }: Column, rows: number): string | undefined {
  const names = field(name).enumNames ?? {};
  for (let row = 0; row < rows; row++) if (!(u8[row]! in names)) return `${name} is ${u8[row]!}, which has no name`;
  return undefined;
}

function findBadTime(column: Column, rows: number): string | undefined {
  for (let row = 0; row < rows; row++) if (timeOf(column, row) > MAX_TIME_MS) return `${column.name} is ${timeOf(column, row)} ms`;
  return undefined;
}

function timeOf({ u32 }: Column, row: number): number {
  return u32[row * 2 + 1]! * 0x1_0000_0000 + u32[row * 2]!;
}

function findDisorder(batch: FlowBatch): string | undefined {
  const [start, end] = [batch.column("time_start"), batch.column("time_end")];
  for (let row = 0; row < batch.rows; row++) {
    if (timeOf(start, row) > timeOf(end, row)) return `a flow from ${timeOf(start, row)} to ${timeOf(end, row)} ms`;
  }
  return undefined;
}

const ADDRESSES: readonly FieldName[] = ["src_addr", "dst_addr"];

/** An address of an IPv4 flow is mapped or nothing: a mixture of both families is neither. */
function findBadAddress(batch: FlowBatch): string | undefined {
  const version = batch.column("ip_version").u8;
  for (const name of ADDRESSES) {
    const { u32 } = batch.column(name);
    for (let row = 0; row < batch.rows; row++) {
      if (version[row] !== 4) continue;
      const third = u32[row * 4 + 2]!;
      if ((u32[row * 4]! | u32[row * 4 + 1]!) !== 0 || (third !== 0xffff_0000 && (third | u32[row * 4 + 3]!) !== 0))
        return `${name} of an IPv4 flow is ${Buffer.from(batch.column(name).u8.slice(row * 16, row * 16 + 16)).toString("hex")}`;
    }
  }
  return undefined;
}

function findBadVariable(batch: FlowBatch): string | undefined {
  for (const column of batch.variable) {
    if (!column.touched) continue;
    for (let row = 0; row < batch.rows; row++) {
      const problem =
        column.kind === "string"
          ? badText(column, row)
          : column.kind === "u32s"
            ? column.valuesOf(row).length > MAX_LIST_ITEMS && `a list of ${column.valuesOf(row).length}`
            : column.entriesOf(row).some(([key, value]) => key.length > MAX_TEXT_BYTES || value.length > MAX_TEXT_BYTES) && "a long entry";
      if (problem) return `${column.name}: ${problem}`;
    }
  }
  return undefined;
}

function badText(column: TextColumn, row: number): string | undefined {
  const bytes = column.bytesOf(row);
  if (bytes.length > MAX_TEXT_BYTES) return `${bytes.length} bytes of text`;
  if (bytes.includes(0)) return "a NUL in a text";
  try {
    strict.decode(bytes);
    return undefined;
  } catch {
    return `no UTF-8: ${Buffer.from(bytes.subarray(0, 40)).toString("hex")}`;
  }
}

let encoded = 0;
/** Encoding the whole batch costs more than decoding it. */
const ENCODE_EVERY = 16;

/** Text columns of the encoded block hold a string for each row, and nothing more. */
function findBadEncoding(batch: FlowBatch): string | undefined {
  if (batch.rows === 0) return undefined;
  if (encoded++ % ENCODE_EVERY === 0) {
    const { rows, columns } = encodeFlowBatch(batch);
    if (rows !== batch.rows || columns.length === 0) return `${rows} rows of ${columns.length} columns encoded of ${batch.rows}`;
  }
  for (const column of batch.variable) {
    if (column.kind !== "string" || !column.touched) continue;
    const [bytes] = column.encode(batch.rows);
    const strings = countStrings(bytes!);
    if (strings !== batch.rows) return `${column.name} is encoded as ${strings} strings for ${batch.rows} rows`;
  }
  return undefined;
}

/** Strings of varint length and bytes that fill the bytes exactly; -1 when they do not. */
function countStrings(bytes: Uint8Array): number {
  let strings = 0;
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return -1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += length;
    strings++;
  }
  return at === bytes.length ? strings : -1;
}
