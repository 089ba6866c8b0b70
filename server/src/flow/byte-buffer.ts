/** A growing array of bytes, with the number forms of ClickHouse's Native format. */
const utf8 = new TextEncoder();

export class ByteBuffer {
  private buffer: Uint8Array;
  private used = 0;

  constructor(initialBytes = 64) {
    this.buffer = new Uint8Array(initialBytes);
  }

  get length(): number {
    return this.used;
  }

  /** View of what was written; valid until the next write. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  /** Cuts to a length that it had before. */
  truncate(length: number): void {
    this.used = length;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  zeros(count: number): void {
    this.reserve(count);
    this.buffer.fill(0, this.used, this.used + count);
    this.used += count;
  }

  integer(value: bigint, width: number): void {
    this.reserve(width);
    let rest = value;
    for (let i = 0; i < width; i++, rest >>= 8n) this.buffer[this.used++] = Number(rest & 0xffn);
  }

  /** LEB128, unsigned. */
  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.buffer[this.used++] = (rest & 0x7f) | 0x80;
    this.buffer[this.used++] = rest;
  }

  /** Length as varint, then the bytes. */
  string(value: string | Uint8Array): void {
    const bytes = typeof value === "string" ? utf8.encode(value) : value;
    this.varint(bytes.length);
    this.append(bytes);
  }

  private reserve(more: number): void {
    if (this.used + more <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.used + more));
    grown.set(this.bytes());
    this.buffer = grown;
  }
}
