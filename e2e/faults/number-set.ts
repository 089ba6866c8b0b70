/** Sets of flow numbers as ranges: millions of flows are a few ranges, because what is lost is lost datagram by datagram. */

/** Both ends belong to it. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

export const sizeOf = (ranges: readonly NumberRange[]): number => ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** What of 0 .. count - 1 is in none of the ranges. @param ranges in order */
export function missingOf(ranges: readonly NumberRange[], count: number): NumberRange[] {
  const missing: NumberRange[] = [];
  let next = 0;
  for (const { first, last } of ranges) {
    if (first > next) missing.push({ first: next, last: Math.min(first, count) - 1 });
    next = last + 1;
  }
  if (next < count) missing.push({ first: next, last: count - 1 });
  return missing;
}

/** The numbers, each once, in order, as ranges. */
export function toRanges(numbers: Iterable<number>): NumberRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open?.last === number - 1) open.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}

/** For people: `0-29, 60-89 and 3 more`. */
export function formatRanges(ranges: readonly NumberRange[], most = 5): string {
  const shown = ranges.slice(0, most).map(({ first, last }) => `${first}-${last}`);
  return ranges.length > most ? `${shown.join(", ")} and ${ranges.length - most} more` : shown.join(", ");
}
