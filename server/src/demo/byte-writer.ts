/** Builds messages in network byte order. Grows as needed; not for hot paths. */
import { parseAddress } from "../flow/index.ts";

export class ByteWriter {
  private buffer = new Uint8Array(256);
  private view = new DataView(this.buffer.buffer);
  length = 0;

  u8(value: number): this {
    const at = this.grow(1);
    this.view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.grow(2);
    this.view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.grow(4);
    this.view.setUint32(at, value);
    return this;
  }

  /** A non-negative integer below 2^53. */
  u64(value: number): this {
    return this.u32(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000);
  }

  bytes(bytes: Uint8Array): this {
    const at = this.grow(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  zeros(count: number): this {
    this.grow(count);
    return this;
  }

  /** Four bytes of an IPv4 address. */
  ipv4(address: string): this {
    return this.bytes(parseAddress(address).subarray(12));
  }

  /** Sixteen bytes of an IPv6 address. */
  ipv6(address: string): this {
    return this.bytes(parseAddress(address));
  }

  /** Writes over two bytes that are there already: a length that is known only now. */
  setU16(at: number, value: number): this {
    this.view.setUint16(at, value);
    return this;
  }

  setU32(at: number, value: number): this {
    this.view.setUint32(at, value);
    return this;
  }

  /** What was written, as an array of its own. */
  build(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private grow(by: number): number {
    const at = this.length;
    this.length += by;
    if (this.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length));
      grown.set(this.buffer);
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
}
