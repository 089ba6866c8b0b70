import fc from "fast-check";
import { checkFilter } from "./check.ts";
import { completeFilter } from "./complete.ts";

/** Labels offered at the `|` of a text. */
function labels(marked: string): string[] {
  const offset = marked.indexOf("|");
  return completeFilter(marked.replace("|", ""), offset).options.map(({ label }) => label);
}

test.each<[string, { has?: string[]; not?: string[]; only?: string[] }]>([
  ["|", { has: ["ip", "net", "port", "proto", "flags", "icmp type", "any", "src", "dst", "in", "not", "("], not: ["and", "or", "]"] }],
  ["pro|", { only: ["proto"] }],
  ["PRO|", { only: ["proto"] }],
  ["src |", { has: ["ip", "host", "net", "port", "as", "or dst", "and dst"], not: ["proto", "bytes", "if", "and"] }],
  ["src or |", { only: ["src", "dst"] }],
  ["src or dst |", { has: ["ip", "port"], not: ["proto", "if", "or dst"] }],
  ["out |", { only: ["if"] }],
  ["in |", { only: ["if"] }],
  ["proto |", { has: ["tcp", "udp", "icmp6", "=", "!=", "in"], not: [">", "and"] }],
  ["proto t|", { has: ["tcp"], not: ["ggp"] }],
  ["proto = |", { has: ["tcp"], not: ["=", "in", "and"] }],
  ["proto in |", { only: ["["] }],
  ["proto in [tcp |", { has: ["udp", "]"], not: ["and"] }],
  ["proto in [tcp] |", { only: ["and", "or"] }],
  ["proto tcp |", { only: ["and", "or"] }],
  ["(proto tcp |", { only: ["and", "or", ")"] }],
  ["(proto tcp) |", { only: ["and", "or"] }],
  ["proto tcp and |", { has: ["port", "src", "not", "("], not: ["and", "tcp "] }],
  ["proto tcp and not |", { has: ["port", "("], not: ["and"] }],
  ["not (|", { has: ["port"], not: [")"] }],
  ["port |", { has: ["https", ">", "<=", "in"] }],
  ["dst port htt|", { has: ["http", "https"], not: ["ssh"] }],
  ["port 80 |", { only: ["and", "or"] }],
  ["bytes |", { has: [">", "=", "in"], not: ["tcp", "and"] }],
  ["bytes > 1000 |", { only: ["and", "or"] }],
  ["ip |", { has: ["=", "!=", "in"], not: [">"] }],
  ["any |", { only: ["and", "or"] }],
  ["icmp |", { has: ["type", "code", "and", "or"] }],
  ["next |", { only: ["ip", "host", "net"] }],
  ["exporter |", { only: ["ip", "host", "net"] }],
  ["flags |", { has: ["S", "A", "SA", "S/SA", "any", "none", "="] }],
  ["flags any |", { has: ["S", "F"], not: ["any", "and"] }],
  ["flags S |", { only: ["and", "or"] }],
  ["pro| tcp and port 80", { only: ["proto"] }],
  ["proto t| and port 80", { has: ["tcp"] }],
  ["# remark |", { only: [] }],
  ['port "ht|', { only: [] }],
  ["any # pro|\nand port 80", { only: [] }],
  ["any # a remark\nand pro|", { only: ["proto"] }],
])("%s", (marked, { has, not, only }) => {
  const offered = labels(marked);
  if (only) expect(offered).toEqual(only);
  if (has) expect(offered).toEqual(expect.arrayContaining(has));
  for (const label of not ?? []) expect(offered).not.toContain(label);
});

test("replaces the whole word at the cursor", () => {
  expect(completeFilter("any and pro tcp", 10)).toMatchObject({ from: 8, to: 11 });
  expect(completeFilter("any and ", 8)).toMatchObject({ from: 8, to: 8 });
});

test("survives offsets outside the text and texts without sense", () => {
  expect(completeFilter("any", 99)).toMatchObject({ from: 0, to: 3 });
  expect(completeFilter("any", -5).options.length).toBeGreaterThan(0);
  expect(completeFilter("a".repeat(20_001), 5).options).toEqual([]);
  expect(completeFilter("[(".repeat(9000), 18_000).options).toEqual([]);
});

test("following the options from the beginning leads to a filter without errors", () => {
  const values: Readonly<Record<string, string>> = { mac: "00:1b:54:aa:bb:cc", flags: "S", proto: "tcp", flowdir: "egress" };
  for (const { label, apply = label, type } of completeFilter("", 0).options) {
    if (type !== "property") continue;
    const value = /net$|ip$|host$/.test(label) ? "192.0.2.1" : (values[label] ?? "1");
    const text = completeFilter(apply, apply.length).options.some(({ label: next }) => next === "=") ? `${apply}${value}` : apply;
    expect({ text, errors: checkFilter(text).diagnostics }).toEqual({ text, errors: [] });
  }
});

test("completes any text at any place without failing, and replaces only what is a word there", () => {
  const piece = fc.constantFrom(
    ...'and or not ( ) [ ] , ! in src dst any port ip net flags icmp type 80 10.0.0.1 > = " # \n @ next'.split(" "),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.nat(80), (pieces, offset) => {
      const text = pieces.join(" ");
      const { from, to, options } = completeFilter(text, offset);
      expect(text.slice(from, to)).toMatch(/^[\w.:/-]*$/);
      expect(from).toBeLessThanOrEqual(to);
      expect(new Set(options.map(({ label }) => label)).size).toBe(options.length);
    }),
    { numRuns: 500 },
  );
});
