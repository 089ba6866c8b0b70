/** How saved states write addresses, and the checks of what is read back: a file may be cut off, edited, or of another program. */

/** Four words in memory order as 32 hexadecimal digits. */
export function toHex(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, 16).toString("hex");
}

/** Takes `toHex` back; undefined when the value is something else. */
export function parseAddressWords(value: unknown): Uint32Array | undefined {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value)
    ? new Uint32Array(Uint8Array.from(Buffer.from(value, "hex")).buffer)
    : undefined;
}

export function isInteger(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

export function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
