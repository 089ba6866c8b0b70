/** Values of single fields, for what is read record by record: options, sampling rates. The hot loops have their own readers. */
import { formatAddress } from "../flow/index.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { PlacedField } from "./layout.ts";

/** An unsigned integer of 1 to 8 bytes (RFC 7011 section 6.2) as a double, exact below 2^53; 0 for anything else. */
export function readNumber(place: PlacedField, chunk: Chunk, i: number): number {
  const length = fieldLength(place, chunk, i);
  if (length === 0 || length > 8) return 0;
  const at = fieldStart(place, chunk, i);
  const low = readLow(chunk.view, at, length) >>> 0;
  return length > 4 ? (readLow(chunk.view, at, length - 4) >>> 0) * 0x1_0000_0000 + low : low;
}

/** A float64, or a float32 as its reduced size; NaN for anything else. */
export function readFloat(place: PlacedField, chunk: Chunk, i: number): number {
  const at = fieldStart(place, chunk, i);
  switch (fieldLength(place, chunk, i)) {
    case 4:
      return chunk.view.getFloat32(at);
    case 8:
      return chunk.view.getFloat64(at);
    default:
      return Number.NaN;
  }
}

/** Bytes of a text that are looked at, and characters that are kept. */
const MAX_TEXT_BYTES = 4_096;
const MAX_CHARS = 256;

const lenient = new TextDecoder("utf-8");
// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text that people read: invalid bytes become U+FFFD; control characters and the NULs that fill fields of fixed length go. */
export function readFieldText(place: PlacedField, chunk: Chunk, i: number): string {
  return lenient
    .decode(bytesOf(place, chunk, i, MAX_TEXT_BYTES))
    .replace(CONTROLS, "")
    .trim()
    .slice(0, MAX_CHARS);
}

/** An address as text; empty for anything else than 4 or 16 bytes. */
export function readAddress(place: PlacedField, chunk: Chunk, i: number): string {
  const length = fieldLength(place, chunk, i);
  if (length !== 4 && length !== 16) return "";
  const bytes = new Uint8Array(16);
  if (length === 4) bytes.set([0xff, 0xff], 10);
  bytes.set(bytesOf(place, chunk, i), 16 - length);
  return formatAddress(bytes);
}

export function readMac(place: PlacedField, chunk: Chunk, i: number): string {
  return Array.from(bytesOf(place, chunk, i), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function bytesOf(place: PlacedField, chunk: Chunk, i: number, max = MAX_BYTES): Uint8Array {
  const at = chunk.view.byteOffset + fieldStart(place, chunk, i);
  return new Uint8Array(chunk.view.buffer, at, Math.min(fieldLength(place, chunk, i), max));
}

/** Bytes shown of a value that is neither number nor text. */
const MAX_BYTES = 64;

/** A field of unknown type: an integer, text where all of it can be read, else hexadecimal. */
export function readAnything(place: PlacedField, chunk: Chunk, i: number): number | string {
  const length = fieldLength(place, chunk, i);
  if (length <= 8) return readNumber(place, chunk, i);
  const text = readFieldText(place, chunk, i);
  if (/^[\x20-\x7e]+$/.test(text)) return text;
  return Buffer.from(bytesOf(place, chunk, i)).toString("hex");
}

/**
 * A route distinguisher as routers print it, `65000:100` or `192.0.2.1:100`; empty for anything else. RFC 4364 section 4.2: a type in two
 * bytes, then an administrator of two or four bytes and a number in the rest.
 */
export function readRouteDistinguisher(place: PlacedField, chunk: Chunk, i: number): string {
  if (fieldLength(place, chunk, i) !== 8) return "";
  const { view } = chunk;
  const at = fieldStart(place, chunk, i);
  switch (view.getUint16(at)) {
    case 0:
      return `${view.getUint16(at + 2)}:${view.getUint32(at + 4)}`;
    case 1:
      return `${[2, 3, 4, 5].map((byte) => view.getUint8(at + byte)).join(".")}:${view.getUint16(at + 6)}`;
    case 2:
      return `${view.getUint32(at + 2)}:${view.getUint16(at + 6)}`;
    default:
      return "";
  }
}
