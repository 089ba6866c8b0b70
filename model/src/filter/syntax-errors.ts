/**
 * Says in words where a text stops being a filter. The parser repairs what it can and marks the place, but not why; one walk over the
 * tokens, keeping what is open and whether a test may stand here, finds the first mistake and names it.
 */
import type { Tree } from "@lezer/common";
import type { TextRange } from "./ast.ts";
import type { Finding } from "./diagnostic.ts";

export interface Token extends TextRange {
  /** Node name in the tree; `⚠` for text that is no token. */
  readonly name: string;
}

/** Tokens of a tree in text order: its leaves. */
export function tokensOf(tree: Tree): Token[] {
  const tokens: Token[] = [];
  const cursor = tree.cursor();
  do {
    if (cursor.node.firstChild === null && cursor.from < cursor.to && cursor.name !== "Comment" && !cursor.type.isTop) {
      tokens.push({ name: cursor.name, from: cursor.from, to: cursor.to });
    }
  } while (cursor.next());
  return tokens;
}

const LIST_TOKENS = new Set(["Comma", "Name", "Word", "Number", "Address", "Quoted", "Side", "In", "CloseBracket"]);
const JOINS = new Set(["AndOp", "OrOp"]);

/** The first mistake in the order of the text. */
export function explainSyntax(tree: Tree, text: string): Finding {
  const tokens = tokensOf(tree);
  const open: Token[] = [];
  let bracket: Token | undefined;
  let wanted = true; // a test may stand here, and must before a connective or the end
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1];
    const shown = text.slice(token.from, token.to);
    if (token.name === "⚠") return refuse(token, strayMessage(shown), strayHint(shown));
    if (bracket) {
      if (!LIST_TOKENS.has(token.name))
        return refuse(bracket, "] is missing for this [", "a list ends with ]: ip in [192.0.2.1 192.0.2.2]");
      if (token.name === "CloseBracket") bracket = undefined;
      continue;
    }
    switch (token.name) {
      case "AndOp":
      case "OrOp":
        if (before?.name === "Side" && tokens[i + 1]?.name !== "Side")
          return refuse(
            before,
            `a word is missing after ${text.slice(before.from, before.to)}`,
            "write what is compared: src ip, src port ...",
          );
        if (wanted)
          return refuse(
            token,
            `a test is missing before ${shown}`,
            before ? "two connectives in a row" : "a filter begins with a test, for instance proto tcp",
          );
        wanted = before?.name !== "Side";
        break;
      case "OpenParen":
        open.push(token);
        wanted = true;
        break;
      case "CloseParen":
        if (open.length === 0) return refuse(token, "( is missing for this )", "remove it, or add the opening parenthesis");
        if (wanted)
          return refuse(
            token,
            before?.name === "OpenParen" ? "there is nothing in the parentheses" : "a test is missing before )",
            "write a test, for instance proto tcp",
          );
        open.pop();
        break;
      case "CloseBracket":
        return refuse(token, "[ is missing for this ]", "a list follows in: port in [80 443]");
      case "Comma":
        return refuse(token, "a comma only stands in a list", "join tests with and, or; write lists as port in [80, 443]");
      case "OpenBracket":
        bracket = token;
        wanted = false;
        break;
      case "NotOp":
        wanted = true;
        break;
      default:
        wanted = false;
    }
  }
  const last = tokens.at(-1);
  if (bracket) return refuse(bracket, "] is missing for this [", "a list ends with ]: ip in [192.0.2.1 192.0.2.2]");
  if (last && wanted)
    return refuse(last, `a test is missing after ${text.slice(last.from, last.to)}`, "write a test, for instance proto tcp");
  if (last?.name === "Side" || JOINS.has(last?.name ?? ""))
    return refuse(last!, `a word is missing after ${text.slice(last!.from, last!.to)}`, "write what is compared: src ip, src port ...");
  const unclosed = open.at(-1);
  if (unclosed) return refuse(unclosed, ") is missing for this (", "close the parenthesis");
  return refuse(last ?? { from: 0, to: text.length }, "this does not fit here", "docs/filter.md shows how filters are written");
}

function strayMessage(shown: string): string {
  if (/^["']/.test(shown)) return "the closing quote is missing";
  return `${shown.slice(0, 20)} is not part of the language`;
}

function strayHint(shown: string): string {
  if (/^["']/.test(shown)) return "a quoted text ends on the same line";
  if (shown.startsWith("@")) return "files are not included: write the addresses into a list, ip in [..]";
  if (/^[&|]/.test(shown)) return "write and, or; && and || are known, single signs are not";
  if (/^[-+]/.test(shown)) return "numbers have no sign";
  return "docs/filter.md shows how filters are written";
}

function refuse({ from, to }: TextRange, message: string, hint: string): Finding {
  return { severity: "error", code: "FILTER_SYNTAX", from, to, message, hint };
}
