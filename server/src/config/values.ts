/**
 * The kinds of value a configuration file holds besides text and numbers. Durations and sizes carry their unit in the file ("5s",
 * "512MiB") and are plain numbers, milliseconds or bytes, from the moment the file is read: `30` alone would leave the reader guessing.
 */
import { z } from "zod";

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
const BIT_RATE_UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const BIT_RATE = /^(\d+(?:\.\d+)?)(K|M|G|T)$/;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const SIZE = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)$/;

/** Text of a duration or size to its number; undefined for anything else. */
function parseWithUnit(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * units[match[2]!]!);
}

/** Largest unit that divides the number, so that a value prints the way people write it. */
function formatWithUnit(value: number, units: Readonly<Record<string, number>>): string {
  let best: [string, number] = ["", 1];
  for (const [unit, factor] of Object.entries(units)) if (value % factor === 0 || best[0] === "") best = [unit, factor];
  return `${value / best[1]}${best[0]}`;
}

/** "5s" to 5000; undefined if the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  return parseWithUnit(text, DURATION, DURATION_UNITS);
}

/** 5000 to "5s". */
export function formatDuration(ms: number): string {
  return ms === 0 ? "0s" : formatWithUnit(ms, DURATION_UNITS);
}

/** "512MiB" to 536870912; undefined if the text is not a size. */
export function parseSizeBytes(text: string): number | undefined {
  return parseWithUnit(text, SIZE, SIZE_UNITS);
}

/** 536870912 to "512MiB". */
export function formatSize(bytes: number): string {
  return bytes === 0 ? "0B" : formatWithUnit(bytes, SIZE_UNITS);
}

/** "10G" to 10,000,000,000 bit/s; undefined if the text is not a bit rate. */
function parseBitRate(text: string): number | undefined {
  return parseWithUnit(text, BIT_RATE, BIT_RATE_UNITS);
}

/** 10,000,000,000 bit/s to "10G". */
export function formatBitRate(bitsPerSecond: number): string {
  return formatWithUnit(bitsPerSecond, BIT_RATE_UNITS);
}

/** Bounds of a duration or size, both inclusive, written as in the file. */
export interface Bounds {
  readonly min?: string;
  readonly max?: string;
}

interface UnitKind {
  readonly what: string;
  readonly example: string;
  readonly parse: (text: string) => number | undefined;
}

function valueWithUnit(kind: UnitKind, bounds: Bounds) {
  const min = bounds.min === undefined ? 0 : kind.parse(bounds.min)!;
  const max = bounds.max === undefined ? Number.MAX_SAFE_INTEGER : kind.parse(bounds.max)!;
  const range =
    bounds.min === undefined
      ? bounds.max === undefined
        ? ""
        : `, at most ${bounds.max}`
      : bounds.max === undefined
        ? `, at least ${bounds.min}`
        : ` from ${bounds.min} to ${bounds.max}`;
  const expected = `expected a ${kind.what}${range}, such as "${kind.example}"`;
  return z
    .string({ error: expected })
    .transform((text, context) => {
      const value = kind.parse(text);
      if (value !== undefined && value >= min && value <= max) return value;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    })
    .meta({ unitKind: `${kind.what}${range}` });
}

/** A duration such as "500ms", "5s", "10m", "36h" or "30d". Parsed: milliseconds. Give defaults with `.prefault("5s")`. */
export function duration(bounds: Bounds = {}) {
  return valueWithUnit({ what: "duration", example: "5s", parse: parseDurationMs }, bounds);
}

/** A size such as "64KiB", "512MiB" or "10GiB". Parsed: bytes. Give defaults with `.prefault("512MiB")`. */
export function size(bounds: Bounds = {}) {
  return valueWithUnit({ what: "size", example: "512MiB", parse: parseSizeBytes }, bounds);
}

/** A bit rate such as "100M" or "10G" (thousands, as of interfaces). Parsed: bits per second. */
export function bitRate() {
  return valueWithUnit({ what: "bit rate", example: "10G", parse: parseBitRate }, {});
}

/** A UDP or TCP port. 0 lets the system choose one, which tests use. */
export function port() {
  return z
    .int({ error: "expected a port from 0 to 65535" })
    .min(0, "expected a port from 0 to 65535")
    .max(65_535, "expected a port from 0 to 65535")
    .meta({ unitKind: "port from 0 to 65535" });
}
