/**
 * Numbers as text. nfdump's rule: decimal or 0x, decimals with one suffix k m g t in any case, times 1000 (never 1024), no fractions.
 * Ours besides: durations with a unit of time.
 */
import type { FilterNumber } from "./ast.ts";
import type { Problem, ReadValue } from "./problem.ts";

const SUFFIXES: Readonly<Record<string, bigint>> = { k: 1000n, m: 1_000_000n, g: 1_000_000_000n, t: 1_000_000_000_000n };

/** Longest number text; more digits than any 64-bit value has, and a bound on the work. */
const MAX_DIGITS = 32;

export interface NotANumber {
  readonly hint: string | undefined;
}

/** A bigint only where a number would lose digits, so that small values stay plain JSON. */
function narrow(value: bigint): FilterNumber {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Reads a number with suffix. The hint says how to write what was probably meant. */
export function parseNumber(text: string): FilterNumber | NotANumber {
  const match = /^(?:(0x[\da-f]+)|(\d+)([kmgt]?))$/i.exec(text);
  if (match && text.length <= MAX_DIGITS) {
    const [, hex, digits, suffix = ""] = match;
    return narrow(BigInt(hex ?? digits ?? "0") * (SUFFIXES[suffix.toLowerCase()] ?? 1n));
  }
  return { hint: numberHint(text) };
}

function numberHint(text: string): string | undefined {
  const fraction = /^(\d{1,9})\.(\d{1,9})([kmgt])?$/i.exec(text);
  if (fraction) {
    const [, whole = "", part = "", suffix = ""] = fraction;
    const scaled = BigInt(whole + part) * (SUFFIXES[suffix.toLowerCase()] ?? 1n);
    const divisor = 10n ** BigInt(part.length);
    return scaled % divisor === 0n
      ? `numbers have no fractions: write ${formatCount(narrow(scaled / divisor))}`
      : "numbers have no fractions";
  }
  if (/^-/.test(text)) return "numbers are not negative";
  if (/^\d+[kmgt]i?b$/i.test(text)) return "write the suffix alone: k, m, g or t, times 1000 each";
  return undefined;
}

const UNITS_MS: Readonly<Record<string, bigint>> = { ms: 1n, s: 1000n, min: 60_000n, h: 3_600_000n, d: 86_400_000n };

/** Reads `60s`, `5min`, `2h`; undefined for plain numbers. A lone m is nfdump's million, which is worth a word. */
export function parseDuration(text: string): ReadValue | Problem | undefined {
  const match = /^(\d+)([a-z]+)$/i.exec(text);
  if (!match || text.length > MAX_DIGITS) return undefined;
  const [, digits = "", unit = ""] = match;
  const factor = UNITS_MS[unit.toLowerCase()];
  if (factor !== undefined) return { value: narrow(BigInt(digits) * factor) };
  if (unit.toLowerCase() === "m") {
    return {
      value: narrow(BigInt(digits) * 1_000_000n),
      note: `${text} is read as ${digits} million milliseconds, as in nfdump; for minutes write ${digits}min`,
    };
  }
  if (Object.hasOwn(SUFFIXES, unit.toLowerCase()) || /^0x/i.test(text)) return undefined;
  return { message: `${text} is not a duration`, hint: `durations are milliseconds, or have a unit: ${Object.keys(UNITS_MS).join(", ")}` };
}

/** Shortest exact form: 1500000 -> 1500k. */
export function formatCount(value: FilterNumber): string {
  const whole = BigInt(value);
  for (const [suffix, factor] of Object.entries(SUFFIXES).toReversed()) {
    if (whole !== 0n && whole % factor === 0n) return `${whole / factor}${suffix}`;
  }
  return String(value);
}

/** Reads aa:bb:cc:dd:ee:ff (or with dashes) as a 48-bit number. */
export function parseMac(text: string): ReadValue | Problem {
  if (!/^[\da-f]{1,2}([:-][\da-f]{1,2}){5}$/i.test(text))
    return { message: `${text} is not a MAC address`, hint: "write six hexadecimal pairs: 00:1b:54:aa:bb:cc" };
  const value = text.split(/[:-]/).reduce((sum, pair) => sum * 256 + Number.parseInt(pair, 16), 0);
  return { value };
}

export function formatMac(value: FilterNumber): string {
  const digits = BigInt(value).toString(16).padStart(12, "0");
  return digits.match(/../g)!.join(":");
}
