/**
 * Syntax tree to text, in one spelling: preferred words, lower case, numbers without names where nfdump knows none, parentheses only
 * where precedence needs them. Reading the result gives the same tree.
 */
import { isHost } from "./address-text.ts";
import type { AddressTest, Expression, FilterAst, FilterTest, NumberRange, NumberTest, Sides } from "./ast.ts";
import { formatFlags } from "./flags-text.ts";
import type { Operand } from "./operand.ts";
import { findWord } from "./words.ts";

/** Normalised text; empty for an empty filter, which matches everything. */
export function printFilter({ expression }: FilterAst): string {
  return expression === undefined ? "" : printExpression(expression);
}

function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "or":
      return expression.items.map(printExpression).join(" or ");
    case "and":
      return expression.items.map((item) => (item.kind === "or" ? `(${printExpression(item)})` : printExpression(item))).join(" and ");
    case "not":
      return expression.item.kind === "and" || expression.item.kind === "or"
        ? `not (${printExpression(expression.item)})`
        : `not ${printExpression(expression.item)}`;
    case "invalid":
      throw new Error("an invalid expression cannot be printed; check the diagnostics first");
    default:
      return printTest(expression);
  }
}

function printTest(test: FilterTest): string {
  switch (test.kind) {
    case "constant":
      return test.word;
    case "number":
      return printNumber(test);
    case "address":
      return printAddress(test);
    case "flags":
      return `flags ${formatFlags(test.match)}`;
  }
}

function sidesPrefix(sides: Sides): string {
  if (sides === "either") return "";
  return sides === "both" ? "src and dst " : `${sides} `;
}

function printNumber({ word, sides, op, ranges }: NumberTest): string {
  const found = findWord(word);
  if (found?.kind !== "number") throw new Error(`${word} is no number word`);
  const values = ranges.map((range) => printRange(range, found.operand));
  const operand = ranges.length > 1 ? `in [${values.join(" ")}]` : `${op === "=" ? "" : `${op} `}${values.join("")}`;
  return `${sidesPrefix(sides)}${word} ${operand}`;
}

function printRange({ first, last }: NumberRange, operand: Operand): string {
  return first === last ? operand.print(first) : `${operand.print(first)}-${operand.print(last)}`;
}

function printAddress({ word, sides, networks }: AddressTest): string {
  const found = findWord(word);
  if (found?.kind !== "address") throw new Error(`${word} is no address word`);
  const texts = networks.map((network) => (isHost(network) ? network.address : `${network.address}/${network.prefix}`));
  const [only] = networks;
  if (only === undefined || networks.length > 1) return `${sidesPrefix(sides)}${word} in [${texts.join(" ")}]`;
  return `${sidesPrefix(sides)}${isHost(only) ? word : found.netWord} ${texts.join("")}`;
}
