/** Ways to damage a datagram. Each returns new bytes; all chance comes from the random numbers given, so a seed tells everything. */
import type { Random } from "../server/src/demo/index.ts";
import { readStructure, type Landmark } from "./landmarks.ts";

/** Largest UDP payload over IPv4. */
export const MAX_DATAGRAM_BYTES = 65_507;

type Mutation = (random: Random, datagram: Uint8Array, other: Uint8Array) => Uint8Array;

const BOUNDARIES = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 127, 128, 254, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff];
const BOUNDARIES_32 = [...BOUNDARIES, 0x1_0000, 0x3fff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff];

function flipBits(random: Random, datagram: Uint8Array): Uint8Array {
  const out = datagram.slice();
  for (let flips = random.integer(1, 6); flips > 0; flips--) {
    // The first bytes hold the counts and lengths: hit them more often.
    const at = random.integer(0, random.chance(0.3) ? Math.min(64, out.length) - 1 : out.length - 1);
    out[at]! ^= 1 << random.integer(0, 7);
  }
  return out;
}

function setBytes(random: Random, datagram: Uint8Array): Uint8Array {
  const out = datagram.slice();
  for (let sets = random.integer(1, 4); sets > 0; sets--) out[random.integer(0, out.length - 1)] = random.pick(BOUNDARIES) & 0xff;
  return out;
}

/** A length, count, id or type that lies: a boundary, or a little beside the truth. */
function lie(random: Random, datagram: Uint8Array): Uint8Array {
  const { landmarks } = readStructure(datagram);
  if (landmarks.length === 0) return flipBits(random, datagram);
  const out = datagram.slice();
  for (let lies = random.integer(1, 3); lies > 0; lies--) writeLie(random, out, random.pick(landmarks));
  return out;
}

function writeLie(random: Random, out: Uint8Array, { at, bytes }: Landmark): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const truth = bytes === 4 ? view.getUint32(at) : bytes === 2 ? view.getUint16(at) : view.getUint8(at);
  const candidates = [
    random.pick(bytes === 4 ? BOUNDARIES_32 : BOUNDARIES),
    truth + random.integer(-5, 5),
    truth * 2,
    out.length - at + random.integer(-4, 4),
    random.integer(0, 0xffff),
  ];
  const value = random.pick(candidates);
  if (bytes === 4) view.setUint32(at, value);
  else if (bytes === 2) view.setUint16(at, value);
  else view.setUint8(at, value);
}

function truncate(random: Random, datagram: Uint8Array): Uint8Array {
  return datagram.slice(0, random.integer(0, datagram.length - 1));
}

/** Cuts out a piece of the structure, or any range. */
function remove(random: Random, datagram: Uint8Array): Uint8Array {
  const { at, end } = pickRange(random, datagram);
  return join(datagram.subarray(0, at), datagram.subarray(end));
}

function duplicate(random: Random, datagram: Uint8Array): Uint8Array {
  const { at, end } = pickRange(random, datagram);
  const times = random.chance(0.05) ? random.integer(2, 200) : 1;
  const copies = Array.from({ length: times }, () => datagram.subarray(at, end));
  return join(datagram.subarray(0, end), ...copies, datagram.subarray(end));
}

/** A range from one place to another: pieces out of order, data before templates. */
function move(random: Random, datagram: Uint8Array): Uint8Array {
  const { at, end } = pickRange(random, datagram);
  const rest = join(datagram.subarray(0, at), datagram.subarray(end));
  const to = random.integer(0, rest.length);
  return join(rest.subarray(0, to), datagram.subarray(at, end), rest.subarray(to));
}

function pickRange(random: Random, datagram: Uint8Array): { at: number; end: number } {
  const { pieces } = readStructure(datagram);
  if (pieces.length > 0 && random.chance(0.6)) return random.pick(pieces);
  const at = random.integer(0, datagram.length - 1);
  return { at, end: Math.min(datagram.length, at + random.integer(1, 64)) };
}

/** The start of one, the end of another. */
function splice(random: Random, datagram: Uint8Array, other: Uint8Array): Uint8Array {
  return join(datagram.subarray(0, random.integer(0, datagram.length)), other.subarray(random.integer(0, other.length)));
}

/** A piece of another in the middle of this one. */
function insert(random: Random, datagram: Uint8Array, other: Uint8Array): Uint8Array {
  const { at, end } = other.length > 0 ? pickRange(random, other) : { at: 0, end: 0 };
  const { at: to } = pickRange(random, datagram);
  return join(datagram.subarray(0, to), other.subarray(at, end), datagram.subarray(to));
}

/** Whole datagrams behind one another. */
function glue(_: Random, datagram: Uint8Array, other: Uint8Array): Uint8Array {
  return join(datagram, other);
}

function extend(random: Random, datagram: Uint8Array): Uint8Array {
  const fill = random.pick([0, 0, 0xff, 1]);
  return join(datagram, new Uint8Array(random.pick([1, 2, 3, 4, 17, 64, 1200])).fill(fill));
}

function scramble(random: Random, datagram: Uint8Array): Uint8Array {
  const out = datagram.slice();
  const at = random.integer(0, out.length - 1);
  for (let i = at; i < Math.min(out.length, at + random.integer(1, 40)); i++) out[i] = random.integer(0, 255);
  return out;
}

const MUTATIONS: readonly { readonly weight: number; readonly mutate: Mutation }[] = [
  { weight: 20, mutate: flipBits },
  { weight: 10, mutate: setBytes },
  { weight: 30, mutate: lie },
  { weight: 5, mutate: truncate },
  { weight: 6, mutate: remove },
  { weight: 6, mutate: duplicate },
  { weight: 5, mutate: move },
  { weight: 5, mutate: splice },
  { weight: 5, mutate: insert },
  { weight: 3, mutate: glue },
  { weight: 3, mutate: extend },
  { weight: 4, mutate: scramble },
];

/** One to three mutations after one another. */
export function mutate(random: Random, datagram: Uint8Array, other: Uint8Array): Uint8Array {
  let out = datagram;
  for (let times = random.weighted(TIMES).times; times > 0 && out.length > 0; times--)
    out = random.weighted(MUTATIONS).mutate(random, out, other);
  return repair(random, out.subarray(0, MAX_DATAGRAM_BYTES));
}

const TIMES = [
  { weight: 6, times: 1 },
  { weight: 3, times: 2 },
  { weight: 1, times: 3 },
];

/** An IPFIX header that disagrees with the datagram hides what was done behind it: usually it is set right again. */
function repair(random: Random, datagram: Uint8Array): Uint8Array {
  if (datagram.length < 16 || datagram[0] !== 0 || datagram[1] !== 10 || random.chance(0.3)) return datagram;
  const out = datagram.slice();
  new DataView(out.buffer).setUint16(2, out.length);
  return out;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
