/**
 * The narrowest form in which a column's values travel. A segment is copied, checked, written and read again byte by byte, and most of its bytes
 * say nothing: IPv4 addresses are mapped into 16 bytes, counters and interface numbers seldom need their upper half. So a column whose values
 * all fit goes as a smaller type; a block names the type it holds, and ClickHouse converts it to the one that was asked for
 * (setting input_format_native_allow_types_conversion, on by default).
 *
 *   IPv6     -> IPv4                    when all are mapped IPv4 addresses; then a u32, little-endian like every integer
 *   UInt64   -> UInt32, UInt16, UInt8   when all are below 2^32, 2^16, 2^8
 *   UInt32   -> UInt16, UInt8
 */
import type { Column } from "./column.ts";

export interface ColumnForm {
  /** ClickHouse type. */
  readonly type: string;
  /** Overwritten when the column is written to or asked again. */
  readonly bytes: Uint8Array;
}

/** What may stand for what; the reader of segments asks. */
export const NARROWER_TYPES: Readonly<Record<string, readonly string[]>> = {
  IPv6: ["IPv4"],
  UInt64: ["UInt32", "UInt16", "UInt8"],
  UInt32: ["UInt16", "UInt8"],
};

/** Room for the narrow values of a column, and how wide they were last time: most batches are like the one before. */
class NarrowRoom {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  /** Bytes of a value; undefined: they needed the width they have. */
  width: NarrowWidth | undefined;

  constructor(column: Column) {
    const buffer = new ArrayBuffer((column.u8.length / column.width) * 4);
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.width = column.kind === "u64" ? 4 : 2;
  }
}

type NarrowWidth = 1 | 2 | 4;

/** Made when a column first needs it. */
const rooms = new WeakMap<Column, NarrowRoom>();

/** The narrowest form of the first `rows` values. */
export function narrowestForm(column: Column, rows: number): ColumnForm {
  return narrow(column, rows) ?? { type: column.type, bytes: column.u8.subarray(0, rows * column.width) };
}

/** Undefined where the values need the width they have. */
function narrow(column: Column, rows: number): ColumnForm | undefined {
  switch (column.kind) {
    case "ip":
      return narrowAddresses(column, rows);
    case "u64":
    case "u32":
      return narrowIntegers(column, rows);
    case "mac":
    case "time":
    case "u16":
    case "u8":
    case "enum8":
      return undefined;
  }
}

function roomOf(column: Column): NarrowRoom {
  let room = rooms.get(column);
  if (room === undefined) {
    room = new NarrowRoom(column);
    rooms.set(column, room);
  }
  return room;
}

/** Third word of a mapped address, ::ffff:0:0/96, as a little-endian machine sees it. */
const MAPPED = 0xffff_0000;

function narrowAddresses(column: Column, rows: number): ColumnForm | undefined {
  const { u32 } = column;
  const { u8, u32: out } = roomOf(column);
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    if ((u32[at]! | u32[at + 1]! | (u32[at + 2]! ^ MAPPED)) !== 0) return undefined;
    const word = u32[at + 3]!;
    out[row] = (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  }
  return { type: "IPv4", bytes: u8.subarray(0, rows * 4) };
}

function narrowIntegers(column: Column, rows: number): ColumnForm | undefined {
  const room = roomOf(column);
  const copy = column.kind === "u64" ? copyWide : copyNarrow;
  // A guess that holds saves a pass over the values: they are copied while the bits that they have are gathered.
  const bits = room.width === undefined ? gather(column, rows) : copy(column.u32, room, rows);
  const needed = bits > 0xffff ? 4 : bits > 0xff ? 2 : 1;
  if (bits > 0xffff_ffff || needed === column.width) {
    room.width = undefined;
    return undefined;
  }
  if (needed !== room.width) {
    room.width = needed;
    copy(column.u32, room, rows);
  }
  return { type: `UInt${needed * 8}`, bytes: room.u8.subarray(0, rows * needed) };
}

/** All bits that any value has; more than 32: Infinity. */
function gather({ kind, u32 }: Column, rows: number): number {
  let [low, high] = [0, 0];
  if (kind === "u32") for (let at = 0; at < rows; at++) low |= u32[at]!;
  else
    for (let at = 0; at < rows * 2; at += 2) {
      low |= u32[at]!;
      high |= u32[at + 1]!;
    }
  return high === 0 ? low >>> 0 : Infinity;
}

/** Copies lower halves of 64-bit values, cut to the width of the room. @returns as `gather` */
function copyWide(from: Uint32Array, { width, u8, u16, u32 }: NarrowRoom, rows: number): number {
  let [low, high] = [0, 0];
  // A loop for each width, so that V8 compiles each for one kind of array.
  if (width === 1)
    for (let row = 0, at = 0; row < rows; row++, at += 2) {
      low |= from[at]!;
      high |= from[at + 1]!;
      u8[row] = from[at]!;
    }
  else if (width === 2)
    for (let row = 0, at = 0; row < rows; row++, at += 2) {
      low |= from[at]!;
      high |= from[at + 1]!;
      u16[row] = from[at]!;
    }
  else
    for (let row = 0, at = 0; row < rows; row++, at += 2) {
      low |= from[at]!;
      high |= from[at + 1]!;
      u32[row] = from[at]!;
    }
  return high === 0 ? low >>> 0 : Infinity;
}

/** The same of 32-bit values. */
function copyNarrow(from: Uint32Array, { width, u8, u16 }: NarrowRoom, rows: number): number {
  let bits = 0;
  if (width === 1)
    for (let row = 0; row < rows; row++) {
      bits |= from[row]!;
      u8[row] = from[row]!;
    }
  else
    for (let row = 0; row < rows; row++) {
      bits |= from[row]!;
      u16[row] = from[row]!;
    }
  return bits >>> 0;
}
