/** A store that answers what a test says and keeps what it was asked. */
import type { FlowStore, QueryAnswer, QueryRequest } from "../../store/index.ts";

export interface RecordingStore extends FlowStore {
  readonly requests: QueryRequest[];
}

/** @param answers Rows by how the statement begins to be told apart: the first entry whose text the SQL contains answers. */
export function recordingStore(answers: readonly (readonly [contains: string, rows: QueryAnswer["rows"]])[]): RecordingStore {
  const requests: QueryRequest[] = [];
  return {
    requests,
    query(request) {
      requests.push(request);
      const rows = answers.find(([contains]) => request.sql.includes(contains))?.[1] ?? [];
      return Promise.resolve({ columns: [], rows, rowsRead: 1000, elapsedMs: 1, truncated: false });
    },
    command: () => Promise.resolve(),
    health: () => Promise.resolve({ up: true }),
    close: () => Promise.resolve(),
  };
}
