/** The terms of one test, taken from the parse tree: what read-test.ts and completion look at. */
import type { SyntaxNode } from "@lezer/common";
import type { Side } from "../fields.ts";
import type { Sides, TextRange } from "./ast.ts";

export type TermKind = "Sides" | "In" | "Name" | "Word" | "Number" | "Address" | "Quoted" | "CompareOp" | "List";

export interface Term extends TextRange {
  readonly kind: TermKind;
  readonly text: string;
  /** Lower case: words know no case. */
  readonly lower: string;
  /** Of a Sides term. */
  readonly sides?: Sides;
  /** Of a List term: its entries. */
  readonly entries?: readonly Term[];
}

const KINDS: ReadonlySet<string> = new Set<TermKind>(["Sides", "In", "Name", "Word", "Number", "Address", "Quoted", "CompareOp", "List"]);

/** Terms of a Test node in order. Error nodes are left out: syntax errors are reported from the tree. */
export function termsOf(test: SyntaxNode, text: string): Term[] {
  const terms: Term[] = [];
  for (let child = test.firstChild; child; child = child.nextSibling) {
    if (KINDS.has(child.name)) terms.push(termOf(child, text));
  }
  return terms;
}

function termOf(node: SyntaxNode, text: string): Term {
  const kind = node.name as TermKind;
  const source = text.slice(node.from, node.to);
  const term = { kind, from: node.from, to: node.to, text: source, lower: source.toLowerCase() };
  if (kind === "Sides") return { ...term, sides: sidesOf(node, text) };
  if (kind === "List") return { ...term, entries: entriesOf(node, text) };
  if (kind === "Quoted") return { ...term, text: source.slice(1, -1), lower: source.slice(1, -1).toLowerCase() };
  return term;
}

function entriesOf(list: SyntaxNode, text: string): Term[] {
  const entries: Term[] = [];
  for (let child = list.firstChild; child; child = child.nextSibling) {
    if (KINDS.has(child.name) || child.name === "Side") {
      const source = text.slice(child.from, child.to);
      const quoted = child.name === "Quoted";
      const value = quoted ? source.slice(1, -1) : source;
      entries.push({ kind: quoted ? "Quoted" : "Word", from: child.from, to: child.to, text: value, lower: value.toLowerCase() });
    }
  }
  return entries;
}

/** `src or dst` asks for either, `src and dst` for both; twice the same is that one. */
function sidesOf(node: SyntaxNode, text: string): Sides {
  const sides = node.getChildren("Side").map((side) => text.slice(side.from, side.to).toLowerCase() as Side);
  const [first, second] = sides;
  if (first === undefined || second === undefined || first === second) return first ?? "either";
  return node.getChild("AndOp") ? "both" : "either";
}
