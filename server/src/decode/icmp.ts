/**
 * ICMP type and code. Exporters say them in elements of their own (176-179), in one 16-bit element (32, 139) or, as NetFlow v5 began it,
 * as type x 256 + code in the destination port; some old Ciscos use the source port with a destination port of 0, and fprobe puts the type
 * into the source port and the code into the destination port. Whatever the source, a row of ICMP has no ports afterwards: some
 * exporters put the ICMP identifier there.
 */
import { presentMask, type FieldName } from "@sillage/model";
import { columnIndex } from "../flow/index.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { FindField, PlacedField } from "./layout.ts";

const ICMP = 1;
const ICMPV6 = 58;
/** ICMP types in use: 3 (destination unreachable) to 18 (address mask reply). */
const FIRST_ERROR_TYPE = 3;
const LAST_QUERY_TYPE = 18;

interface IcmpElements {
  readonly type: PlacedField | undefined;
  readonly code: PlacedField | undefined;
  /** Type x 256 + code. */
  readonly typeCode: PlacedField | undefined;
}

export interface IcmpPlan {
  /** False: the template has no protocol, so its ICMP elements hold for every record. */
  readonly hasProto: boolean;
  readonly hasPorts: boolean;
  readonly v4: IcmpElements;
  readonly v6: IcmpElements;
}

const PROTO = columnIndex("proto");
const SRC_PORT = columnIndex("src_port");
const DST_PORT = columnIndex("dst_port");
const TYPE = columnIndex("icmp_type");
const CODE = columnIndex("icmp_code");
const PRESENT = columnIndex("present");

export const ICMP_BITS = presentMask("icmp_type") | presentMask("icmp_code");
export const PORT_BITS = presentMask("src_port") | presentMask("dst_port");

export function compileIcmp(find: FindField, filled: ReadonlySet<FieldName>): IcmpPlan | undefined {
  const hasProto = filled.has("proto");
  const hasPorts = filled.has("dst_port");
  const v4: IcmpElements = { type: find(176), code: find(177), typeCode: find(32) };
  const v6: IcmpElements = { type: find(178), code: find(179), typeCode: find(139) };
  const hasElements = [v4, v6].some(({ type, typeCode }) => type !== undefined || typeCode !== undefined);
  if (hasProto ? !hasElements && !hasPorts : !hasElements) return undefined;
  // Exporters that announce the elements of one family only use them for both.
  const either = (own: IcmpElements, other: IcmpElements): IcmpElements => ((own.type ?? own.typeCode) ? own : other);
  return { hasProto, hasPorts, v4: either(v4, v6), v6: either(v6, v4) };
}

/** Runs after the copies of proto and ports; looks at a record's bytes only where it is ICMP. */
export function writeIcmp(plan: IcmpPlan, chunk: Chunk): void {
  const { columns, row, n } = chunk;
  const proto = columns[PROTO]!.u8;
  for (let at = row; at < row + n; at++) {
    const number = proto[at]!;
    if (plan.hasProto && number !== ICMP && number !== ICMPV6) continue;
    writeRow(plan, chunk, at, number === ICMPV6 ? plan.v6 : plan.v4);
  }
}

function writeRow({ hasPorts }: IcmpPlan, chunk: Chunk, row: number, elements: IcmpElements): void {
  const { columns } = chunk;
  const record = row - chunk.row;
  const srcPort = columns[SRC_PORT]!.u16;
  const dstPort = columns[DST_PORT]!.u16;
  let typeCode: number;
  if (elements.type) typeCode = (read(elements.type, chunk, record) << 8) | (elements.code ? read(elements.code, chunk, record) & 0xff : 0);
  else if (elements.typeCode) typeCode = read(elements.typeCode, chunk, record);
  else typeCode = fromPorts(srcPort[row]!, dstPort[row]!);
  columns[TYPE]!.touched = columns[CODE]!.touched = columns[PRESENT]!.touched = true;
  columns[TYPE]!.u8[row] = typeCode >>> 8;
  columns[CODE]!.u8[row] = typeCode;
  columns[PRESENT]!.u32[row]! |= ICMP_BITS;
  if (!hasPorts) return;
  srcPort[row] = dstPort[row] = 0;
  columns[PRESENT]!.u32[row]! &= ~PORT_BITS;
}

/** Type x 256 + code of a record that has nothing but ports for it. */
function fromPorts(srcPort: number, dstPort: number): number {
  // fprobe 1.1. A destination port below 256 would be an echo reply with a code, which does not exist, or one without; the identifiers
  // that others put into the source port are seldom this small, and 1 (Windows) is no type.
  if (srcPort >= FIRST_ERROR_TYPE && srcPort <= LAST_QUERY_TYPE && dstPort < 256) return (srcPort << 8) | dstPort;
  return dstPort === 0 ? srcPort : dstPort;
}

function read(place: PlacedField, chunk: Chunk, record: number): number {
  const length = fieldLength(place, chunk, record);
  return length === 0 || length > 8 ? 0 : readLow(chunk.view, fieldStart(place, chunk, record), length) & 0xffff;
}
