/**
 * Filter text to syntax tree. The generated parser never fails: it repairs and marks; here the marks become findings and the rest of
 * the text is still read, so an editor can underline every wrong test at once.
 */
import { Tree, type SyntaxNode } from "@lezer/common";
import type { Expression, FilterAst, TextRange } from "./ast.ts";
import { Findings, type Diagnostic } from "./diagnostic.ts";
import { filterParser } from "./filter-parser.generated.ts";
import { readTest, type Qualifier } from "./read-test.ts";
import { explainSyntax, hasSyntaxError } from "./syntax-errors.ts";
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
  if (text.length > MAX_FILTER_LENGTH) {
    findings.add({
      severity: "error",
      code: "FILTER_TOO_LONG",
      from: MAX_FILTER_LENGTH,
      to: text.length,
      message: `the filter has ${text.length} characters, more than ${MAX_FILTER_LENGTH}`,
      hint: "use networks instead of single addresses, or split the filter",
    });
    return { tree: Tree.empty, ast: { kind: "filter" } };
  }
  const tree = filterParser.parse(text);
  if (hasSyntaxError(tree)) findings.add(explainSyntax(tree, text));
  const top = childExpressions(tree.topNode)[0];
  return {
    tree,
    ast: top === undefined ? { kind: "filter" } : { kind: "filter", expression: new AstBuilder(text, findings).build(top, 0) },
  };
}

const EXPRESSIONS = new Set(["Or", "And", "Not", "Group", "Test"]);

function childExpressions(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (EXPRESSIONS.has(child.name)) children.push(child);
  return children;
}

class AstBuilder {
  private readonly text: string;
  private readonly findings: Findings;
  private previous: Qualifier | undefined;

  constructor(text: string, findings: Findings) {
    this.text = text;
    this.findings = findings;
  }

  build(node: SyntaxNode, depth: number): Expression {
    const range = { from: node.from, to: node.to };
    if (depth > MAX_DEPTH) return this.refuseDepth(range);
    switch (node.name) {
      case "Or":
      case "And":
        return this.buildJunction(node, depth);
      case "Not": {
        const item = childExpressions(node)[0];
        return item === undefined ? { kind: "invalid", ...range } : { kind: "not", ...range, item: this.build(item, depth + 1) };
      }
      case "Group": {
        const inner = childExpressions(node)[0];
        return inner === undefined ? { kind: "invalid", ...range } : this.build(inner, depth + 1);
      }
      default: {
        if (node.from === node.to) return { kind: "invalid", ...range }; // the parser's repair of a gap, which is a syntax error already
        const { test, qualifier } = readTest(termsOf(node, this.text), this.findings, this.previous);
        this.previous = qualifier;
        return test;
      }
    }
  }

  private buildJunction(node: SyntaxNode, depth: number): Expression {
    const kind = node.name === "Or" ? "or" : "and";
    const children = childExpressions(node);
    if (kind === "or") this.warnPrecedence(children);
    else this.checkConnectives(node);
    const items = children.map((child) => this.build(child, depth)).flatMap((item) => (item.kind === kind ? item.items : [item]));
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

  private refuseDepth(range: TextRange): Expression {
    this.findings.add({
      severity: "error",
      code: "FILTER_TOO_DEEP",
      from: range.from,
      to: range.from + 1,
      message: `parentheses and negations are nested more than ${MAX_DEPTH} deep`,
      hint: "remove parentheses that change nothing",
    });
    return { kind: "invalid", ...range };
  }
}
