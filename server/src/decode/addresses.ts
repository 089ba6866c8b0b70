/**
 * Source and destination addresses. A template with one family is two plain loops. Some exporters (Nokia, Huawei, Juniper) announce both
 * families in one template and fill one: then each record tells by which of its addresses are not zero, IPv4 first (Huawei puts a tunnel's
 * IPv6 around the IPv4 flow it measured). A record whose addresses are all zero is IPv4.
 * Aggregating exporters send prefixes (44, 45, 169, 170) instead: the address that the prefix begins with.
 */
import { columnIndex } from "../flow/index.ts";
import { copyAnyInteger, MAPPED_IPV4_WORD, type Chunk, type CopyStep } from "./column-loops.ts";
import type { FindField, PlacedField } from "./layout.ts";
import { findPairLoop, type FieldCopy } from "./pair-loops.ts";

export interface AddressPlan {
  readonly hasAddress: boolean;
  /** One family: the addresses, and its version for all rows. */
  readonly copies: readonly FieldCopy[];
  readonly ipVersion: 0 | 4 | 6;
  /** No address: the version as the record has it. */
  readonly version: CopyStep | undefined;
  /** Both families. */
  readonly dual: DualAddresses | undefined;
}

interface DualAddresses {
  readonly src4: PlacedField | undefined;
  readonly dst4: PlacedField | undefined;
  readonly src6: PlacedField | undefined;
  readonly dst6: PlacedField | undefined;
}

const SRC = columnIndex("src_addr");
const DST = columnIndex("dst_addr");
const IP_VERSION = columnIndex("ip_version");

export function compileAddresses(find: FindField): AddressPlan {
  const ofLength = (element: number, length: number): PlacedField | undefined => {
    const place = find(element);
    return place?.length === length ? place : undefined;
  };
  const [src4, dst4] = [ofLength(8, 4) ?? ofLength(44, 4), ofLength(12, 4) ?? ofLength(45, 4)];
  const [src6, dst6] = [ofLength(27, 16) ?? ofLength(170, 16), ofLength(28, 16) ?? ofLength(169, 16)];
  const has4 = src4 !== undefined || dst4 !== undefined;
  const has6 = src6 !== undefined || dst6 !== undefined;
  const version = find(60);
  if (!has4 && !has6) return { hasAddress: false, copies: [], ipVersion: 0, version: version && copyVersion(version), dual: undefined };
  if (has4 && has6) return { hasAddress: true, copies: [], ipVersion: 0, version: undefined, dual: { src4, dst4, src6, dst6 } };
  const copies = [copyAddress(src4 ?? src6, SRC), copyAddress(dst4 ?? dst6, DST)].filter((copy) => copy !== undefined);
  return { hasAddress: true, copies, ipVersion: has4 ? 4 : 6, version: undefined, dual: undefined };
}

function copyAddress(place: PlacedField | undefined, column: number): FieldCopy | undefined {
  const loop = place && findPairLoop("ip", place.length);
  return loop && { loop, column, fixedOffset: place.fixedOffset, mask: 0 };
}

function copyVersion({ segment, offset, length }: PlacedField): CopyStep {
  return { run: copyAnyInteger, column: IP_VERSION, segment, offset, length, mask: 0xff, shift: 0, onlyWhereZero: false };
}

/** Writes both addresses and the version, record by record, for a template with both families. */
export function writeDualAddresses({ src4, dst4, src6, dst6 }: DualAddresses, chunk: Chunk): void {
  const { columns, row, n } = chunk;
  const src = columns[SRC]!;
  const dst = columns[DST]!;
  const version = columns[IP_VERSION]!;
  src.touched = dst.touched = version.touched = true;
  for (let i = 0; i < n; i++) {
    const is4 = !isZero(src4, chunk, i) || !isZero(dst4, chunk, i);
    const is6 = !is4 && (!isZero(src6, chunk, i) || !isZero(dst6, chunk, i));
    version.u8[row + i] = is6 ? 6 : 4;
    write(is6 ? src6 : src4, chunk, i, src.u32);
    write(is6 ? dst6 : dst4, chunk, i, dst.u32);
  }
}

function position(place: PlacedField, { index }: Chunk, i: number): number {
  return index.start(place.segment, i) + place.offset;
}

function isZero(place: PlacedField | undefined, chunk: Chunk, i: number): boolean {
  if (!place) return true;
  const at = position(place, chunk, i);
  for (let word = 0; word < place.length; word += 4) if (chunk.view.getUint32(at + word) !== 0) return false;
  return true;
}

function write(place: PlacedField | undefined, chunk: Chunk, i: number, out: Uint32Array): void {
  if (!place) return;
  const at = position(place, chunk, i);
  const to = (chunk.row + i) * 4;
  if (place.length === 4) {
    out[to + 2] = MAPPED_IPV4_WORD;
    out[to + 3] = chunk.view.getUint32(at, true);
  } else {
    for (let word = 0; word < 4; word++) out[to + word] = chunk.view.getUint32(at + word * 4, true);
  }
}
