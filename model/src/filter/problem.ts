/** Outcome of reading one value: the value, or what is wrong with the text. */
import type { FilterNumber } from "./ast.ts";

export interface Problem {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly expected?: readonly string[] | undefined;
}

export interface ReadValue {
  readonly value: FilterNumber;
  /** Something the writer should know about how the text was read. */
  readonly note?: string;
}

export function isProblem(result: object): result is Problem {
  return "message" in result;
}
