/** Warnings about filters that are correct but mean something else than they look like. */
import { field } from "../fields.ts";
import { tcpFlagLetters } from "../names.ts";
import type { Expression, FilterAst, NumberTest } from "./ast.ts";
import type { Findings } from "./diagnostic.ts";
import { columnsOf, findWord } from "./words.ts";

export function lintFilter({ expression }: FilterAst, findings: Findings): void {
  if (expression) lint(expression, findings);
}

function lint(expression: Expression, findings: Findings): void {
  switch (expression.kind) {
    case "and":
    case "or":
      for (const item of expression.items) lint(item, findings);
      return;
    case "not":
      lintNegatedFlags(expression, findings);
      lint(expression.item, findings);
      return;
    case "number":
      lintNumber(expression, findings);
      return;
    case "constant":
    case "address":
    case "flags":
    case "invalid":
  }
}

/** `flags S and not flags AFRPU` was the idiom for a lone SYN up to nfdump 1.7.1; in newer ones, and here, it does not say that. */
function lintNegatedFlags({ item, from, to }: Extract<Expression, { kind: "not" }>, findings: Findings): void {
  if (item.kind !== "flags" || item.match.kind !== "masked") return;
  const { mask, value } = item.match;
  if (mask !== value || mask === 0xff || (mask & (mask - 1)) === 0) return;
  const letters = tcpFlagLetters(mask);
  findings.add({
    severity: "warning",
    code: "FILTER_FLAGS_IDIOM",
    from,
    to,
    message: `true for every record that does not have all of ${letters} set, whatever its protocol`,
    hint:
      (mask & 2) === 0
        ? `for a lone SYN write flags =S; for none of the letters write flags none ${letters}`
        : `for none of the letters write flags none ${letters}`,
  });
}

function lintNumber(test: NumberTest, findings: Findings): void {
  const word = findWord(test.word);
  const [only] = test.ranges;
  if (word?.kind !== "number" || test.ranges.length !== 1 || only === undefined) return;
  const never = (message: string, hint: string): void => {
    findings.add({ severity: "warning", code: "FILTER_NEVER_TRUE", from: test.from, to: test.to, message, hint });
  };
  const columns = columnsOf(word, test.sides);
  const zeroIsUnknown = columns.every((name) => field(name).unknown.kind === "value");
  if (zeroIsUnknown && (test.op === "=" || test.op === "<=") && only.last === 0) {
    never(
      `0 means that the exporter did not tell, and a test of an unknown ${word.word} is false`,
      `for records without it write not ${word.word} > 0`,
    );
  }
  if ((test.op === "<" && only.first === 0) || (test.op === ">" && BigInt(only.first) >= word.operand.max)) {
    never(`no value is ${test.op} ${word.operand.print(only.first)}`, "did you mean >= or <=?");
  }
}
