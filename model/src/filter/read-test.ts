/**
 * Reads the terms of one test with the word table: directions, word, operator, values. Every way to be wrong ends in a finding that
 * says where and what was expected; the result is then `invalid`.
 */
import type { AddressTest, Expression, FilterOp, FilterTest, Negation, NumberRange, NumberTest, Sides, TextRange } from "./ast.ts";
import { readAddress, readMaskedNetwork, readNetwork, type ReadNetwork } from "./address-text.ts";
import type { Finding, Findings } from "./diagnostic.ts";
import { readFlags } from "./flags-text.ts";
import { nearest } from "./nearest.ts";
import type { Operand } from "./operand.ts";
import { isProblem, type Problem } from "./problem.ts";
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

/** Entries of a list. Source: room for a threat feed; nfdump has no limit, and the text's own limit is met first in most cases. */
export const MAX_LIST = 10_000;

/** Word and directions of an equality test: libpcap lets the next test leave them out (`port 80 or 443`). */
export interface Qualifier {
  readonly word: NumberWord | AddressWord;
  readonly spelling: string;
  readonly sides: Sides;
}

export interface ReadTest {
  readonly test: Expression;
  readonly qualifier?: Qualifier;
}

/** Thrown inside this file only, to leave from the depth of a value; `readTest` turns it into a finding. */
class Refusal extends Error {
  readonly finding: Finding;
  constructor(range: TextRange, code: Finding["code"], problem: Problem) {
    super(problem.message);
    this.finding = { severity: "error", code, from: range.from, to: range.to, ...problem };
  }
}

const OPERATORS: Readonly<Record<string, FilterOp | "!=">> = {
  "=": "=", "==": "=", eq: "=", "!=": "!=", ">": ">", gt: ">", "<": "<", lt: "<", ">=": ">=", ge: ">=", "<=": "<=", le: "<=",
}; // prettier-ignore

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
    const sidesTerm = this.readSides();
    const sides = sidesTerm?.sides ?? "either";
    const head = this.readWord(sidesTerm, previous);
    if (head.word.kind !== "number" && head.word.kind !== "address" && sidesTerm) this.refuseSide(sidesTerm, head.word);
    const { test, repeatable } = this.readRest(head.word, head.spelling, head.sides ?? sides, sidesTerm);
    this.refuseRest();
    return repeatable && (head.word.kind === "number" || head.word.kind === "address")
      ? { test, qualifier: { word: head.word, spelling: head.spelling, sides: head.sides ?? sides } }
      : { test };
  }

  private readSides(): (Term & { readonly sides: Sides }) | undefined {
    const term = this.terms[0];
    if (term?.kind === "Sides") return { ...term, sides: this.terms[this.at++]!.sides ?? "either" };
    // `in if 3`: at the beginning of a test `in` is a direction.
    if (term?.kind === "In") return { ...term, sides: ((this.at += 1), "in") };
    return undefined;
  }

  /** The word itself; or the one that the text leaves out: `host` after a direction, the previous test's before a bare value. */
  private readWord(sides: Term | undefined, previous: Qualifier | undefined): { word: FilterWord; spelling: string; sides?: Sides } {
    const rest = this.terms.slice(this.at);
    const match = matchWord(rest.map((term) => (term.kind === "Quoted" ? "" : term.lower)));
    if (match) {
      this.at += match.length;
      return match;
    }
    const [first] = rest;
    const host = findWord("ip");
    if (first && sides && host && !isProblem(readAddress(first.text))) return { word: host, spelling: "ip" };
    if (first && !sides && previous && this.canRepeat(first, previous)) return previous;
    return this.refuseWord(first, sides, previous);
  }

  private canRepeat(value: Term, { word, spelling }: Qualifier): boolean {
    if (value.kind === "CompareOp" || value.kind === "In" || value.kind === "List") return false;
    return !isProblem(word.kind === "number" ? word.operand.read(value.text) : readNetworkFor(spelling, word, value.text));
  }

  private refuseWord(first: Term | undefined, sides: Term | undefined, previous: Qualifier | undefined): never {
    if (!first) {
      const words = FILTER_WORDS.filter((word) => acceptsSides(word, sides?.sides ?? "either")).map(({ word }) => word);
      throw new Refusal(sides ?? this.range, "FILTER_SYNTAX", {
        message: `a word is missing after ${sides?.text ?? ""}`,
        hint: `write what is compared: ${words.join(", ")}`,
        expected: words,
      });
    }
    const parts = continuations([first.lower]);
    if (first.kind === "Name" && parts.length > 0) {
      throw new Refusal(first, "FILTER_UNKNOWN_WORD", {
        message: `${first.text} is only the beginning of a word`,
        hint: `continue with ${listOr(parts)}: ${first.lower} ${parts[0]!}`,
        expected: parts,
      });
    }
    if (first.kind === "Number" || first.kind === "Address") {
      const word = first.kind === "Address" ? "ip" : "port";
      const hint = previous
        ? `${first.text} does not fit ${previous.spelling}, the word before`
        : `write what it is, for instance ${word} ${first.text}`;
      throw new Refusal(first, "FILTER_SYNTAX", { message: `${first.text} is a value without a word`, hint });
    }
    if (first.kind === "CompareOp" || first.kind === "List" || first.kind === "In") {
      throw new Refusal(first, "FILTER_SYNTAX", {
        message: `a word is missing before ${first.text.slice(0, 20)}`,
        hint: "write what is compared, for instance bytes > 1000",
      });
    }
    const unsupported = unsupportedHint(first.lower);
    const meant = nearest(
      first.text,
      FILTER_WORDS.flatMap(({ spellings }) => spellings),
    );
    throw new Refusal(first, "FILTER_UNKNOWN_WORD", {
      message: `${first.text} is not a word of the filter language`,
      hint: unsupported ?? (meant === undefined ? "docs/filter.md lists the words" : `did you mean ${meant}?`),
      expected: meant === undefined || unsupported !== undefined ? undefined : [meant],
    });
  }

  private refuseSide(sides: Term, word: FilterWord): never {
    const possible = sidesOf(word);
    const hint = possible.length === 0 ? `leave ${sides.text} out` : `${word.word} takes ${listOr(possible)}`;
    throw new Refusal(sides, "FILTER_DIRECTION", { message: `${word.word} has no direction ${sides.text}`, hint, expected: [...possible] });
  }

  private readRest(
    word: FilterWord,
    spelling: string,
    sides: Sides,
    sidesTerm: Term | undefined,
  ): { test: FilterTest | Negation; repeatable: boolean } {
    switch (word.kind) {
      case "constant":
        return { test: { kind: "constant", ...this.range, word: word.word }, repeatable: false };
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
          repeatable: false,
        };
      case "number":
      case "address": {
        if (sidesTerm && !acceptsSides(word, sides)) this.refuseSide(sidesTerm, word);
        return word.kind === "number" ? this.readNumber(word, sides) : this.readAddresses(word, spelling, sides);
      }
      case "flags":
        return { test: this.readFlagsTest(), repeatable: false };
    }
  }

  private readNumber(word: NumberWord, sides: Sides): { test: FilterTest | Negation; repeatable: boolean } {
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
    return { test: op === "!=" ? { kind: "not", ...this.range, item: test } : test, repeatable: operator === undefined };
  }

  private readAddresses(word: AddressWord, spelling: string, sides: Sides): { test: AddressTest | Negation; repeatable: boolean } {
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
    return { test: operator?.op === "!=" ? { kind: "not", ...this.range, item: test } : test, repeatable: operator === undefined };
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

  /** One value, or the entries of `in [..]`. */
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
    if (entries.length > MAX_LIST)
      throw new Refusal(list, "FILTER_LIST_TOO_LONG", {
        message: `the list has ${entries.length} entries, more than ${MAX_LIST}`,
        hint: "use networks instead of single addresses, or split the filter",
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

/** A pair stands for source and destination. */
function acceptsSides(word: FilterWord, sides: Sides): boolean {
  const possible = sidesOf(word);
  return sides === "either" || sides === "both" ? possible.includes("src") && possible.includes("dst") : possible.includes(sides);
}

function readNetworkFor(spelling: string, word: AddressWord, text: string): ReadNetwork | Problem {
  return spelling === word.netWord ? readNetwork(text) : readAddress(text);
}

function listOr(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)!}`;
}
