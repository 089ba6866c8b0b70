/** Small tables about the system itself: fixed statements, values bound, rows as they come. */
import type { ParamValue } from "../store/index.ts";
import type { QueryContext, Row } from "./execution.ts";

/** @param sql a statement of ours with `{name:Type}` for each value */
export async function askRows(
  { store, limits, signal, comment }: QueryContext,
  sql: string,
  params: Readonly<Record<string, ParamValue>>,
): Promise<readonly Row[]> {
  const { rows } = await store.query({
    sql,
    params,
    limits,
    ...(signal === undefined ? {} : { signal }),
    ...(comment === undefined ? {} : { comment }),
  });
  return rows;
}

/** JSON that a collector wrote into a column; `otherwise` when it is none. */
export function readJson(text: unknown, otherwise: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return otherwise;
  }
}
