/**
 * A sampling rate, 1 in N, from the words that exporters have for it: NetFlow v9's interval (34) and random interval (50), and the PSAMP
 * parameters of RFC 5477 by their algorithm (304):
 *
 *   1 systematic, by count  305 packets taken, 306 left out            (305 + 306) / 305
 *   2 systematic, by time   307 microseconds taken, 308 left out       (307 + 308) / 307
 *   3 random, n out of N    309 n, 310 N                               310 / 309
 *   4 random, probability   311 p                                      1 / 311
 *
 * What the algorithm says counts, where its parameters are there; else the largest of all, because IOS-XR sends 305 = 1 beside 309 = 1 and
 * 310 = 256. The same rules hold for options and for records that carry their own rate.
 */
import type { Chunk } from "./column-loops.ts";
import { readFloat, readNumber } from "./field-value.ts";
import type { FindField, PlacedField } from "./layout.ts";

/** Elements that tell a rate or how to read one. */
export const RATE_ELEMENTS: readonly number[] = [34, 35, 49, 50, 304, 305, 306, 307, 308, 309, 310, 311];

const MAX_RATE = 0xffff_ffff;
const ALGORITHM = { count: 1, time: 2, nOutOfN: 3, probability: 4 } as const;

export interface RateFields {
  readonly algorithm: PlacedField | undefined;
  readonly interval: PlacedField | undefined;
  readonly randomInterval: PlacedField | undefined;
  readonly taken: PlacedField | undefined;
  readonly leftOut: PlacedField | undefined;
  readonly timeTaken: PlacedField | undefined;
  readonly timeLeftOut: PlacedField | undefined;
  readonly sampleSize: PlacedField | undefined;
  readonly population: PlacedField | undefined;
  readonly probability: PlacedField | undefined;
  /** Only the random interval is there: 0 and 1 in it are no word, some exporters fill it so for want of a sampler. */
  readonly isWeak: boolean;
}

/** undefined when no field tells a rate. */
export function findRateFields(find: FindField): RateFields | undefined {
  const fields = {
    algorithm: find(304),
    interval: find(34),
    randomInterval: find(50),
    taken: find(305),
    leftOut: find(306),
    timeTaken: find(307),
    timeLeftOut: find(308),
    sampleSize: find(309),
    population: find(310),
    probability: find(311),
  };
  const { interval, randomInterval, taken, leftOut, timeTaken, timeLeftOut, sampleSize, population, probability } = fields;
  const isStrong = interval ?? taken ?? leftOut ?? (timeTaken && timeLeftOut) ?? (sampleSize && population) ?? probability;
  return isStrong || randomInterval ? { ...fields, isWeak: !isStrong } : undefined;
}

/** 1 in how many; 1 unsampled, 0 when record i does not say. */
export function readRate(fields: RateFields, chunk: Chunk, i: number): number {
  const algorithm = fields.algorithm ? readNumber(fields.algorithm, chunk, i) : 0;
  const stated = rateOfAlgorithm(algorithm, fields, { chunk, i });
  if (stated > 0) return stated;
  const { interval, randomInterval } = fields;
  let largest = Math.max(readInterval(interval, chunk, i), readInterval(randomInterval, chunk, i), rateOfHalf(fields, { chunk, i }));
  for (let other = 1; other <= ALGORITHM.probability; other++) largest = Math.max(largest, rateOfAlgorithm(other, fields, { chunk, i }));
  return largest;
}

interface RecordAt {
  readonly chunk: Chunk;
  readonly i: number;
}

function rateOfAlgorithm(algorithm: number, fields: RateFields, record: RecordAt): number {
  const { chunk, i } = record;
  switch (algorithm) {
    case ALGORITHM.count:
      return rateOfCount(fields, record);
    case ALGORITHM.time:
      return rateOfShare(fields.timeTaken, fields.timeLeftOut, record);
    case ALGORITHM.nOutOfN: {
      if (!fields.sampleSize || !fields.population) return 0;
      return ratio(readNumber(fields.population, chunk, i), readNumber(fields.sampleSize, chunk, i));
    }
    case ALGORITHM.probability: {
      const probability = fields.probability ? readFloat(fields.probability, chunk, i) : 0;
      return probability > 0 && probability <= 1 ? ratio(1, probability) : 0;
    }
    default:
      return 0; // hash and property filters keep or drop, they do not sample
  }
}

/** Some exporters leave one of the two out: 306 alone counts from one packet taken, 305 alone is meant as the rate. */
function rateOfHalf({ taken, leftOut }: RateFields, { chunk, i }: RecordAt): number {
  if (taken) return leftOut ? 0 : readInterval(taken, chunk, i);
  return leftOut ? ratio(1 + readNumber(leftOut, chunk, i), 1) : 0;
}

function rateOfCount({ taken, leftOut }: RateFields, { chunk, i }: RecordAt): number {
  if (!taken || !leftOut) return 0;
  const packets = readNumber(taken, chunk, i);
  const rest = readNumber(leftOut, chunk, i);
  // MikroTik 6.49 writes both with the bytes reversed: one packet becomes 16,777,216 of them, which nobody takes in a row.
  return isReversed(taken, packets) ? ratio(reversed(packets) + reversed(rest), reversed(packets)) : ratio(packets + rest, packets);
}

function rateOfShare(taken: PlacedField | undefined, leftOut: PlacedField | undefined, { chunk, i }: RecordAt): number {
  if (!taken || !leftOut) return 0;
  const part = readNumber(taken, chunk, i);
  return ratio(part + readNumber(leftOut, chunk, i), part);
}

function readInterval(place: PlacedField | undefined, chunk: Chunk, i: number): number {
  return place ? Math.min(readNumber(place, chunk, i), MAX_RATE) : 0;
}

/** Rounded, at least 1; 0 where it cannot be said. */
function ratio(all: number, part: number): number {
  return all > 0 && part > 0 ? Math.min(Math.max(Math.round(all / part), 1), MAX_RATE) : 0;
}

function isReversed({ length }: PlacedField, packets: number): boolean {
  return length === 4 && packets >= 0x1_0000 && (packets & 0xffff) === 0;
}

function reversed(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
