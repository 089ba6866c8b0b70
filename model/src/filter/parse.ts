/**
 * Filter text to syntax tree. The generated parser never fails: it repairs and marks; here the marks become findings and the rest of
 * the text is still read, so an editor can underline every wrong test at once.
 */
import { Tree, type SyntaxNode } from "@lezer/common";
import type { Expression, FilterAst, TextRange } from "./ast.ts";
import { Findings, type Diagnostic } from "./diagnostic.ts";
import { filterParser } from "./filter-parser.generated.ts";
import { deeperThan } from "./nesting.ts";
import type { Qualifier } from "./read-head.ts";
import { readTest } from "./read-test.ts";
import { explainSyntax } from "./syntax-errors.ts";
import { termsOf } from "./terms.ts";

/** Characters of a filter; the same bound as FlowQuery's. */
export const MAX_FILTER_LENGTH = 20_000;
/** Nested parentheses and negations: far beyond what people write, far below the depth of the call stack. */
export const MAX_DEPTH = 200;

export interface ParsedFilter {
  readonly tree: Tree;
  readonly ast: FilterAst;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a filter; wrong parts are `invalid` in the tree and named in the diagnostics. Never throws. */
export function parseFilter(text: string): ParsedFilter {
  const findings = new Findings();
  const { tree, ast } = parseInto(text, findings);
  return { tree, ast, diagnostics: findings.diagnostics(text) };
}

export function parseInto(text: string, findings: Findings): Pick<ParsedFilter, "tree" | "ast"> {
  const refusal = tooLarge(text);
  if (refusal) {
    findings.add({ severity: "error", ...refusal });
    return { tree: Tree.empty, ast: invalidFilter(text) };
  }
  const { tree, right } = parseTree(text);
  if (!right) findings.add(explainSyntax(tree, text));
  if (tree.length < text.length) return { tree, ast: invalidFilter(text) };
  const top = childExpressions(tree.topNode)[0];
  return { tree, ast: top === undefined ? { kind: "filter" } : { kind: "filter", expression: new AstBuilder(text, findings).build(top) } };
}

function tooLarge(text: string): (Pick<Diagnostic, "code" | "message" | "hint"> & TextRange) | undefined {
  if (text.length > MAX_FILTER_LENGTH) {
    return {
      code: "FILTER_TOO_LONG",
      from: MAX_FILTER_LENGTH,
      to: text.length,
      message: `the filter has ${text.length} characters, more than ${MAX_FILTER_LENGTH}`,
      hint: "use networks instead of single addresses, or split the filter",
    };
  }
  const deep = deeperThan(text, MAX_DEPTH);
  return (
    deep && {
      code: "FILTER_TOO_DEEP",
      ...deep,
      message: `parentheses and negations are nested more than ${MAX_DEPTH} deep`,
      hint: "remove parentheses that change nothing",
    }
  );
}

const strictParser = filterParser.configure({ strict: true });

/** Wrong texts longer than this are only read up to the first mistake: repairing takes up to 0.1 ms a character. */
const MAX_REPAIRED_LENGTH = 2000;
/** Characters after the first mistake that are read to name it. */
const CONTEXT = 100;

function invalidFilter(text: string): FilterAst {
  return { kind: "filter", expression: { kind: "invalid", from: 0, to: text.length } };
}

/** The tree, repaired where the text is not right; of a long wrong text only the beginning. */
export function parseTree(text: string): { readonly tree: Tree; readonly right: boolean } {
  const parse = strictParser.startParse(text);
  try {
    for (;;) {
      const tree = parse.advance();
      if (tree) return { tree, right: true };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const end = text.length <= MAX_REPAIRED_LENGTH ? text.length : parse.parsedPos + CONTEXT;
    return { tree: filterParser.parse(text.slice(0, end)), right: false };
  }
}

const EXPRESSIONS = new Set(["Or", "And", "Not", "Group", "Test"]);

function childExpressions(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (EXPRESSIONS.has(child.name)) children.push(child);
  return children;
}

/** Did the parser have to fill or cut something here? Then a syntax error is reported already. */
function isRepaired(node: SyntaxNode): boolean {
  if (node.type.isError || node.from === node.to) return true;
  for (let child = node.firstChild; child; child = child.nextSibling) if (isRepaired(child)) return true;
  return false;
}

class AstBuilder {
  private readonly text: string;
  private readonly findings: Findings;
  private previous: Qualifier | undefined;

  constructor(text: string, findings: Findings) {
    this.text = text;
    this.findings = findings;
  }

  build(node: SyntaxNode): Expression {
    const range = { from: node.from, to: node.to };
    switch (node.name) {
      case "Or":
      case "And":
        return this.buildJunction(node);
      case "Not": {
        const item = childExpressions(node)[0];
        return item === undefined ? { kind: "invalid", ...range } : { kind: "not", ...range, item: this.build(item) };
      }
      case "Group": {
        const inner = childExpressions(node)[0];
        return inner === undefined ? { kind: "invalid", ...range } : this.build(inner);
      }
      default: {
        if (isRepaired(node)) return { kind: "invalid", ...range };
        const { test, qualifier } = readTest(termsOf(node, this.text), this.findings, this.previous);
        this.previous = qualifier;
        return test;
      }
    }
  }

  private buildJunction(node: SyntaxNode): Expression {
    const kind = node.name === "Or" ? "or" : "and";
    const children = childExpressions(node);
    if (kind === "or") this.warnPrecedence(children);
    else this.checkConnectives(node);
    const items = children.map((child) => this.build(child)).flatMap((item) => (item.kind === kind ? item.items : [item]));
    const [only] = items;
    return items.length === 1 && only ? only : { kind, from: node.from, to: node.to, items };
  }

  /** `a or b and c` is `a or (b and c)` for nfdump and here, `(a or b) and c` for libpcap. */
  private warnPrecedence(children: readonly SyntaxNode[]): void {
    const and = children.find((child, i) => i > 0 && child.name === "And");
    if (and === undefined) return;
    this.findings.add({
      severity: "warning",
      code: "FILTER_PRECEDENCE",
      from: and.from,
      to: and.to,
      message: "and binds tighter than or, as in nfdump; tcpdump reads from left to right",
      hint: "put parentheses around what belongs together",
    });
  }

  /** The grammar takes `(a) (b)` and `a not b` as a conjunction so that the gap can be named here. */
  private checkConnectives(node: SyntaxNode): void {
    for (let child = node.firstChild; child?.nextSibling; child = child.nextSibling) {
      const next = child.nextSibling;
      if (!EXPRESSIONS.has(child.name) || !EXPRESSIONS.has(next.name)) continue;
      const to = Math.min(next.to, next.from + (/^\S+/.exec(this.text.slice(next.from, next.from + 20))?.[0].length ?? 1));
      const shown = next.name === "Group" ? "(" : this.text.slice(next.from, to);
      this.findings.add({
        severity: "error",
        code: "FILTER_SYNTAX",
        from: next.from,
        to: next.name === "Group" ? next.from + 1 : to,
        message: `and or or is missing before ${shown}`,
        hint: "tests are joined with and, or",
        expected: ["and", "or"],
      });
    }
  }
}
