/** Text from the wire: people read it, so it is UTF-8 without control characters, and of bounded length. */

/** Bytes of a text that are looked at. */
const MAX_TEXT_BYTES = 4_096;

const decoder = new TextDecoder("utf-8");
// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** Invalid bytes become U+FFFD, control characters and the NULs that fill fixed-length fields go. @param maxChars the rest is cut off */
export function readText(view: DataView, at: number, { length, maxChars }: { readonly length: number; readonly maxChars: number }): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, MAX_TEXT_BYTES));
  return decoder.decode(bytes).replace(CONTROLS, "").trim().slice(0, maxChars);
}
