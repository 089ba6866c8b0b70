/** Width of the buckets of a time series: steps that people can read, multiples of each other, aligned to the epoch in UTC. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds. Above a day, whole days. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
];

export interface Range {
  /** Epoch ms, inclusive. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
}

/** Number of buckets that a range touches. */
export function bucketCount({ fromMs, toMs }: Range, stepMs: number): number {
  return Math.ceil(toMs / stepMs) - Math.floor(fromMs / stepMs);
}

/**
 * The smallest readable step that is at least `minStepMs` and needs at most `maxPoints` buckets.
 * @param maxPoints at least 2 is assumed: a range seldom starts on a bucket, so it touches two however wide they are.
 */
export function chooseStep(range: Range, minStepMs: number, maxPoints: number): number {
  const points = Math.max(2, maxPoints);
  const fits = (stepMs: number): boolean => stepMs >= minStepMs && bucketCount(range, stepMs) <= points;
  const readable = STEPS.find(fits);
  if (readable !== undefined) return readable;
  let days = Math.max(1, Math.ceil(Math.max(minStepMs, (range.toMs - range.fromMs) / points) / DAY));
  while (!fits(days * DAY)) days++;
  return days * DAY;
}

/** Starts of the buckets that a range touches. */
export function bucketStarts({ fromMs, toMs }: Range, stepMs: number): number[] {
  const first = Math.floor(fromMs / stepMs) * stepMs;
  return Array.from({ length: bucketCount({ fromMs, toMs }, stepMs) }, (_, i) => first + i * stepMs);
}
