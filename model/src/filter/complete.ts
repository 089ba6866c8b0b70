/**
 * What may come next at a place in a filter: words, directions, operators, values, connectives. Works without a server, from the tokens
 * of the grammar and the word table, so a new word is offered as soon as it is registered.
 */
import type { TCP_FLAGS } from "../names.ts";
import type { Sides } from "./ast.ts";
import { parseTree, MAX_FILTER_LENGTH } from "./parse.ts";
import { acceptsSides } from "./read-head.ts";
import { tokensOf, type Token } from "./syntax-errors.ts";
import { continuations, FILTER_WORDS, matchWord, type FilterWord } from "./words.ts";

export interface CompletionOption {
  readonly label: string;
  /** CodeMirror's names for kinds; the icon. */
  readonly type: "property" | "type" | "keyword" | "operator" | "constant";
  readonly detail: string;
  /** Text to insert where it differs from the label. */
  readonly apply?: string;
}

export interface FilterCompletion {
  /** The part of the text that an option replaces. */
  readonly from: number;
  readonly to: number;
  /** Best first; only those that contain what is typed already. */
  readonly options: readonly CompletionOption[];
}

const WORD_BEFORE = /[\w.:/-]*$/;
const WORD_AFTER = /^[\w.:/-]*/;

/** Options at `offset`; none inside remarks, quotes and behind mistakes that leave no context. */
export function completeFilter(text: string, offset: number): FilterCompletion {
  const at = Math.max(0, Math.min(offset, text.length));
  const before = text.slice(0, at);
  const typed = WORD_BEFORE.exec(before)?.[0] ?? "";
  const place = { from: at - typed.length, to: at + (WORD_AFTER.exec(text.slice(at))?.[0].length ?? 0) };
  if (text.length > MAX_FILTER_LENGTH) return { ...place, options: [] };
  const { tree } = parseTree(before);
  if (tree.length < before.length || isOpaque(tree.resolveInner(at, -1).name, before)) return { ...place, options: [] };
  const context = contextOf(
    tokensOf(tree).filter((token) => token.to <= place.from),
    before,
  );
  return { ...place, options: matching(optionsFor(context), typed.toLowerCase()) };
}

function isOpaque(name: string, before: string): boolean {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return name === "Comment" || name === "Quoted" || /["'][\w.:/ -]*$/.test(line.replaceAll(/"[^"]*"|'[^']*'/g, ""));
}

function matching(options: readonly CompletionOption[], typed: string): CompletionOption[] {
  const starts = options.filter(({ label }) => label.toLowerCase().startsWith(typed));
  return typed === "" ? starts : [...starts, ...options.filter(({ label }) => label.toLowerCase().indexOf(typed) > 0)];
}

/** Where in the structure the cursor is. */
interface Context {
  /** Lower-case texts and kinds of the test so far. */
  readonly terms: readonly { readonly kind: string; readonly text: string }[];
  /** After `src or`: only a direction can follow. */
  readonly inPair: boolean;
  readonly inList: boolean;
  /** After `)`: the expression is whole. */
  readonly closed: boolean;
  readonly openParens: number;
}

function contextOf(tokens: readonly Token[], text: string): Context {
  let terms: { kind: string; text: string }[] = [];
  let inPair = false;
  let inList = false;
  let closed = false;
  let openParens = 0;
  for (const token of tokens) {
    const isJoin = token.name === "AndOp" || token.name === "OrOp";
    const afterSide = terms.length > 0 && terms.at(-1)?.kind === "Side";
    inPair = isJoin && afterSide;
    if (token.name === "OpenBracket") inList = true;
    if (token.name === "CloseBracket") inList = false;
    if (token.name === "OpenParen") openParens += 1;
    if (token.name === "CloseParen") openParens -= 1;
    if ((isJoin && !afterSide) || token.name === "OpenParen" || token.name === "NotOp" || token.name === "CloseParen") terms = [];
    else terms.push({ kind: token.name, text: text.slice(token.from, token.to).toLowerCase() });
    closed = token.name === "CloseParen";
  }
  return { terms, inPair, inList, closed, openParens };
}

function optionsFor({ terms, inPair, inList, closed, openParens }: Context): CompletionOption[] {
  if (inPair) return directions();
  if (closed) return connectives(openParens);
  const sides = terms.filter(({ kind }) => kind === "Side" || kind === "AndOp" || kind === "OrOp").map(({ text }) => text);
  const leadingIn = terms[0]?.kind === "In";
  const rest = terms.slice(leadingIn ? 1 : sides.length);
  if (rest.length === 0) return leadingIn ? wordsWithSide("in") : sides.length === 0 ? beginnings() : afterSides(sides);
  const parts = rest.map(({ text }) => text);
  const match = matchWord(parts);
  const more = continuations(parts).map((part): CompletionOption => ({
    label: part,
    type: "property",
    detail: `${parts.join(" ")} ${part}`,
    apply: `${part} `,
  }));
  if (!match) return more.length > 0 || rest[0]?.kind === "Word" ? more : connectives(openParens);
  return [...more, ...afterWord(match.word, rest.slice(match.length), { inList, openParens })];
}

function beginnings(): CompletionOption[] {
  return [
    ...FILTER_WORDS.flatMap(wordOptions),
    ...directions(),
    { label: "in", type: "type", detail: "input side, for instance in if 1", apply: "in " },
    { label: "out", type: "type", detail: "output side, for instance out if 1", apply: "out " },
    { label: "not", type: "keyword", detail: "negation", apply: "not " },
    { label: "(", type: "operator", detail: "group" },
  ];
}

/** A word; address words with every spelling, because `net` takes other values than `ip`. */
function wordOptions({ word, kind, spellings, doc }: FilterWord): CompletionOption[] {
  if (kind === "constant" || kind === "protocol") return [{ label: word, type: "property", detail: doc }];
  return (kind === "address" ? spellings : [word]).map((label) => ({ label, type: "property", detail: doc, apply: `${label} ` }));
}

function directions(): CompletionOption[] {
  return [
    { label: "src", type: "type", detail: "source side", apply: "src " },
    { label: "dst", type: "type", detail: "destination side", apply: "dst " },
  ];
}

function wordsWithSide(side: Sides): CompletionOption[] {
  return FILTER_WORDS.filter((word) => acceptsSides(word, side)).flatMap(wordOptions);
}

function afterSides(sides: readonly string[]): CompletionOption[] {
  const [side, , second] = sides;
  if (second !== undefined) return wordsWithSide("either");
  if (side !== "src" && side !== "dst") return wordsWithSide("out");
  const other = side === "src" ? "dst" : "src";
  return [
    ...wordsWithSide(side),
    { label: `or ${other}`, type: "keyword", detail: "either side", apply: `or ${other} ` },
    { label: `and ${other}`, type: "keyword", detail: "both sides", apply: `and ${other} ` },
  ];
}

function connectives(openParens: number): CompletionOption[] {
  const options: CompletionOption[] = [
    { label: "and", type: "keyword", detail: "both tests", apply: "and " },
    { label: "or", type: "keyword", detail: "one of the tests; binds weaker than and", apply: "or " },
  ];
  return openParens > 0 ? [...options, { label: ")", type: "operator", detail: "end of the group" }] : options;
}

const COMPARISONS: readonly (readonly [op: string, detail: string])[] = [
  [">", "greater"],
  [">=", "greater or equal"],
  ["<", "less"],
  ["<=", "less or equal"],
];
const EQUALITIES: readonly (readonly [op: string, detail: string])[] = [
  ["=", "equal; may be left out"],
  ["!=", "not equal"],
];

function operators(ordered: boolean): CompletionOption[] {
  return [...(ordered ? COMPARISONS : []), ...EQUALITIES].map(([label, detail]) => ({
    label,
    type: "operator",
    detail,
    apply: `${label} `,
  }));
}

const LIST: CompletionOption = { label: "in", type: "keyword", detail: "one of a list", apply: "in [" };
const CLOSE_LIST: CompletionOption = { label: "]", type: "operator", detail: "end of the list" };

function afterWord(
  word: FilterWord,
  rest: Context["terms"],
  { inList, openParens }: Pick<Context, "inList" | "openParens">,
): CompletionOption[] {
  const last = rest.at(-1);
  switch (word.kind) {
    case "constant":
    case "protocol":
      return connectives(openParens);
    case "flags":
      return rest.length === 0
        ? [...flagValues(), ...flagModes(), ...operators(true)]
        : last?.kind === "CompareOp" || last?.kind === "Name"
          ? flagValues()
          : connectives(openParens);
    case "number":
    case "address": {
      const values =
        word.kind === "number"
          ? word.operand.names.map(({ name, detail }): CompletionOption => ({ label: name, type: "constant", detail }))
          : [];
      if (inList) return [...values, CLOSE_LIST];
      if (rest.length === 0) return [...values, ...operators(word.kind === "number" && word.operand.ordered), LIST];
      if (last?.kind === "CompareOp") return values;
      if (last?.kind === "In") return [{ label: "[", type: "operator", detail: "begin of the list" }];
      return connectives(openParens);
    }
  }
}

const FLAG_NAMES: Readonly<Record<keyof typeof TCP_FLAGS, string>> = {
  C: "CWR",
  E: "ECE",
  U: "URG",
  A: "ACK",
  P: "PSH",
  R: "RST",
  S: "SYN",
  F: "FIN",
};

function flagValues(): CompletionOption[] {
  const combinations: CompletionOption[] = [
    { label: "SA", type: "constant", detail: "SYN and ACK" },
    { label: "S/SA", type: "constant", detail: "SYN without ACK" },
  ];
  return [
    ...Object.entries(FLAG_NAMES)
      .map(([label, name]): CompletionOption => ({ label, type: "constant", detail: name }))
      .toReversed(),
    ...combinations,
  ];
}

function flagModes(): CompletionOption[] {
  return [
    { label: "any", type: "keyword", detail: "at least one of the letters", apply: "any " },
    { label: "none", type: "keyword", detail: "none of the letters", apply: "none " },
  ];
}
