/**
 * One column of a FlowBatch: a fixed buffer with the views that writers need. The buffer holds the values as ClickHouse's Native format
 * wants them (little-endian integers, addresses in network order), so encoding is a slice, not a conversion.
 *
 * All views share one buffer: hot loops write a u64 as two u32 halves and an address as four u32, so that no bigint is made per value.
 */
import { isVariableKind, nativeType, STORED_FIELDS, type FieldName, type FixedKind } from "@sillage/model";

/** Bytes of one value in memory and in a Native block. */
const WIDTHS: Readonly<Record<FixedKind, number>> = {
  u8: 1,
  enum8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  mac: 8,
  time: 8,
  ip: 16,
};

export class Column {
  readonly name: FieldName;
  readonly kind: FixedKind;
  /** ClickHouse type, as written in a Native block. */
  readonly type: string;
  /** Bytes of one value. */
  readonly width: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  /** For reading; hot loops write `u32`. */
  readonly u64: BigUint64Array;
  /** Set by whoever writes a value; an untouched column is all zero and is left out of the segment. */
  touched = false;

  constructor(name: FieldName, kind: FixedKind, capacity: number) {
    this.name = name;
    this.kind = kind;
    this.type = nativeType({ kind });
    this.width = WIDTHS[kind];
    const buffer = new ArrayBuffer(Math.ceil((capacity * this.width) / 8) * 8);
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }
}

/** Writes a `time` value. `ms` is epoch milliseconds, any integer a double holds exactly; negative times are two's complement. */
export function setTime(column: Column, row: number, ms: number): void {
  const { u32 } = column;
  u32[row * 2] = ms >>> 0; // ToUint32 is modulo 2^32, also for doubles beyond it
  u32[row * 2 + 1] = Math.floor(ms / 0x1_0000_0000);
}

/** Writes a `u64` or `mac` value that a double holds exactly (below 2^53). */
export function setU64(column: Column, row: number, value: number): void {
  const { u32 } = column;
  u32[row * 2] = value >>> 0;
  u32[row * 2 + 1] = value / 0x1_0000_0000;
}

const stored = STORED_FIELDS.flatMap(({ name, kind }) => (isVariableKind(kind) ? [] : [{ name, kind }]));

const indexes = new Map<FieldName, number>(stored.map((field, index) => [field.name, index]));

/** Position of a stored field of fixed width in `FlowBatch.columns`. */
export function columnIndex(name: FieldName): number {
  const index = indexes.get(name);
  if (index === undefined) throw new Error(`${name} is not a stored field of fixed width`);
  return index;
}

/** Allocates the columns of fixed width, in registry order. */
export function allocateColumns(capacity: number): readonly Column[] {
  return stored.map(({ name, kind }) => new Column(name, kind, capacity));
}
