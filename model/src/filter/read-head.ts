/** Reads the beginning of a test: directions and word, or what stands for them. */
import type { Sides, TextRange } from "./ast.ts";
import { readAddress, readNetwork, type ReadNetwork } from "./address-text.ts";
import { nearest } from "./nearest.ts";
import { isProblem, type Problem } from "./problem.ts";
import { Refusal } from "./refusal.ts";
import type { Term } from "./terms.ts";
import {
  continuations,
  FILTER_WORDS,
  findWord,
  matchWord,
  sidesOf,
  unsupportedHint,
  type AddressWord,
  type FilterWord,
  type NumberWord,
} from "./words.ts";

/** Word and directions of an equality test: libpcap lets the next test leave them out (`port 80 or 443`). */
export interface Qualifier {
  readonly word: NumberWord | AddressWord;
  readonly spelling: string;
  readonly sides: Sides;
}

export interface Head {
  readonly word: FilterWord;
  /** As it was written: `host` and `net` are the same word, but take different values. */
  readonly spelling: string;
  readonly sides: Sides;
  /** Terms it takes. */
  readonly length: number;
}

/**
 * The word and its directions; `host` where only a direction stands before an address, the previous test's where nothing does.
 * @throws Refusal
 */
export function readHead(terms: readonly Term[], range: TextRange, previous: Qualifier | undefined): Head {
  const sidesTerm = terms[0]?.kind === "Sides" || terms[0]?.kind === "In" ? terms[0] : undefined;
  // At the beginning of a test `in` is a direction: `in if 3`.
  const sides = sidesTerm?.kind === "In" ? "in" : (sidesTerm?.sides ?? "either");
  const skipped = sidesTerm ? 1 : 0;
  const rest = terms.slice(skipped);
  const match = matchWord(rest.map((term) => (term.kind === "Quoted" ? "" : term.lower)));
  const head = match ? { ...match, sides, length: match.length + skipped } : impliedHead(rest[0], sidesTerm && sides, previous);
  if (!head) return refuseWord(rest[0], sidesTerm, { range, sides, previous });
  if (sidesTerm && !acceptsSides(head.word, head.sides)) refuseSides(sidesTerm, head.word);
  return head;
}

function impliedHead(first: Term | undefined, sides: Sides | undefined, previous: Qualifier | undefined): Head | undefined {
  if (!first) return undefined;
  if (sides !== undefined) {
    const ip = findWord("ip");
    return ip && !isProblem(readAddress(first.text)) ? { word: ip, spelling: "ip", sides, length: 1 } : undefined;
  }
  return previous && canRepeat(first, previous) ? { ...previous, length: 0 } : undefined;
}

function canRepeat({ kind, text }: Term, { word, spelling }: Qualifier): boolean {
  if (kind === "CompareOp" || kind === "In" || kind === "List") return false;
  return !isProblem(word.kind === "number" ? word.operand.read(text) : readNetworkFor(spelling, word, text));
}

/** A network after `net`, an address (or a network) after the other spellings. */
export function readNetworkFor(spelling: string, word: AddressWord, text: string): ReadNetwork | Problem {
  return spelling === word.netWord ? readNetwork(text) : readAddress(text);
}

/** A pair of directions is always source and destination. */
export function acceptsSides(word: FilterWord, sides: Sides): boolean {
  const possible = sidesOf(word);
  return sides === "either" || sides === "both" ? possible.includes("src") && possible.includes("dst") : possible.includes(sides);
}

interface HeadContext {
  readonly range: TextRange;
  readonly sides: Sides;
  readonly previous: Qualifier | undefined;
}

function refuseWord(first: Term | undefined, sidesTerm: Term | undefined, { range, sides, previous }: HeadContext): never {
  if (!first) {
    const words = FILTER_WORDS.filter((word) => acceptsSides(word, sides)).map(({ word }) => word);
    const message = `a word is missing after ${sidesTerm?.text ?? ""}`;
    throw new Refusal(sidesTerm ?? range, "FILTER_SYNTAX", {
      message,
      hint: `write what is compared: ${words.join(", ")}`,
      expected: words,
    });
  }
  const parts = continuations([first.lower]);
  if (first.kind === "Name" && parts.length > 0) {
    const hint = `continue with ${listOr(parts)}: ${first.lower} ${parts[0]!}`;
    throw new Refusal(first, "FILTER_UNKNOWN_WORD", { message: `${first.text} is only the beginning of a word`, hint, expected: parts });
  }
  if (first.kind === "Number" || first.kind === "Address") {
    const example = `write what it is, for instance ${first.kind === "Address" ? "ip" : "port"} ${first.text}`;
    const hint = previous ? `${first.text} does not fit ${previous.spelling}, the word before; ${example}` : example;
    throw new Refusal(first, "FILTER_SYNTAX", { message: `${first.text} is a value without a word`, hint });
  }
  if (first.kind === "CompareOp" || first.kind === "List" || first.kind === "In") {
    const hint = "write what is compared, for instance bytes > 1000";
    throw new Refusal(first, "FILTER_SYNTAX", { message: `a word is missing before ${first.text.slice(0, 20)}`, hint });
  }
  return refuseUnknown(first);
}

function refuseUnknown(first: Term): never {
  const unsupported = unsupportedHint(first.lower);
  const spellings = FILTER_WORDS.flatMap((word) => word.spellings);
  const meant = unsupported === undefined ? nearest(first.text, spellings) : undefined;
  throw new Refusal(first, "FILTER_UNKNOWN_WORD", {
    message: `${first.text} is not a word of the filter language`,
    hint: unsupported ?? (meant === undefined ? "docs/filter.md lists the words" : `did you mean ${meant}?`),
    expected: meant === undefined ? undefined : [meant],
  });
}

function refuseSides(sidesTerm: Term, word: FilterWord): never {
  const possible = sidesOf(word);
  const hint = possible.length === 0 ? `leave ${sidesTerm.text} out` : `${word.word} takes ${listOr(possible)}`;
  throw new Refusal(sidesTerm, "FILTER_DIRECTION", {
    message: `${word.word} has no direction ${sidesTerm.text}`,
    hint,
    expected: [...possible],
  });
}

function listOr(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)!}`;
}
