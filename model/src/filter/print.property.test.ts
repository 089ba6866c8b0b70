import fc from "fast-check";
import type { Expression, FilterAst, FilterOp, FilterTest, FlagsMatch, NumberRange, Sides } from "./ast.ts";
import { checkFilter } from "./check.ts";
import { printFilter } from "./print.ts";
import { toPredicate } from "./to-predicate.ts";
import { readNetwork } from "./address-text.ts";
import { isProblem } from "./problem.ts";
import { FILTER_WORDS, sidesOf, type AddressWord, type NumberWord } from "./words.ts";

const nowhere = { from: 0, to: 0 };

function withoutRanges(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRanges);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "from" && key !== "to")
      .map(([key, item]) => [key, withoutRanges(item)]),
  );
}

const narrowed = (value: bigint): number | bigint => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);

function sidesArbitrary(word: NumberWord | AddressWord): fc.Arbitrary<Sides> {
  const possible = sidesOf(word);
  return fc.constantFrom("either" as const, ...possible, ...(possible.includes("src") ? (["both"] as const) : []));
}

function numberTest(word: NumberWord): fc.Arbitrary<FilterTest> {
  const value = fc.bigInt({ min: 0n, max: word.operand.max }).map(narrowed);
  const single: fc.Arbitrary<NumberRange> = value.map((first) => ({ first, last: first }));
  const wide: fc.Arbitrary<NumberRange> = word.operand.ordered
    ? fc.tuple(value, value).map(([a, b]) => (a < b ? { first: a, last: b } : { first: b, last: a }))
    : single;
  const ops: FilterOp[] = word.operand.ordered ? ["<", "<=", ">", ">="] : [];
  const equal = fc
    .record({ sides: sidesArbitrary(word), ranges: fc.array(wide, { minLength: 1, maxLength: 4 }) })
    .map(({ sides, ranges }): FilterTest => ({ kind: "number", ...nowhere, word: word.word, sides, op: "=", ranges }));
  if (ops.length === 0) return equal;
  const compared = fc
    .record({ sides: sidesArbitrary(word), op: fc.constantFrom(...ops), range: single })
    .map(({ sides, op, range }): FilterTest => ({ kind: "number", ...nowhere, word: word.word, sides, op, ranges: [range] }));
  return fc.oneof(equal, compared);
}

const network = fc.oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128))).map(([address, prefix]) => {
  const read = readNetwork(`${address}/${prefix}`);
  if (isProblem(read)) throw new Error(`${address}/${prefix}: ${read.message}`);
  return read.network;
});

function addressTest(word: AddressWord): fc.Arbitrary<FilterTest> {
  return fc
    .record({ sides: sidesArbitrary(word), networks: fc.array(network, { minLength: 1, maxLength: 4 }) })
    .map(({ sides, networks }): FilterTest => ({ kind: "address", ...nowhere, word: word.word, sides, networks }));
}

const byte = fc.integer({ min: 1, max: 255 });
const flagsMatch: fc.Arbitrary<FlagsMatch> = fc.oneof(
  fc.tuple(byte, fc.nat(255)).map(([mask, value]): FlagsMatch => ({ kind: "masked", mask, value: value & mask })),
  byte.filter((mask) => (mask & (mask - 1)) !== 0).map((mask): FlagsMatch => ({ kind: "any", mask })),
  fc.record({
    kind: fc.constant("number" as const),
    op: fc.constantFrom("<" as const, "<=" as const, ">" as const, ">=" as const),
    value: fc.nat(255),
  }),
);

const anyTest: fc.Arbitrary<FilterTest> = fc.oneof(
  ...FILTER_WORDS.flatMap((word): fc.Arbitrary<FilterTest>[] => {
    switch (word.kind) {
      case "constant":
        return [fc.constant({ kind: "constant", ...nowhere, word: word.word })];
      case "protocol":
        return []; // read as proto
      case "number":
        return [numberTest(word)];
      case "address":
        return [addressTest(word)];
      case "flags":
        return [flagsMatch.map((match): FilterTest => ({ kind: "flags", ...nowhere, match }))];
    }
  }),
);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    { weight: 3, arbitrary: anyTest },
    { weight: 1, arbitrary: tie("expression").map((item): Expression => ({ kind: "not", ...nowhere, item })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom("and" as const, "or" as const), fc.array(tie("expression"), { minLength: 2, maxLength: 4 }))
        .map(([kind, items]): Expression => {
          // Normal form: no list directly in a list of its own kind.
          return { kind, ...nowhere, items: items.flatMap((item) => (item.kind === kind ? item.items : [item])) };
        }),
    },
  ),
}));

const filter: fc.Arbitrary<FilterAst> = expression.map((tree) => ({ kind: "filter", expression: tree }));

test("reading what was printed gives the same tree and the same meaning", () => {
  fc.assert(
    fc.property(filter, (ast) => {
      const { ast: again, predicate, diagnostics } = checkFilter(printFilter(ast));
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(withoutRanges(again)).toEqual(withoutRanges(ast));
      expect(predicate).toEqual(toPredicate(ast));
    }),
    { numRuns: 200 },
  );
});

test("printing is stable", () => {
  fc.assert(
    fc.property(filter, (ast) => {
      const text = printFilter(ast);
      expect(printFilter(checkFilter(text).ast)).toBe(text);
    }),
    { numRuns: 100 },
  );
});

test("any text is either understood or refused with a place inside it", () => {
  const word = fc.constantFrom(
    ...'and or not ( ) [ ] , ! && || in src dst out any port ip net proto tcp flags none S/SA icmp type 80 10.0.0.1 10/8 > = != " # \n @ first'.split(
      " ",
    ),
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(word, { maxLength: 25 }).map((words) => words.join(" ")),
    fc.array(word, { maxLength: 25 }).map((words) => words.join("")),
  );
  fc.assert(
    fc.property(text, (source) => {
      const { ast, predicate, diagnostics } = checkFilter(source);
      const wrong = diagnostics.some(({ severity }) => severity === "error");
      expect(predicate === undefined).toBe(wrong);
      if (!wrong) expect(checkFilter(printFilter(ast)).predicate).toEqual(predicate);
      for (const { position, message } of diagnostics) {
        expect(message).not.toBe("");
        expect(position.offset).toBeGreaterThanOrEqual(0);
        expect(position.length).toBeGreaterThan(0);
        expect(position.offset + position.length).toBeLessThanOrEqual(source.length);
      }
    }),
    { numRuns: 1000 },
  );
});
