/**
 * The flow inside a tunnel. Exporters that can tell it (VMware, nProbe) have its fields in every record and fill them with zeros where there
 * was no tunnel: such a record knows no inner protocol and ports, rather than protocol 0 and ports 0.
 */
import { presentMask, type FieldName } from "@sillage/model";
import { columnIndex, type Column } from "../flow/index.ts";
import type { Chunk } from "./column-loops.ts";

const SRC = columnIndex("inner_src_addr");
const DST = columnIndex("inner_dst_addr");
const PRESENT = columnIndex("present");
const FIELDS: readonly FieldName[] = ["inner_proto", "inner_src_port", "inner_dst_port"];
const BITS = FIELDS.reduce((mask, name) => mask | presentMask(name), 0);

/** The template has inner fields that need an inner address to mean something. */
export function hasInnerFields(filled: ReadonlySet<FieldName>): boolean {
  return FIELDS.some((name) => filled.has(name)) && (filled.has("inner_src_addr") || filled.has("inner_dst_addr"));
}

export function forgetNoTunnel({ columns, row, n }: Chunk): void {
  const [src, dst, present] = [columns[SRC]!, columns[DST]!, columns[PRESENT]!.u32];
  for (let i = row; i < row + n; i++) if (isUnknown(src, i) && isUnknown(dst, i)) present[i]! &= ~BITS;
}

function isUnknown({ u32 }: Column, row: number): boolean {
  const at = row * 4;
  return (u32[at]! | u32[at + 1]! | u32[at + 2]! | u32[at + 3]!) === 0;
}
