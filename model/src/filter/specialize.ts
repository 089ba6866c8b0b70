/** Sorts the words of a filter text into the kinds that the grammar tells apart. Called by the generated parser for every word. */
import * as terms from "./filter-terms.generated.ts";
import { isNamePart } from "./words.ts";

const KEYWORDS: ReadonlyMap<string, number> = new Map([
  ["and", terms.AndOp],
  ["or", terms.OrOp],
  ["not", terms.NotOp],
  ["in", terms.In],
  ["src", terms.Side],
  ["dst", terms.Side],
  ["out", terms.Side],
  ["eq", terms.CompareOp],
  ["gt", terms.CompareOp],
  ["lt", terms.CompareOp],
  ["ge", terms.CompareOp],
  ["le", terms.CompareOp],
]);

const NUMBER = /^(?:0x[\da-f]+|\d+[kmgt]?)$/i;
/** Anything that starts like an IPv4, IPv6 or MAC address; whether it is one is checked where it is used. */
const ADDRESS = /^(?:\d+\.\d+\.[\d./]*|[\da-f]*:[\da-f:./]*)$/i;

/** Term of a word, or -1 for a plain Word. The parser also passes its stack, for words that depend on what stands before: none does. */
export function specializeWord(...[word]: [word: string, stack?: unknown]): number {
  const lower = word.toLowerCase();
  const keyword = KEYWORDS.get(lower);
  if (keyword !== undefined) return keyword;
  if (isNamePart(lower)) return terms.Name;
  if (NUMBER.test(lower)) return terms.Number;
  return ADDRESS.test(lower) ? terms.Address : -1;
}
