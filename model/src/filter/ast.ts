/**
 * Syntax tree of a filter after its words were understood: what printing, compiling and other programs work on. The tree is normal:
 * aliases are resolved (`host` is `ip`), `a and (b and c)` is one list, `X != v` is `not X = v`, and a list with one entry is that
 * entry; so equal meanings that differ only in spelling make equal trees. `from` and `to` are offsets into the text.
 */
import type { Network } from "../predicate.ts";
import type { Side } from "../fields.ts";

export interface TextRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Which of a word's columns are tested: one side's, any of them (no direction, or `src or dst`), or all (`src and dst`). */
export type Sides = Side | "either" | "both";

export type FilterOp = "=" | "<" | "<=" | ">" | ">=";

/** 64-bit counters do not fit a number; values below 2^53 are numbers. */
export type FilterNumber = number | bigint;

/** One number, or all from `first` to `last`. */
export interface NumberRange {
  readonly first: FilterNumber;
  readonly last: FilterNumber;
}

/** `any`, `ipv4`, `ipv6`: a word that is a test by itself. */
export interface ConstantTest extends TextRange {
  readonly kind: "constant";
  readonly word: string;
}

/** A numeric word: `dst port > 1024`, `proto tcp`, `as in [1 2]`. Several ranges only with `=`; with another op the range is one number. */
export interface NumberTest extends TextRange {
  readonly kind: "number";
  readonly word: string;
  readonly sides: Sides;
  readonly op: FilterOp;
  readonly ranges: readonly NumberRange[];
}

/** An address word: `src ip A`, `net A/24`, `ip in [..]`; the union of the networks, host bits cleared. */
export interface AddressTest extends TextRange {
  readonly kind: "address";
  readonly word: string;
  readonly sides: Sides;
  readonly networks: readonly Network[];
}

/** TCP flags of those examined: `mask` and `value` say which must be set; `any`: at least one of `mask`; or the byte as a number. */
export type FlagsMatch =
  | { readonly kind: "masked"; readonly mask: number; readonly value: number }
  | { readonly kind: "any"; readonly mask: number }
  | { readonly kind: "number"; readonly op: Exclude<FilterOp, "=">; readonly value: number };

export interface FlagsTest extends TextRange {
  readonly kind: "flags";
  readonly match: FlagsMatch;
}

export type FilterTest = ConstantTest | NumberTest | AddressTest | FlagsTest;

export interface Junction extends TextRange {
  readonly kind: "and" | "or";
  /** At least two, none of them of the same kind. */
  readonly items: readonly Expression[];
}

export interface Negation extends TextRange {
  readonly kind: "not";
  readonly item: Expression;
}

/** Text that could not be understood; there is an error diagnostic for it. */
export interface InvalidExpression extends TextRange {
  readonly kind: "invalid";
}

export type Expression = Junction | Negation | FilterTest | InvalidExpression;

/** A whole filter; without an expression it is empty and matches everything. */
export interface FilterAst {
  readonly kind: "filter";
  readonly expression?: Expression;
}
