/**
 * Columns of a FlowBatch whose values have no fixed length. Values are appended in row order, already in the form of ClickHouse's Native
 * format; a row that nobody writes is empty. Only the row written last may be written again (a better value for the same row).
 *
 *   string  per row: varint length, bytes
 *   u32s    per row: end of its numbers as u64 (cumulative); then all numbers, u32
 *   map     per row: end of its pairs as u64 (cumulative); then all keys as strings, then all values as strings
 */
import { isVariableKind, nativeType, STORED_FIELDS, type FieldName, type VariableKind } from "@sillage/model";
import { ByteBuffer } from "./byte-buffer.ts";

/** Text of a row is cut here: no name is longer, and a sender must not fill the disk with one. Unit: bytes. */
export const MAX_TEXT_BYTES = 4_096;

const decoder = new TextDecoder();

/** What FlowBatch and the encoder ask of each of them. */
export interface VariableColumn {
  readonly name: FieldName;
  readonly kind: VariableKind;
  /** ClickHouse type, as written in a Native block. */
  readonly type: string;
  /** Set by writing a value; an untouched column is left out of the segment. */
  readonly touched: boolean;
  /** Memory in use. */
  readonly byteLength: number;
  /** Forgets the values of rows from `rows` on. */
  truncate(rows: number): void;
  /** The values of rows 0 .. rows - 1 as in a Native block. Views: copy or write them before the batch is reset. */
  encode(rows: number): Uint8Array[];
}

export class TextColumn implements VariableColumn {
  readonly name: FieldName;
  readonly kind = "string";
  readonly type = nativeType({ kind: "string" });
  private readonly out = new ByteBuffer(0);
  /** Start of each written row in `out`. */
  private readonly starts: Uint32Array;
  private rows = 0;
  private hasValue = false;

  constructor(name: FieldName, capacity: number) {
    this.name = name;
    this.starts = new Uint32Array(capacity);
  }

  get touched(): boolean {
    return this.hasValue;
  }

  get byteLength(): number {
    return this.out.length;
  }

  /** Writes UTF-8 text, cut at MAX_TEXT_BYTES. Rows come in order. */
  set(row: number, utf8: Uint8Array): void {
    if (row < this.rows) this.truncate(row);
    if (utf8.length === 0) return; // an unwritten row is empty
    this.fillUpTo(row);
    this.starts[row] = this.out.length;
    this.out.string(utf8.length > MAX_TEXT_BYTES ? cutUtf8(utf8) : utf8);
    this.rows = row + 1;
    this.hasValue = true;
  }

  /** Bytes of the text of a row; empty where none was written. A view: valid until the next write. */
  bytesOf(row: number): Uint8Array {
    if (row >= this.rows) return EMPTY;
    const bytes = this.out.bytes();
    const next = row + 1 < this.rows ? this.starts[row + 1]! : bytes.length;
    let at = this.starts[row]!;
    while (bytes[at]! >= 0x80) at++;
    return bytes.subarray(at + 1, next);
  }

  textOf(row: number): string {
    return decoder.decode(this.bytesOf(row));
  }

  truncate(rows: number): void {
    if (rows >= this.rows) return;
    this.out.truncate(this.starts[rows]!);
    this.rows = rows;
    if (rows === 0) this.hasValue = false;
  }

  encode(rows: number): Uint8Array[] {
    this.fillUpTo(rows);
    return [this.out.bytes()];
  }

  private fillUpTo(row: number): void {
    const missing = row - this.rows;
    if (missing <= 0) return;
    for (let i = this.rows, at = this.out.length; i < row; i++, at++) this.starts[i] = at;
    this.out.zeros(missing);
    this.rows = row;
  }
}

export class ListColumn implements VariableColumn {
  readonly name: FieldName;
  readonly kind = "u32s";
  readonly type = nativeType({ kind: "u32s" });
  private values = new Uint32Array(16);
  private readonly ends: Ends;

  constructor(name: FieldName, capacity: number) {
    this.name = name;
    this.ends = new Ends(capacity);
  }

  get touched(): boolean {
    return this.ends.total > 0;
  }

  get byteLength(): number {
    return this.ends.total * 4;
  }

  /** Appends a number to the list of a row. Rows come in order. */
  push(row: number, value: number): void {
    const at = this.ends.add(row);
    if (at === this.values.length) {
      const grown = new Uint32Array(at * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[at] = value;
  }

  /** A view: valid until the next write. */
  valuesOf(row: number): Uint32Array {
    return this.values.subarray(this.ends.start(row), this.ends.end(row));
  }

  truncate(rows: number): void {
    this.ends.truncate(rows);
  }

  encode(rows: number): Uint8Array[] {
    return [this.ends.encode(rows), new Uint8Array(this.values.buffer, 0, this.ends.total * 4)];
  }
}

export class MapColumn implements VariableColumn {
  readonly name: FieldName;
  readonly kind = "map";
  readonly type = nativeType({ kind: "map" });
  private readonly keys: string[] = [];
  private readonly values: string[] = [];
  private bytes = 0;
  private readonly ends: Ends;

  constructor(name: FieldName, capacity: number) {
    this.name = name;
    this.ends = new Ends(capacity);
  }

  get touched(): boolean {
    return this.ends.total > 0;
  }

  get byteLength(): number {
    return this.bytes;
  }

  /** Appends a pair to the map of a row. Rows come in order; a value is cut at MAX_TEXT_BYTES. */
  push(row: number, key: string, value: string): void {
    const at = this.ends.add(row);
    this.keys.length = this.values.length = at;
    this.keys.push(key);
    this.values.push(value.length > MAX_TEXT_BYTES ? value.slice(0, MAX_TEXT_BYTES) : value);
    this.bytes += key.length + value.length;
  }

  entriesOf(row: number): [key: string, value: string][] {
    const out: [string, string][] = [];
    for (let i = this.ends.start(row); i < this.ends.end(row); i++) out.push([this.keys[i]!, this.values[i]!]);
    return out;
  }

  truncate(rows: number): void {
    this.ends.truncate(rows);
    this.keys.length = this.values.length = this.ends.total;
    if (this.ends.total === 0) this.bytes = 0;
  }

  encode(rows: number): Uint8Array[] {
    const [keys, values] = [new ByteBuffer(), new ByteBuffer()];
    for (let i = 0; i < this.ends.total; i++) {
      keys.string(this.keys[i]!);
      values.string(this.values[i]!);
    }
    return [this.ends.encode(rows), keys.bytes(), values.bytes()];
  }
}

/** Where the items of each row end in a list of all items. */
class Ends {
  total = 0;
  private readonly ends: Uint32Array;
  private rows = 0;

  constructor(capacity: number) {
    this.ends = new Uint32Array(capacity);
  }

  /** Counts one more item of a row. @returns its position among all items */
  add(row: number): number {
    if (row < this.rows - 1) this.truncate(row);
    for (; this.rows <= row; this.rows++) this.ends[this.rows] = this.total;
    this.ends[row] = this.total + 1;
    return this.total++;
  }

  start(row: number): number {
    return row === 0 ? 0 : this.end(row - 1);
  }

  end(row: number): number {
    return row < this.rows ? this.ends[row]! : this.total;
  }

  truncate(rows: number): void {
    if (rows >= this.rows) return;
    this.total = this.start(rows);
    this.rows = rows;
  }

  /** Cumulative counts as u64. */
  encode(rows: number): Uint8Array {
    const out = new Uint32Array(rows * 2);
    for (let row = 0; row < rows; row++) out[row * 2] = this.end(row);
    return new Uint8Array(out.buffer);
  }
}

const EMPTY = new Uint8Array(0);

/** Cuts at MAX_TEXT_BYTES, not inside a character. */
function cutUtf8(utf8: Uint8Array): Uint8Array {
  let end = MAX_TEXT_BYTES;
  while (end > 0 && (utf8[end]! & 0xc0) === 0x80) end--;
  return utf8.subarray(0, end);
}

const variable = STORED_FIELDS.flatMap(({ name, kind }) => (isVariableKind(kind) ? [{ name, kind }] : []));
const indexes = new Map<FieldName, number>(variable.map(({ name }, index) => [name, index]));

/** Position of a stored field of variable length in `FlowBatch.variable`. */
export function variableIndex(name: FieldName): number {
  const index = indexes.get(name);
  if (index === undefined) throw new Error(`${name} is not a stored field of variable length`);
  return index;
}

/** Allocates the columns of variable length, in registry order. */
export function allocateVariableColumns(capacity: number): readonly (TextColumn | ListColumn | MapColumn)[] {
  return variable.map(({ name, kind }) => {
    switch (kind) {
      case "string":
        return new TextColumn(name, capacity);
      case "u32s":
        return new ListColumn(name, capacity);
      case "map":
        return new MapColumn(name, capacity);
    }
  });
}
