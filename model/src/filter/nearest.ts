/** Finds the word somebody meant: "did you mean". */

/** Optimal string alignment distance (insert, delete, replace, swap neighbours), given up beyond `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

/** Longest text worth comparing; also bounds the work for hostile input. */
const MAX_LENGTH = 32;

/** The candidate closest to `text`: one typing slip in a short word, two in a longer one, or a beginning that only it continues. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length < 2 || text.length > MAX_LENGTH) return undefined;
  const wanted = text.toLowerCase();
  const limit = wanted.length <= 4 ? 1 : 2;
  let best: string | undefined;
  let bestCost = limit + 1;
  const continued: string[] = [];
  for (const candidate of candidates) {
    if (wanted.length >= 3 && candidate.startsWith(wanted)) continued.push(candidate);
    const cost = distance(wanted, candidate, limit);
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best ?? (continued.length === 1 ? continued[0] : undefined);
}
