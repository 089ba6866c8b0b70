/**
 * IPFIX messages out of a byte stream (a TCP connection or a file), where nothing but the length in its header tells where a message ends.
 * RFC 7011 section 10.4.3, protocols of streams.
 *
 *   version u16 (10), length u16 (header included, at least 16), ...
 *
 * A stream whose next bytes are no such header has lost its framing for good. Holds at most one message, 65,535 bytes, whatever comes.
 */

const VERSION = 10;
const HEADER_BYTES = 16;
const SET_HEADER_BYTES = 4;
/** Bytes of the header that tell the length. */
const LENGTH_BYTES = 4;
const FIRST_BUFFER_BYTES = 2_048;

const NOTHING = new Uint8Array(0);

export class IpfixFramer {
  /** The message that has begun: `held` bytes of it. */
  private buffer = NOTHING;
  private held = 0;
  private broken = false;
  /** Bytes from where framing was lost. */
  private lost = 0;

  /** Bytes of the message that has begun; 0 between two messages. */
  get pendingBytes(): number {
    return this.broken ? 0 : this.held;
  }

  /** The message that has begun, as far as it is here. */
  get pending(): Uint8Array {
    return this.buffer.subarray(0, this.pendingBytes);
  }

  get isBroken(): boolean {
    return this.broken;
  }

  /** Bytes that could not be framed; they are not kept. */
  get lostBytes(): number {
    return this.lost;
  }

  /** Takes the next bytes and calls `visit` for each message they complete: a view of the chunk, or memory of its own. */
  push(chunk: Uint8Array, visit: (message: Uint8Array) => void): void {
    let at = this.held > 0 && !this.broken ? this.complete(chunk, visit) : 0;
    while (!this.broken && chunk.length - at >= LENGTH_BYTES) {
      const length = messageLength(chunk, at);
      if (length === 0) this.break();
      else if (length > chunk.length - at) break;
      else {
        visit(chunk.subarray(at, at + length));
        at += length;
      }
    }
    if (this.broken) this.lost += chunk.length - at;
    else if (at < chunk.length) this.hold(chunk, at, chunk.length);
  }

  /** Adds to the message that has begun. @returns bytes of the chunk that belong to it */
  private complete(chunk: Uint8Array, visit: (message: Uint8Array) => void): number {
    let at = 0;
    if (this.held < LENGTH_BYTES) {
      at = Math.min(LENGTH_BYTES - this.held, chunk.length);
      this.hold(chunk, 0, at);
      if (this.held < LENGTH_BYTES) return at;
    }
    const length = messageLength(this.buffer, 0);
    if (length === 0) {
      this.break();
      return at;
    }
    const end = Math.min(at + length - this.held, chunk.length);
    this.hold(chunk, at, end);
    if (this.held < length) return end;
    const message = this.buffer.subarray(0, length);
    this.held = 0;
    this.buffer = NOTHING; // it is the visitor's now
    visit(message);
    return end;
  }

  private hold(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.held + to - from;
    if (needed > this.buffer.length) {
      // Grows with what has come, never by what a header claims; a claim is 65,535 at most.
      const grown = new Uint8Array(Math.max(FIRST_BUFFER_BYTES, needed, Math.min(this.buffer.length * 2, 0xffff)));
      grown.set(this.buffer.subarray(0, this.held));
      this.buffer = grown;
    }
    this.buffer.set(chunk.subarray(from, to), this.held);
    this.held = needed;
  }

  private break(): void {
    this.broken = true;
    this.lost += this.held;
    this.held = 0;
    this.buffer = NOTHING;
  }
}

/** Length of the message whose header begins here; 0 when it is none. */
function messageLength(bytes: Uint8Array, at: number): number {
  const version = (bytes[at]! << 8) | bytes[at + 1]!;
  const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return version === VERSION && length >= HEADER_BYTES ? length : 0;
}

/** Whether bytes may well be the begin of an IPFIX message, judged by its header and that of its first set: for streams of unknown content. */
export function looksLikeIpfix(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  const length = messageLength(bytes, 0);
  if (length < HEADER_BYTES + SET_HEADER_BYTES) return length === HEADER_BYTES;
  if (bytes.length < HEADER_BYTES + SET_HEADER_BYTES) return true;
  const setId = (bytes[HEADER_BYTES]! << 8) | bytes[HEADER_BYTES + 1]!;
  const setLength = (bytes[HEADER_BYTES + 2]! << 8) | bytes[HEADER_BYTES + 3]!;
  return (setId === 2 || setId === 3 || setId >= 256) && setLength >= SET_HEADER_BYTES && setLength <= length - HEADER_BYTES;
}
