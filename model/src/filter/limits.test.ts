import { checkFilter } from "./check.ts";
import { MAX_DEPTH, MAX_FILTER_LENGTH } from "./parse.ts";

const codes = (text: string): string[] => checkFilter(text).diagnostics.map(({ code }) => code);
const nested = (depth: number): string => `${"(".repeat(depth)}any${")".repeat(depth)}`;

test("takes a text of the longest length, refuses a longer one", () => {
  const text = `any ${"#".repeat(MAX_FILTER_LENGTH - 4)}`;
  expect(codes(text)).toEqual([]);
  expect(codes(`${text}#`)).toEqual(["FILTER_TOO_LONG"]);
});

test("nesting is bounded, counting parentheses and negations", () => {
  expect(codes(nested(MAX_DEPTH))).toEqual([]);
  expect(codes(nested(MAX_DEPTH + 1))).toEqual(["FILTER_TOO_DEEP"]);
  expect(codes(`${"not ".repeat(MAX_DEPTH)}any`)).toEqual([]);
  expect(codes(`${"!".repeat(MAX_DEPTH + 1)}any`)).toEqual(["FILTER_TOO_DEEP"]);
  expect(codes(`${"not (".repeat(101)}any${")".repeat(101)}`)).toEqual(["FILTER_TOO_DEEP"]);
});

test("parentheses side by side, in comments and in quotes do not count", () => {
  expect(codes(Array.from({ length: 500 }, () => "(any)").join(" or "))).toEqual([]);
  expect(codes(`any # ${"(".repeat(500)}`)).toEqual([]);
  expect(codes(`port "${"(".repeat(500)}"`)).toEqual(["FILTER_VALUE"]);
});

test("thousands of terms are one flat list", () => {
  const { predicate } = checkFilter(Array.from({ length: 1500 }, (_, i) => `as ${i + 1}`).join(" or "));
  expect(predicate).toMatchObject({ kind: "or" });
  expect(predicate?.kind === "or" && predicate.items.length).toBe(3000);
  expect(checkFilter(Array.from({ length: 2000 }, () => "ipv4").join(" and ")).predicate).toMatchObject({ kind: "and" });
});

test("a list may have thousands of entries", () => {
  expect(checkFilter(`src port in [${"1 ".repeat(9000)}]`).predicate).toMatchObject({ kind: "in" });
});

// Each of these once cost seconds, or overflowed the stack, or would without the bounds.
test.each([
  ["open parentheses", "(".repeat(MAX_FILTER_LENGTH)],
  ["closing parentheses", ")".repeat(MAX_FILTER_LENGTH)],
  ["brackets", "[".repeat(MAX_FILTER_LENGTH)],
  ["brackets and parentheses", "[(".repeat(MAX_FILTER_LENGTH / 2)],
  ["brackets after a right beginning", `${"port 80 and ".repeat(1000)}${"[".repeat(8000)}`],
  ["connectives", "or ".repeat(6000)],
  ["signs that are no part of the language", "@$%^".repeat(5000)],
  ["quotes", `"'`.repeat(MAX_FILTER_LENGTH / 2)],
  ["one long word", "a".repeat(MAX_FILTER_LENGTH)],
  ["one long number", `port ${"9".repeat(19_000)}`],
  ["unknown words", "x or ".repeat(3999) + "x"],
])("%s are refused with short messages", (_name, text) => {
  const { predicate, diagnostics } = checkFilter(text);
  expect(predicate).toBeUndefined();
  expect(diagnostics.length).toBeGreaterThan(0);
  expect(diagnostics.length).toBeLessThanOrEqual(100);
  for (const { message, hint = "" } of diagnostics) expect(message.length + hint.length).toBeLessThan(300);
});
