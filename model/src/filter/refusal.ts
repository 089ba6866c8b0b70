/** Why a test could not be read. Thrown and caught while one test is read, never further: `readTest` turns it into a finding. */
import type { TextRange } from "./ast.ts";
import type { Finding } from "./diagnostic.ts";
import type { Problem } from "./problem.ts";

export class Refusal extends Error {
  readonly finding: Finding;

  constructor(range: TextRange, code: Finding["code"], problem: Problem) {
    super(problem.message);
    this.finding = { severity: "error", code, from: range.from, to: range.to, ...problem };
  }
}
