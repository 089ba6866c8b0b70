/** Completion of words, fields and names from the language itself; it needs no server. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { completeFilter } from "@sillage/model";

export function completeFilterText({ state, pos, explicit }: CompletionContext): CompletionResult | null {
  const text = state.doc.toString();
  const { from, to, options } = completeFilter(text, pos);
  const typed = text.slice(from, pos);
  // A word that is complete needs no list, which would only take the next Enter.
  if (!explicit && options.some(({ label }) => label.toLowerCase() === typed.toLowerCase())) return null;
  // The language has already chosen and ranked.
  return options.length === 0 ? null : { from, to, options: [...options], filter: false };
}
