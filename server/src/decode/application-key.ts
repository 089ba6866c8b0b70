/**
 * The number of an application: a classification engine (one byte) and a selector in as many bytes as the exporter likes (RFC 6759 section
 * 4). Tables and records may write it in different lengths, so leading zeros of the selector say nothing.
 */
import type { FactKey } from "./fact.ts";

/** Selectors up to so many bytes fit a number beside the engine: 48 bits. */
const NUMBER_BYTES = 5;

/** Equal for equal applications: a number, or a text where the selector is long (Fortinet: enterprise and application). */
export function applicationKey(view: DataView, at: number, length: number): FactKey {
  const end = at + length;
  let from = at + 1;
  while (from < end && view.getUint8(from) === 0) from++;
  if (end - from > NUMBER_BYTES) {
    let text = String.fromCharCode(view.getUint8(at));
    for (let i = from; i < end; i++) text += String.fromCharCode(view.getUint8(i));
    return text;
  }
  let selector = 0;
  for (let i = from; i < end; i++) selector = selector * 256 + view.getUint8(i);
  return view.getUint8(at) * 2 ** (NUMBER_BYTES * 8) + selector;
}

/** `engine:selector`; a selector that carries the enterprise of its table in front: `20:12356:41475`. */
export function applicationText(key: FactKey): string {
  if (typeof key === "number") {
    const selector = key % 2 ** (NUMBER_BYTES * 8);
    return `${Math.floor(key / 2 ** (NUMBER_BYTES * 8))}:${selector}`;
  }
  const bytes = Array.from(key, (char) => char.charCodeAt(0));
  const number = (part: readonly number[]): bigint => part.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const [engine, ...selector] = bytes;
  if (engine !== PRIVATE_ENGINE || selector.length <= 4) return `${engine}:${number(selector)}`;
  return `${engine}:${number(selector.slice(0, -4))}:${number(selector.slice(-4))}`;
}

/** PANA-L7-PEN: the selector begins with a private enterprise number. RFC 6759 section 4.1. */
const PRIVATE_ENGINE = 20;
