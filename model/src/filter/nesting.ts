/**
 * How deep a text nests, found before it is parsed: everything after works recursively, so the bound must hold first. One pass over
 * words and signs, with the same comments, quotes and words as filter.grammar.
 */
import type { TextRange } from "./ast.ts";

const TOKEN = /#[^\n]*|"[^"\n]*"|'[^'\n]*'|\w[\w.:/-]*|\S/g;

/** First `(` or negation that stands deeper than `limit`. */
export function deeperThan(text: string, limit: number): TextRange | undefined {
  /** For each open parenthesis, what it added: itself and the negations before it. */
  const open: number[] = [];
  let depth = 0;
  let negations = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith("#")) continue;
    if (token === "!" || token.toLowerCase() === "not") {
      negations += 1;
    } else {
      if (token === "(") {
        open.push(negations + 1);
        depth += negations + 1;
      } else if (token === ")") {
        depth -= open.pop() ?? 0;
      }
      negations = 0;
    }
    if (depth + negations > limit) return { from: index, to: index + token.length };
  }
  return undefined;
}
