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

/** Room for the narrow values of a column, made when it is first needed. */
const rooms = new WeakMap<Column, ArrayBuffer>();

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
      return narrowIntegers(column, { rows, words: 2 });
    case "u32":
      return narrowIntegers(column, { rows, words: 1 });
    case "mac":
    case "time":
    case "u16":
    case "u8":
    case "enum8":
      return undefined;
  }
}

function roomOf(column: Column): ArrayBuffer {
  let room = rooms.get(column);
  if (room === undefined) {
    room = new ArrayBuffer((column.u8.length / column.width) * 4);
    rooms.set(column, room);
  }
  return room;
}

/** Third word of a mapped address, ::ffff:0:0/96, as a little-endian machine sees it. */
const MAPPED = 0xffff_0000;

function narrowAddresses(column: Column, rows: number): ColumnForm | undefined {
  const { u32 } = column;
  const out = new Uint32Array(roomOf(column));
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    if (u32[at] !== 0 || u32[at + 1] !== 0 || u32[at + 2] !== MAPPED) return undefined;
    const word = u32[at + 3]!;
    out[row] = (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  }
  return { type: "IPv4", bytes: new Uint8Array(out.buffer, 0, rows * 4) };
}

function narrowIntegers(column: Column, { rows, words }: { readonly rows: number; readonly words: 1 | 2 }): ColumnForm | undefined {
  const { u32 } = column;
  // All bits that any value has, so that the loops have no branch.
  let [low, high] = [0, 0];
  for (let at = 0; at < rows * words; at += words) low |= u32[at]!;
  if (words === 2) for (let at = 1; at < rows * words; at += words) high |= u32[at]!;
  const bits = low >>> 0;
  if (high !== 0 || (words === 1 && bits > 0xffff)) return undefined;
  const room = roomOf(column);
  const [type, out] =
    bits > 0xffff
      ? (["UInt32", new Uint32Array(room)] as const)
      : bits > 0xff
        ? (["UInt16", new Uint16Array(room)] as const)
        : (["UInt8", new Uint8Array(room)] as const);
  for (let row = 0, at = 0; row < rows; row++, at += words) out[row] = u32[at]!;
  return { type, bytes: new Uint8Array(room, 0, rows * out.BYTES_PER_ELEMENT) };
}
