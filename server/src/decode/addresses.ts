/**
 * Source and destination addresses. A template with one family is two plain loops. Some exporters (Nokia, Huawei, Juniper) announce both
 * families in one template and fill one: then each record tells by which of its addresses are not zero, IPv4 first (Huawei puts a tunnel's
 * IPv6 around the IPv4 flow it measured). A record whose addresses are all zero is IPv4.
 */
import { columnIndex } from "../flow/index.ts";
import { copyAnyInteger, copyIpv4, copyIpv6, MAPPED_IPV4_WORD, type Chunk, type CopyStep } from "./column-loops.ts";
import type { FindField, PlacedField } from "./layout.ts";

export interface AddressPlan {
  readonly hasAddress: boolean;
  /** One family, or none: plain loops and, when there is an address, its version for all rows. */
  readonly steps: readonly CopyStep[];
  readonly ipVersion: 0 | 4 | 6;
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
  const [src4, dst4, src6, dst6] = [ofLength(8, 4), ofLength(12, 4), ofLength(27, 16), ofLength(28, 16)];
  const has4 = src4 !== undefined || dst4 !== undefined;
  const has6 = src6 !== undefined || dst6 !== undefined;
  if (has4 && has6) return { hasAddress: true, steps: [], ipVersion: 0, dual: { src4, dst4, src6, dst6 } };
  const steps: CopyStep[] = [];
  const run = has4 ? copyIpv4 : copyIpv6;
  const src = src4 ?? src6;
  const dst = dst4 ?? dst6;
  if (src) steps.push(step(run, src, SRC));
  if (dst) steps.push(step(run, dst, DST));
  const version = find(60);
  if (!has4 && !has6 && version) steps.push(step(copyAnyInteger, version, IP_VERSION));
  return { hasAddress: has4 || has6, steps, ipVersion: has4 ? 4 : has6 ? 6 : 0, dual: undefined };
}

function step(run: CopyStep["run"], { segment, offset, length }: PlacedField, column: number): CopyStep {
  return { run, column, segment, offset, length, mask: 0xff, shift: 0, onlyWhereZero: false };
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
  return index.starts[place.segment]![i]! + place.offset;
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
