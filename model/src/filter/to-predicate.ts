/** Syntax tree to predicate: what a filter means in terms of columns. Rules: docs/filter.md, "What a test means". */
import type { FieldName } from "../fields.ts";
import type { Predicate } from "../predicate.ts";
import type { Expression, FilterAst, FilterTest, FlagsMatch, NumberTest, Sides } from "./ast.ts";
import { columnsOf, FLAGS_GUARD, findWord, type AddressWord, type NumberWord } from "./words.ts";

/** Meaning of a tree without `invalid` parts; an empty filter is true. */
export function toPredicate({ expression }: FilterAst): Predicate {
  return expression === undefined ? { kind: "true" } : expressionPredicate(expression);
}

function expressionPredicate(expression: Expression): Predicate {
  switch (expression.kind) {
    case "and":
    case "or":
      return join(expression.kind, expression.items.map(expressionPredicate));
    case "not":
      return { kind: "not", item: expressionPredicate(expression.item) };
    case "invalid":
      throw new Error("an invalid expression has no meaning; check the diagnostics first");
    default:
      return testPredicate(expression);
  }
}

function testPredicate(test: FilterTest): Predicate {
  switch (test.kind) {
    case "constant":
      return wordOf(test.word, "constant").predicate;
    case "number": {
      const word = wordOf(test.word, "number");
      return guarded(
        word.guard,
        acrossSides(word, test.sides, (field) => numberPredicate(field, test)),
      );
    }
    case "address":
      return acrossSides(wordOf(test.word, "address"), test.sides, (field) => ({ kind: "network", field, networks: test.networks }));
    case "flags":
      return guarded(FLAGS_GUARD, flagsPredicate(test.match));
  }
}

function wordOf<K extends "constant" | "number" | "address">(name: string, kind: K): Extract<ReturnType<typeof findWord>, { kind: K }> {
  const word = findWord(name);
  if (word?.kind !== kind) throw new Error(`${name} is no ${kind} word`);
  return word as Extract<ReturnType<typeof findWord>, { kind: K }>;
}

function guarded(guard: Predicate | undefined, predicate: Predicate): Predicate {
  return guard === undefined ? predicate : join("and", [guard, predicate]);
}

/** Without a direction one side is enough; `src and dst` asks both. */
function acrossSides(word: NumberWord | AddressWord, sides: Sides, test: (field: FieldName) => Predicate): Predicate {
  return join(sides === "both" ? "and" : "or", columnsOf(word, sides).map(test));
}

/** Nested lists of one kind become one list, a list of one its item. */
function join(kind: "and" | "or", items: readonly Predicate[]): Predicate {
  const flat = items.flatMap((item) => (item.kind === kind ? item.items : [item]));
  const [only] = flat;
  return flat.length === 1 && only ? only : { kind, items: flat };
}

function numberPredicate(field: FieldName, { op, ranges }: NumberTest): Predicate {
  if (op !== "=") return { kind: "compare", field, op, value: ranges[0]!.first };
  const values = ranges.filter(({ first, last }) => first === last).map(({ first }) => first);
  const wide = ranges.filter(({ first, last }) => first !== last);
  const [value] = values;
  const items: Predicate[] = wide.map(({ first, last }) => ({
    kind: "and",
    items: [
      { kind: "compare", field, op: ">=", value: first },
      { kind: "compare", field, op: "<=", value: last },
    ],
  }));
  if (value !== undefined) items.unshift(values.length === 1 ? { kind: "compare", field, op: "=", value } : { kind: "in", field, values });
  return join("or", items);
}

function flagsPredicate(match: FlagsMatch): Predicate {
  const field = "tcp_flags";
  switch (match.kind) {
    case "masked":
      return { kind: "bits", field, mask: match.mask, value: match.value };
    case "any": {
      // One test a bit: "not none of them" would be true for a record without flags.
      const bits = [1, 2, 4, 8, 16, 32, 64, 128].filter((bit) => (match.mask & bit) !== 0);
      return join(
        "or",
        bits.map((bit) => ({ kind: "bits", field, mask: bit, value: bit })),
      );
    }
    case "number":
      return { kind: "compare", field, op: match.op, value: match.value };
  }
}
