/**
 * ClickHouse Native encoding of a batch and of small tables.
 *
 *   block  = varint columns, varint rows, column*
 *   column = string name, string type, values          string = varint length, UTF-8 bytes
 *   values = little-endian integers; IPv6: 16 bytes in network order; DateTime64(3): Int64 milliseconds; String: string;
 *            Array and Map: see variable-column.ts
 *
 * Source: ClickHouse docs, formats/Native; without the block info that only the TCP protocol has.
 */
import ipaddr from "ipaddr.js";
import { parseAddress } from "./address-text.ts";
import { ByteBuffer } from "./byte-buffer.ts";
import type { FlowBatch } from "./flow-batch.ts";
import { narrowestForm } from "./narrow-column.ts";

export interface NativeColumn {
  readonly name: string;
  /** ClickHouse type. */
  readonly type: string;
}

export interface NativeBlock {
  readonly rows: number;
  /** Types of the table; those in the body may be narrower, see narrow-column.ts. */
  readonly columns: NativeColumn[];
  /** Pieces of the block in order. Views into the batch: write or copy them before the batch is reset. */
  readonly body: Uint8Array[];
}

/** DateTime64 takes epoch milliseconds; IPv6 takes 16 bytes or text. */
export type NativeValue = number | bigint | string | Uint8Array;

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1)
  throw new Error("Sillage needs a little-endian machine: its columns are stored as ClickHouse reads them");

/** Encodes the touched columns of a batch. An empty batch gives an empty body. */
export function encodeFlowBatch(batch: FlowBatch): NativeBlock {
  const { rows } = batch;
  batch.settle();
  const fixed = batch.columns.filter((column) => column.touched);
  const variable = batch.variable.filter((column) => column.touched);
  if (rows === 0 || fixed.length === 0) return { rows: 0, columns: [], body: [] };
  const body: Uint8Array[] = [blockHead(fixed.length + variable.length, rows)];
  for (const column of fixed) {
    const { type, bytes } = narrowestForm(column, rows);
    body.push(columnHead({ name: column.name, type }), bytes);
  }
  for (const column of variable) body.push(columnHead(column), ...column.encode(rows));
  return { rows, columns: [...fixed, ...variable].map(({ name, type }) => ({ name, type })), body };
}

/**
 * Encodes a small table given row by row (counters, exporters, loss). Not for flows: it visits every value.
 * @throws RangeError for a value that its column cannot hold, TypeError for a type this encoder does not know
 */
export function encodeNative(columns: readonly NativeColumn[], rows: readonly (readonly NativeValue[])[]): NativeBlock {
  if (rows.length === 0) return { rows: 0, columns: [...columns], body: [] };
  const body: Uint8Array[] = [blockHead(columns.length, rows.length)];
  columns.forEach((column, at) => {
    const write = valueWriter(column);
    const out = new ByteBuffer();
    for (const row of rows) {
      const value = row[at];
      if (value === undefined) throw new RangeError(`column ${column.name}: a row has ${row.length} values, not ${columns.length}`);
      write(out, value);
    }
    body.push(columnHead(column), out.bytes());
  });
  return { rows: rows.length, columns: [...columns], body };
}

function blockHead(columns: number, rows: number): Uint8Array {
  const out = new ByteBuffer();
  out.varint(columns);
  out.varint(rows);
  return out.bytes();
}

function columnHead({ name, type }: NativeColumn): Uint8Array {
  const out = new ByteBuffer();
  out.string(name);
  out.string(type);
  return out.bytes();
}

interface IntegerType {
  readonly bytes: number;
  readonly least: bigint;
  readonly most: bigint;
}

const unsigned = (bytes: number): IntegerType => ({ bytes, least: 0n, most: (1n << BigInt(bytes * 8)) - 1n });

/** DateTime is seconds since the epoch. */
const INTEGERS: Readonly<Record<string, IntegerType>> = {
  UInt8: unsigned(1),
  UInt16: unsigned(2),
  UInt32: unsigned(4),
  UInt64: unsigned(8),
  Int64: { bytes: 8, least: -(1n << 63n), most: (1n << 63n) - 1n },
  "DateTime('UTC')": unsigned(4),
};

function valueWriter({ name, type }: NativeColumn): (out: ByteBuffer, value: NativeValue) => void {
  const refuse = (value: NativeValue): never => {
    throw new RangeError(`column ${name}: ${String(value)} is not a ${type}`);
  };
  const integers = INTEGERS[type];
  if (integers !== undefined) {
    const { bytes, least, most } = integers;
    return (out, value) => {
      if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return refuse(value);
      const integer = BigInt(value as number | bigint);
      if (integer < least || integer > most) return refuse(value);
      out.integer(BigInt.asUintN(bytes * 8, integer), bytes);
    };
  }
  if (type.startsWith("DateTime64(3")) {
    return (out, value) => {
      if (typeof value !== "number" || !Number.isSafeInteger(value)) return refuse(value);
      out.integer(BigInt.asUintN(64, BigInt(value)), 8);
    };
  }
  if (type === "IPv6") {
    return (out, value) => {
      const bytes = typeof value === "string" && ipaddr.isValid(value) ? parseAddress(value) : value;
      if (!(bytes instanceof Uint8Array) || bytes.length !== 16) return refuse(value);
      out.append(bytes);
    };
  }
  if (type === "String") {
    return (out, value) => {
      if (typeof value !== "string") return refuse(value);
      out.string(value);
    };
  }
  throw new TypeError(`column ${name}: the Native encoder does not know the type ${type}`);
}
