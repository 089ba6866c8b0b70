/**
 * Reads the terms of one test with the word table: directions, word, operator, values. Every way to be wrong ends in a finding that
 * says where and what was expected; the result is then `invalid`.
 */
import type { AddressTest, Expression, FilterOp, FilterTest, Negation, NumberRange, NumberTest, Sides, TextRange } from "./ast.ts";
import { readMaskedNetwork } from "./address-text.ts";
import type { Findings } from "./diagnostic.ts";
import { readFlags } from "./flags-text.ts";
import type { Operand } from "./operand.ts";
import { isProblem } from "./problem.ts";
import { readHead, readNetworkFor, type Head, type Qualifier } from "./read-head.ts";
import { Refusal } from "./refusal.ts";
import type { Term } from "./terms.ts";
import type { AddressWord, NumberWord } from "./words.ts";

export interface ReadTest {
  readonly test: Expression;
  /** What a bare value after it repeats; only after equality without an operator. */
  readonly qualifier?: Qualifier;
}

// prettier-ignore
const OPERATORS: Readonly<Record<string, FilterOp | "!=">> = {
  "=": "=", "==": "=", eq: "=", "!=": "!=", ">": ">", gt: ">", "<": "<", lt: "<", ">=": ">=", ge: ">=", "<=": "<=", le: "<=",
};

/** Reads one test. `previous` is the qualifier that a bare value repeats. */
export function readTest(terms: readonly Term[], findings: Findings, previous: Qualifier | undefined): ReadTest {
  const range = { from: terms[0]?.from ?? 0, to: terms.at(-1)?.to ?? 0 };
  try {
    return new TestReader(terms, range, findings).read(previous);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    findings.add(refusal.finding);
    return { test: { kind: "invalid", ...range } };
  }
}

class TestReader {
  private readonly terms: readonly Term[];
  private readonly range: TextRange;
  private readonly findings: Findings;
  private at = 0;

  constructor(terms: readonly Term[], range: TextRange, findings: Findings) {
    this.terms = terms;
    this.range = range;
    this.findings = findings;
  }

  read(previous: Qualifier | undefined): ReadTest {
    const head = readHead(this.terms, this.range, previous);
    this.at = head.length;
    const read = this.readBody(head);
    this.refuseRest();
    return read;
  }

  private readBody({ word, spelling, sides }: Head): ReadTest {
    switch (word.kind) {
      case "constant":
        return { test: { kind: "constant", ...this.range, word: word.word } };
      case "protocol":
        return {
          test: {
            kind: "number",
            ...this.range,
            word: "proto",
            sides: "either",
            op: "=",
            ranges: [{ first: word.proto, last: word.proto }],
          },
        };
      case "flags":
        return { test: this.readFlagsTest() };
      case "number":
      case "address": {
        const explicit = this.terms[this.at]?.kind === "CompareOp";
        const test = word.kind === "number" ? this.readNumber(word, sides) : this.readAddresses(word, spelling, sides);
        return explicit ? { test } : { test, qualifier: { word, spelling, sides } };
      }
    }
  }

  private readNumber(word: NumberWord, sides: Sides): FilterTest | Negation {
    const operator = this.readOperator();
    const op = operator?.op ?? "=";
    if (operator && !word.operand.ordered && op !== "=" && op !== "!=") {
      throw new Refusal(operator, "FILTER_OPERATOR", {
        message: `${word.word} cannot be compared with ${operator.text}`,
        hint: `only equality makes sense: ${word.operand.example}`,
        expected: ["=", "!="],
      });
    }
    const values = this.readValues(word.word, word.operand, operator);
    const ranges = values.map((value) => this.readRange(value, word.operand));
    const [first] = ranges;
    if (op !== "=" && op !== "!=" && (ranges.length > 1 || first?.first !== first?.last)) {
      throw new Refusal(operator ?? this.range, "FILTER_OPERATOR", {
        message: `a range or a list cannot be compared with ${op}`,
        hint: "compare with one number",
      });
    }
    const test: NumberTest = { kind: "number", ...this.range, word: word.word, sides, op: op === "!=" ? "=" : op, ranges };
    return op === "!=" ? { kind: "not", ...this.range, item: test } : test;
  }

  private readAddresses(word: AddressWord, spelling: string, sides: Sides): AddressTest | Negation {
    const operator = this.readOperator();
    if (operator && operator.op !== "=" && operator.op !== "!=") {
      throw new Refusal(operator, "FILTER_OPERATOR", {
        message: `addresses cannot be compared with ${operator.text}`,
        hint: `only equality makes sense; for a range of addresses write ${word.netWord} A/length`,
        expected: ["=", "!="],
      });
    }
    const values = this.readValues(spelling, { wanted: "an IP address", example: `${spelling} 192.0.2.1` }, operator);
    const networks = values.map((value) => this.readNetworkTerm(value, spelling, word));
    const test: AddressTest = { kind: "address", ...this.range, word: word.word, sides, networks };
    return operator?.op === "!=" ? { kind: "not", ...this.range, item: test } : test;
  }

  private readNetworkTerm(value: Term, spelling: string, word: AddressWord): AddressTest["networks"][number] {
    const mask = this.terms[this.at];
    const masked = spelling === word.netWord && mask?.kind === "Address" && !value.text.includes("/");
    if (masked) this.at += 1;
    const range = masked ? { from: value.from, to: mask.to } : value;
    const read = masked ? readMaskedNetwork(value.text, mask.text) : readNetworkFor(spelling, word, value.text);
    if (isProblem(read)) throw new Refusal(range, "FILTER_VALUE", read);
    if (read.hostBits) {
      const { address, prefix } = read.network;
      this.findings.add({
        severity: "warning",
        code: "FILTER_HOST_BITS",
        from: range.from,
        to: range.to,
        message: `read as ${address}/${prefix}: bits behind the prefix are ignored`,
        hint: `write ${address}/${prefix}`,
      });
    }
    return read.network;
  }

  private readFlagsTest(): FilterTest | Negation {
    const operator = this.readOperator();
    const mode = this.terms[this.at];
    const quantifier = operator === undefined && (mode?.lower === "any" || mode?.lower === "none") ? mode.lower : undefined;
    if (quantifier) this.at += 1;
    const value = this.takeValue(
      "flags",
      { wanted: "flag letters or a number", example: "flags S" },
      operator ?? (quantifier ? mode : undefined),
    );
    const read = readFlags(value.text, operator?.op, quantifier);
    if (isProblem(read)) throw new Refusal(value, "FILTER_VALUE", read);
    const test: FilterTest = { kind: "flags", ...this.range, match: read };
    return operator?.op === "!=" ? { kind: "not", ...this.range, item: test } : test;
  }

  private readOperator(): (Term & { readonly op: FilterOp | "!=" }) | undefined {
    const term = this.terms[this.at];
    if (term?.kind !== "CompareOp") return undefined;
    this.at += 1;
    return { ...term, op: OPERATORS[term.lower] ?? "=" };
  }

  /** One value, or the entries of `in [..]`; the bound on the text bounds them to fewer than 10,000. */
  private readValues(name: string, operand: Pick<Operand, "wanted" | "example">, operator: Term | undefined): readonly Term[] {
    const term = this.terms[this.at];
    if (term?.kind === "List")
      throw new Refusal(term, "FILTER_SYNTAX", {
        message: "in is missing before the list",
        hint: `write ${name} in ${term.text.slice(0, 40)}`,
        expected: ["in"],
      });
    if (term?.kind !== "In" || operator) return [this.takeValue(name, operand, operator)];
    this.at += 1;
    const list = this.terms[this.at];
    if (list?.kind !== "List")
      throw new Refusal(list ?? term, "FILTER_SYNTAX", {
        message: "a list in brackets is missing after in",
        hint: `write ${name} in [..]`,
        expected: ["["],
      });
    this.at += 1;
    const entries = list.entries ?? [];
    if (entries.length === 0)
      throw new Refusal(list, "FILTER_VALUE", {
        message: "the list is empty",
        hint: `write at least one value; ${operand.wanted} is wanted`,
      });
    return entries;
  }

  private takeValue(name: string, { wanted, example }: Pick<Operand, "wanted" | "example">, before: Term | undefined): Term {
    const term = this.terms[this.at];
    if (!term || term.kind === "CompareOp" || term.kind === "Sides" || term.kind === "In" || term.kind === "List") {
      const end = before?.to ?? this.terms[this.at - 1]?.to ?? this.range.to;
      const range = term ?? { from: this.terms[this.at - 1]?.from ?? end, to: end };
      throw new Refusal(range, "FILTER_VALUE", {
        message: `${wanted} is missing after ${before?.text ?? name}`,
        hint: `for instance ${example}`,
      });
    }
    this.at += 1;
    return term;
  }

  private readRange(term: Term, operand: Operand): NumberRange {
    const whole = operand.read(term.text);
    if (!isProblem(whole)) {
      if (whole.note !== undefined)
        this.findings.add({ severity: "info", code: "FILTER_UNIT", from: term.from, to: term.to, message: whole.note });
      return { first: whole.value, last: whole.value };
    }
    const parts = operand.ordered ? /^(\d\w*)-(\d\w*)$/.exec(term.text) : null;
    const [first, last] = [operand.read(parts?.[1] ?? ""), operand.read(parts?.[2] ?? "")];
    if (!parts || isProblem(first) || isProblem(last))
      throw new Refusal(term, "FILTER_VALUE", parts && isProblem(first) ? first : parts && isProblem(last) ? last : whole);
    if (last.value < first.value)
      throw new Refusal(term, "FILTER_VALUE", { message: `the range ${term.text} is empty`, hint: `write ${parts[2]!}-${parts[1]!}` });
    return { first: first.value, last: last.value };
  }

  /** What is left after a whole test is a missing connective more often than anything else. */
  private refuseRest(): void {
    const extra = this.terms[this.at];
    if (!extra) return;
    const before = this.terms[this.at - 1];
    if (extra.kind === "CompareOp" || extra.kind === "List" || extra.kind === "In") {
      throw new Refusal(extra, "FILTER_SYNTAX", {
        message: `${extra.text.slice(0, 20)} does not fit after ${before?.text ?? ""}`,
        hint: "a test is a word, an operator and a value",
      });
    }
    throw new Refusal(extra, "FILTER_SYNTAX", {
      message: `and or or is missing before ${extra.text}`,
      hint: "tests are joined with and, or",
      expected: ["and", "or"],
    });
  }
}
