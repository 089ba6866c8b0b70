/** Which of the waiting segments form the next batch. */
import type { WaitingSegment } from "../../spool/index.ts";

export interface BatchLimits {
  /** Rows of one insert: ClickHouse's cost per row falls until about a million. */
  readonly maxRows: number;
  readonly maxSegments: number;
}

/**
 * The newest segment and those of the same table and columns before it, until a limit; in the batch they stand in the order they came.
 * When little waits that is one segment. In a backlog it is a full batch that begins with what came last: whoever looks during an outage
 * wants the present first, and the past is filled in behind it.
 *
 * @param waiting oldest first
 */
export function planBatch(waiting: readonly WaitingSegment[], limits: BatchLimits): WaitingSegment[] {
  const newest = waiting.at(-1);
  if (newest === undefined) return [];
  const batch: WaitingSegment[] = [];
  let rows = 0;
  for (let i = waiting.length - 1; i >= 0; i--) {
    const segment = waiting[i]!;
    if (segment.name.table !== newest.name.table || segment.name.columnSet !== newest.name.columnSet) continue;
    if (batch.length > 0 && (batch.length >= limits.maxSegments || rows + segment.name.rows > limits.maxRows)) break;
    batch.push(segment);
    rows += segment.name.rows;
  }
  return batch.reverse();
}
