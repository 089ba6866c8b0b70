/**
 * Memory for segments that wait for the disk, used again and again: a busy collector fills tens of segments of several MB a second, and
 * each new allocation of that size brings the next full garbage collection closer.
 */

/** Bodies below this are cheap to allocate. */
const SMALLEST_BYTES = 1 << 18;
/** Buffers kept while nobody uses them: as many as are written at once. */
const MAX_FREE = 4;

export class BodyPool {
  #free: Uint8Array[] = [];

  /** The pieces one after the other, in memory of the pool's or new one. */
  join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
    const body = this.#take(bytes);
    let at = 0;
    for (const piece of pieces) {
      body.set(piece, at);
      at += piece.byteLength;
    }
    return body;
  }

  /** Gives memory back; the caller must not look at it again. */
  give(body: Uint8Array): void {
    if (body.buffer.byteLength < SMALLEST_BYTES || this.#free.length >= MAX_FREE) return;
    this.#free.push(new Uint8Array(body.buffer));
  }

  #take(bytes: number): Uint8Array {
    if (bytes < SMALLEST_BYTES) return new Uint8Array(bytes);
    const fits = this.#free.findIndex((free) => free.byteLength >= bytes);
    const [free] = fits < 0 ? [] : this.#free.splice(fits, 1);
    // A power of two, so that segments of about the same size can take each other's place.
    return (free ?? new Uint8Array(2 ** Math.ceil(Math.log2(bytes)))).subarray(0, bytes);
  }
}
