/**
 * The hot loops for fields of fixed length: each copies two fields of one kind from all records of a chunk into their columns, because a
 * pass over the thirty records of a datagram costs as much in beginning as in copying. Records lie at equal distances here, those with
 * variable-length fields too: their fixed bytes were gathered when they were indexed (layout.ts). Positions were checked there.
 */
import type { Column } from "../flow/index.ts";
import { MAPPED_IPV4_WORD, type Chunk } from "./column-loops.ts";

/** A field whose value becomes that of a column, and nothing else has written there. */
export interface FieldCopy {
  readonly loop: PairLoop;
  /** Index into `Chunk.columns`. */
  readonly column: number;
  /** Bytes from the start of the gathered record. */
  readonly fixedOffset: number;
  /** Bits that are kept, in columns of 16 and 32 bits (flags and VLANs carry others beside them). */
  readonly mask: number;
}

/** Two fields of one loop; a field that is alone is both. */
export interface CopyPair {
  readonly first: FieldCopy;
  readonly second: FieldCopy;
}

export type PairLoop = (pair: CopyPair, chunk: Chunk) => void;

/** The loop for a field of so many bytes and a column of this kind; undefined: there is none, the field needs more. */
export function findPairLoop(kind: string, bytes: number): PairLoop | undefined {
  return LOOPS[`${bytes} ${kind}`];
}

/** Puts fields of one loop together. Their order does not matter: each has a column of its own. */
export function pairUp(copies: readonly FieldCopy[]): CopyPair[] {
  const pairs: CopyPair[] = [];
  const alone = new Map<PairLoop, FieldCopy>();
  for (const second of copies) {
    const first = alone.get(second.loop);
    if (first) pairs.push({ first, second });
    if (first) alone.delete(second.loop);
    else alone.set(second.loop, second);
  }
  for (const copy of alone.values()) pairs.push({ first: copy, second: copy });
  return pairs;
}

function pair1to8({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u8;
  const b = touch(second, chunk).u8;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row, end = to + chunk.n; to < end; to++, fromA += stride, fromB += stride) {
    a[to] = view.getUint8(fromA);
    b[to] = view.getUint8(fromB);
  }
}

function pair1to16({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u16;
  const b = touch(second, chunk).u16;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row, end = to + chunk.n; to < end; to++, fromA += stride, fromB += stride) {
    a[to] = view.getUint8(fromA);
    b[to] = view.getUint8(fromB);
  }
}

function pair2to16({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u16;
  const b = touch(second, chunk).u16;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row, end = to + chunk.n; to < end; to++, fromA += stride, fromB += stride) {
    a[to] = view.getUint16(fromA) & first.mask;
    b[to] = view.getUint16(fromB) & second.mask;
  }
}

function pair2to32({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row, end = to + chunk.n; to < end; to++, fromA += stride, fromB += stride) {
    a[to] = view.getUint16(fromA) & first.mask;
    b[to] = view.getUint16(fromB) & second.mask;
  }
}

function pair4to32({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row, end = to + chunk.n; to < end; to++, fromA += stride, fromB += stride) {
    a[to] = view.getUint32(fromA) & first.mask;
    b[to] = view.getUint32(fromB) & second.mask;
  }
}

function pair4to64({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row * 2, end = to + chunk.n * 2; to < end; to += 2, fromA += stride, fromB += stride) {
    a[to] = view.getUint32(fromA);
    b[to] = view.getUint32(fromB);
  }
}

/** A MAC address as a 48-bit number. */
function pair6to64({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row * 2, end = to + chunk.n * 2; to < end; to += 2, fromA += stride, fromB += stride) {
    a[to] = view.getUint32(fromA + 2);
    a[to + 1] = view.getUint16(fromA);
    b[to] = view.getUint32(fromB + 2);
    b[to + 1] = view.getUint16(fromB);
  }
}

function pair8to64({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row * 2, end = to + chunk.n * 2; to < end; to += 2, fromA += stride, fromB += stride) {
    a[to] = view.getUint32(fromA + 4);
    a[to + 1] = view.getUint32(fromA);
    b[to] = view.getUint32(fromB + 4);
    b[to + 1] = view.getUint32(fromB);
  }
}

function pairIpv4({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row * 4, end = to + chunk.n * 4; to < end; to += 4, fromA += stride, fromB += stride) {
    a[to + 2] = MAPPED_IPV4_WORD;
    a[to + 3] = view.getUint32(fromA, true);
    b[to + 2] = MAPPED_IPV4_WORD;
    b[to + 3] = view.getUint32(fromB, true);
  }
}

function pairIpv6({ first, second }: CopyPair, chunk: Chunk): void {
  const { view, at, stride } = chunk.index.fixed;
  const a = touch(first, chunk).u32;
  const b = touch(second, chunk).u32;
  let fromA = at + first.fixedOffset;
  let fromB = at + second.fixedOffset;
  for (let to = chunk.row * 4, end = to + chunk.n * 4; to < end; to += 4, fromA += stride, fromB += stride) {
    for (let word = 0; word < 4; word++) {
      a[to + word] = view.getUint32(fromA + word * 4, true);
      b[to + word] = view.getUint32(fromB + word * 4, true);
    }
  }
}

function touch({ column: at }: FieldCopy, { columns }: Chunk): Column {
  const column = columns[at]!;
  column.touched = true;
  return column;
}

/** By bytes on the wire and kind of the column. */
const LOOPS: Readonly<Record<string, PairLoop>> = {
  "1 u8": pair1to8,
  "1 u16": pair1to16,
  "2 u16": pair2to16,
  "2 u32": pair2to32,
  "4 u32": pair4to32,
  "4 u64": pair4to64,
  "6 mac": pair6to64,
  "8 u64": pair8to64,
  "4 ip": pairIpv4,
  "16 ip": pairIpv6,
};
