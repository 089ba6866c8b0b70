/**
 * Operand of `flags`. Letters ask for all of them and ignore the others; `=LETTERS` for exactly these of the eight; `any RF` for at
 * least one; `none AFRPU` for none; `S/SA` (SiLK) for these set of those examined. A number is the whole byte.
 */
import { tcpFlagBits, tcpFlagLetters } from "../names.ts";
import type { FilterOp, FlagsMatch } from "./ast.ts";
import { parseNumber } from "./number-text.ts";
import type { Problem } from "./problem.ts";

/** The flags that have a letter; nfdump's byte. */
const ALL_FLAGS = 0xff;

const LETTERS_HINT = "letters are C E U A P R S F (CWR ECE URG ACK PSH RST SYN FIN), X stands for UAPRSF";

export function readFlags(text: string, op: FilterOp | "!=" | undefined, quantifier: "any" | "none" | undefined): FlagsMatch | Problem {
  if (/^\d/.test(text))
    return quantifier === undefined
      ? readNumber(text, op ?? "=")
      : { message: `flags ${quantifier} takes letters, not ${text}`, hint: LETTERS_HINT };
  const [set = "", examined, ...rest] = text.split("/");
  const bits = tcpFlagBits(set);
  const mask = examined === undefined ? undefined : tcpFlagBits(examined);
  if (bits === undefined || (examined !== undefined && mask === undefined) || rest.length > 0)
    return { message: `${text} is not a set of TCP flags`, hint: LETTERS_HINT };
  if (op !== undefined && op !== "=" && op !== "!=")
    return { message: `flag letters cannot be compared with ${op}`, hint: "compare with =, or with a number: flags > 0x0f" };
  if (mask !== undefined) {
    if (quantifier !== undefined || op !== undefined)
      return { message: `${text} already says which flags are examined`, hint: `write flags ${text}` };
    if ((bits & ~mask) !== 0)
      return {
        message: `${text} can never match: ${tcpFlagLetters(bits & ~mask)} is not among the examined flags`,
        hint: `write flags ${set}/${tcpFlagLetters(mask | bits)}`,
      };
    return { kind: "masked", mask, value: bits };
  }
  // Any of one flag is that flag.
  if (quantifier === "any" && (bits & (bits - 1)) !== 0) return { kind: "any", mask: bits };
  if (quantifier === "none") return { kind: "masked", mask: bits, value: 0 };
  return { kind: "masked", mask: op === undefined ? bits : ALL_FLAGS, value: bits };
}

function readNumber(text: string, op: FilterOp | "!="): FlagsMatch | Problem {
  const number = parseNumber(text);
  if (typeof number === "object" || number > ALL_FLAGS)
    return { message: `${text} is not a flags byte`, hint: "write letters, or a number from 0 to 255" };
  const value = Number(number);
  return op === "=" || op === "!=" ? { kind: "masked", mask: ALL_FLAGS, value } : { kind: "number", op, value };
}

/** The operand as it is written: shortest form of the same meaning. */
export function formatFlags(match: FlagsMatch): string {
  switch (match.kind) {
    case "number":
      return `${match.op} ${match.value}`;
    case "any":
      return `any ${tcpFlagLetters(match.mask)}`;
    case "masked": {
      const { mask, value } = match;
      if (mask === ALL_FLAGS) return value === 0 ? "0" : `=${tcpFlagLetters(value)}`;
      if (value === 0) return `none ${tcpFlagLetters(mask)}`;
      return mask === value ? tcpFlagLetters(value) : `${tcpFlagLetters(value)}/${tcpFlagLetters(mask)}`;
    }
  }
}
