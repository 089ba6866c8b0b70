/**
 * Looks through a body in ClickHouse's Native format without decoding it: which blocks, which columns, how many rows. So a cut, a
 * foreign or a mislabelled file is found before the database sees it. The format is drawn in flow/native.ts.
 */
import { NARROWER_TYPES } from "../flow/index.ts";
import type { SegmentColumn } from "./segment.ts";

export class LayoutError extends Error {
  override readonly name = "LayoutError";
}

const WIDTHS: Readonly<Record<string, number>> = {
  ...{ UInt8: 1, UInt16: 2, UInt32: 4, UInt64: 8 },
  ...{ Int64: 8, IPv4: 4, IPv6: 16, "DateTime('UTC')": 4 },
};

/**
 * Rows of all blocks.
 * @throws LayoutError when the bytes are not blocks of exactly these columns, each of its type or a narrower one
 */
export function countNativeRows(body: Uint8Array, columns: readonly SegmentColumn[]): number {
  const cursor = new Cursor(body);
  let total = 0;
  while (!cursor.atEnd) {
    const count = cursor.varint();
    if (count !== columns.length) throw new LayoutError(`a block has ${count} columns instead of ${columns.length}`);
    const rows = cursor.varint();
    for (const column of columns) {
      const name = cursor.text();
      const type = cursor.text();
      if (name !== column.name || !holds(column.type, type))
        throw new LayoutError(`a block has the column ${name} ${type} instead of ${column.name} ${column.type}`);
      cursor.skipValues(type, rows);
    }
    total += rows;
  }
  return total;
}

function holds(wanted: string, type: string): boolean {
  return type === wanted || NARROWER_TYPES[wanted]?.includes(type) === true;
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** LEB128; numbers beyond 2^53 cannot occur in a body that fits into memory. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new LayoutError("the body ends within a number");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new LayoutError("a number in the body is too long");
  }

  text(): string {
    const length = this.varint();
    const start = this.#at;
    this.#skip(length);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length).toString("utf8");
  }

  skipValues(type: string, rows: number): void {
    if (type === "String") {
      for (let row = 0; row < rows; row++) this.#skip(this.varint());
      return;
    }
    if (type.startsWith("Array(")) {
      this.skipValues(type.slice("Array(".length, -1), this.lastOffset(rows));
      return;
    }
    if (type === "Map(String, String)") {
      const pairs = this.lastOffset(rows);
      this.skipValues("String", pairs * 2); // all keys, then all values
      return;
    }
    const width = type.startsWith("DateTime64(") ? 8 : WIDTHS[type];
    if (width === undefined) throw new LayoutError(`columns of the type ${type} do not travel in segments`);
    this.#skip(width * rows);
  }

  /** Cumulative counts, u64 a row. @returns the last: how many items all rows have together */
  lastOffset(rows: number): number {
    const end = this.#at + rows * 8;
    this.#skip(rows * 8);
    if (rows === 0) return 0;
    const items = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + end - 8, 8).getBigUint64(0, true);
    // Every item takes a byte at least, so a count beyond the body is a lie.
    if (items > BigInt(this.#bytes.length)) throw new LayoutError("a list in the body counts more items than the body has bytes");
    return Number(items);
  }

  #skip(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) throw new LayoutError("the body ends within a column");
    this.#at += bytes;
  }
}
