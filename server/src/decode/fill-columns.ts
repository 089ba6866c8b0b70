/**
 * Writing single values into a row that may have some already: a value is written where the column is still zero, and zero is never
 * written. So what was written first wins, and rows that nobody wrote need no clearing.
 */
import type { Column } from "../flow/index.ts";
import { MAPPED_IPV4_WORD } from "./column-loops.ts";

export function fill8(column: Column, row: number, value: number): void {
  if (value === 0 || column.u8[row] !== 0) return;
  column.u8[row] = value;
  column.touched = true;
}

export function fill16(column: Column, row: number, value: number): void {
  if (value === 0 || column.u16[row] !== 0) return;
  column.u16[row] = value;
  column.touched = true;
}

export function fill32(column: Column, row: number, value: number): void {
  if (value === 0 || column.u32[row] !== 0) return;
  column.u32[row] = value;
  column.touched = true;
}

/** A 64-bit column; the value is below 2^32. */
export function fill64(column: Column, row: number, value: number): void {
  const { u32 } = column;
  if (value === 0 || (u32[row * 2]! | u32[row * 2 + 1]!) !== 0) return;
  u32[row * 2] = value;
  column.touched = true;
}

/** A MAC address at `at` as a 48-bit number. */
export function fillMac(column: Column, row: number, view: DataView, at: number): void {
  const { u32 } = column;
  if ((u32[row * 2]! | u32[row * 2 + 1]!) !== 0) return;
  u32[row * 2] = view.getUint32(at + 2);
  u32[row * 2 + 1] = view.getUint16(at);
  column.touched = true;
}

/** Writes the IPv4 address at `at`, mapped into IPv6. */
export function putIpv4(column: Column, row: number, view: DataView, at: number): void {
  const { u32 } = column;
  u32[row * 4 + 2] = MAPPED_IPV4_WORD;
  u32[row * 4 + 3] = view.getUint32(at, true);
  column.touched = true;
}

export function putIpv6(column: Column, row: number, view: DataView, at: number): void {
  const { u32 } = column;
  const to = row * 4;
  u32[to] = view.getUint32(at, true);
  u32[to + 1] = view.getUint32(at + 4, true);
  u32[to + 2] = view.getUint32(at + 8, true);
  u32[to + 3] = view.getUint32(at + 12, true);
  column.touched = true;
}

/** True for `::` and 0.0.0.0: the row has no address. */
export function isZeroAddress({ u32 }: Column, row: number): boolean {
  const at = row * 4;
  return (u32[at]! | u32[at + 1]! | u32[at + 3]!) === 0 && (u32[at + 2] === 0 || u32[at + 2] === MAPPED_IPV4_WORD);
}

/** Whether the row has the IPv4 address at `at`. */
export function holdsIpv4({ u32 }: Column, row: number, view: DataView, at: number): boolean {
  const to = row * 4;
  return (u32[to]! | u32[to + 1]!) === 0 && u32[to + 2] === MAPPED_IPV4_WORD && u32[to + 3] === view.getUint32(at, true);
}

export function holdsIpv6({ u32 }: Column, row: number, view: DataView, at: number): boolean {
  const to = row * 4;
  for (let word = 0; word < 4; word++) if (u32[to + word] !== view.getUint32(at + word * 4, true)) return false;
  return true;
}
