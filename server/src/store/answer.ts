/** From ClickHouse's JSONCompact to a QueryAnswer. */
import { AnswerError } from "./engine.ts";
import type { QueryAnswer } from "./store.ts";

interface JsonCompact {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly (readonly unknown[])[];
  readonly statistics?: { readonly rows_read?: number };
}

/** @throws AnswerError when the text is not a whole answer */
export function parseAnswer(text: string, maxRows: number, elapsedMs: number): QueryAnswer {
  let answer: JsonCompact;
  try {
    answer = JSON.parse(text) as JsonCompact;
  } catch (cause) {
    throw new AnswerError("the answer of the database is not whole", { cause });
  }
  const truncated = answer.data.length > maxRows;
  return {
    columns: answer.meta,
    rows: truncated ? answer.data.slice(0, maxRows) : answer.data,
    rowsRead: answer.statistics?.rows_read ?? 0,
    elapsedMs,
    truncated,
  };
}
