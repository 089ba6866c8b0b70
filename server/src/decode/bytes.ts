/** Reading a datagram's ends and addresses. */

/** True when [at, end) holds only zeros. */
export function isAllZero(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (view.getUint8(i) !== 0) return false;
  return true;
}

/** Copies a 16-byte address into four words in memory order. */
export function toAddressWords(bytes: Uint8Array, out: Uint32Array): void {
  for (let word = 0; word < 4; word++) {
    const at = word * 4;
    out[word] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
}
