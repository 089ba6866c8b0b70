/** Elements that the operator wants kept although no column is theirs: named text in the column `extra`. */
import { formatAddress, variableIndex, type FlowBatch, type MapColumn } from "../flow/index.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import type { KeptType } from "./elements/element-type.ts";
import type { PlacedField } from "./layout.ts";
import { cleanText, hexText } from "./text-columns.ts";

export interface KeptField {
  readonly place: PlacedField;
  readonly name: string;
  readonly toText: (bytes: Uint8Array) => string;
}

const EXTRA = variableIndex("extra");

/** Rows come in order, so the fields of a record are written together. */
export function writeKept(fields: readonly KeptField[], batch: FlowBatch, chunk: Chunk): void {
  const column = batch.variable[EXTRA] as MapColumn;
  const { view } = chunk;
  for (let i = 0; i < chunk.n; i++) {
    for (const { place, name, toText } of fields) {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + fieldStart(place, chunk, i), fieldLength(place, chunk, i));
      const text = bytes.length === 0 ? "" : toText(bytes);
      if (text !== "") column.push(chunk.row + i, name, text);
    }
  }
}

const decoder = new TextDecoder();

/** A value of one to many bytes as people write it; bytes that cannot be of the type are hexadecimal. */
export function elementText(type: KeptType): (bytes: Uint8Array) => string {
  switch (type) {
    case "string":
      return (bytes) => decoder.decode(cleanText(bytes));
    case "octetArray":
      return hexOf;
    case "boolean":
      return (bytes) => (bytes.length === 1 ? (bytes[0] === 1 ? "true" : bytes[0] === 2 ? "false" : hexOf(bytes)) : hexOf(bytes));
    case "ipv4Address":
      return (bytes) => (bytes.length === 4 ? bytes.join(".") : hexOf(bytes));
    case "ipv6Address":
      return (bytes) => (bytes.length === 16 ? formatAddress(bytes) : hexOf(bytes));
    case "macAddress":
      return (bytes) => (bytes.length === 6 ? Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":") : hexOf(bytes));
    case "float32":
    case "float64":
      return floatText;
    case "signed8":
    case "signed16":
    case "signed32":
    case "signed64":
      return (bytes) => (bytes.length <= 8 ? BigInt.asIntN(bytes.length * 8, integerOf(bytes)).toString() : hexOf(bytes));
    case "unsigned8":
    case "unsigned16":
    case "unsigned32":
    case "unsigned64":
      return (bytes) => (bytes.length <= 8 ? integerOf(bytes).toString() : hexOf(bytes));
    case "dateTimeSeconds":
      return (bytes) => (bytes.length <= 8 ? timeText(integerOf(bytes) * 1000n) : hexOf(bytes));
    case "dateTimeMilliseconds":
      return (bytes) => (bytes.length <= 8 ? timeText(integerOf(bytes)) : hexOf(bytes));
    case "dateTimeMicroseconds":
    case "dateTimeNanoseconds":
      return (bytes) => (bytes.length === 8 ? timeText(ntpMs(integerOf(bytes))) : hexOf(bytes));
  }
}

function hexOf(bytes: Uint8Array): string {
  return decoder.decode(hexText(bytes));
}

function integerOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function floatText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 4 ? String(view.getFloat32(0)) : bytes.length === 8 ? String(view.getFloat64(0)) : hexOf(bytes);
}

/** The last moment a Date holds. */
const MAX_DATE_MS = 8_640_000_000_000_000n;

function timeText(ms: bigint): string {
  return ms <= MAX_DATE_MS ? new Date(Number(ms)).toISOString() : ms.toString();
}

/** 1900-01-01 to 1970-01-01. Unit: s. */
const NTP_EPOCH_SECONDS = 2_208_988_800n;

/** RFC 7011 sections 6.1.9 and 6.1.10: seconds since 1900, or since 2036 in the second era, and a binary fraction. */
function ntpMs(timestamp: bigint): bigint {
  const seconds = timestamp >> 32n;
  const era = seconds < NTP_EPOCH_SECONDS ? 0x1_0000_0000n : 0n;
  return (seconds + era - NTP_EPOCH_SECONDS) * 1000n + (((timestamp & 0xffff_ffffn) * 1000n) >> 32n);
}
