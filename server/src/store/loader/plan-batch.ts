/** Which of the waiting segments form the next batch. */
import type { WaitingSegment } from "../../spool/index.ts";

export interface BatchLimits {
  /** Rows of one insert: ClickHouse's cost per row falls until about a million. */
  readonly maxRows: number;
  readonly maxSegments: number;
}

/**
 * The oldest segment and, behind it, those of the same table and columns, in order, until a limit. When little waits that is one segment;
 * in a backlog it is a full batch.
 */
export function planBatch(waiting: readonly WaitingSegment[], limits: BatchLimits): WaitingSegment[] {
  const [first] = waiting;
  if (first === undefined) return [];
  const batch: WaitingSegment[] = [];
  let rows = 0;
  for (const segment of waiting) {
    if (segment.name.table !== first.name.table || segment.name.columnSet !== first.name.columnSet) continue;
    if (batch.length > 0 && (batch.length >= limits.maxSegments || rows + segment.name.rows > limits.maxRows)) break;
    batch.push(segment);
    rows += segment.name.rows;
  }
  return batch;
}
