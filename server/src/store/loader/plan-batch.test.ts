import type { WaitingSegment } from "../../spool/index.ts";
import { planBatch } from "./plan-batch.ts";

function segment(sequence: number, rows: number, columnSet = "00000001", table = "flows"): WaitingSegment {
  return {
    name: { table, columnSet, collector: "c", boot: "000000000001", sequence, rows },
    file: `/spool/c/${sequence}`,
    bytes: rows,
    writtenMs: sequence,
  };
}
const sequences = (batch: readonly WaitingSegment[]): number[] => batch.map(({ name }) => name.sequence);
const limits = { maxRows: 100, maxSegments: 3 };

describe("planBatch", () => {
  it.each([
    { name: "takes nothing of nothing", waiting: [], wanted: [] },
    { name: "takes one segment when one waits", waiting: [segment(0, 10)], wanted: [0] },
    { name: "takes equal ones together, in order", waiting: [segment(0, 10), segment(1, 10)], wanted: [0, 1] },
    {
      name: "passes over other columns and tables",
      waiting: [segment(0, 1), segment(1, 1, "00000002"), segment(2, 1, "00000001", "exporters"), segment(3, 1)],
      wanted: [0, 3],
    },
    { name: "takes the newest and stops at the rows", waiting: [segment(0, 1), segment(1, 40), segment(2, 60)], wanted: [1, 2] },
    { name: "does not skip a large one for a small one before it", waiting: [segment(0, 1), segment(1, 50), segment(2, 60)], wanted: [2] },
    { name: "stops at the number of segments", waiting: [0, 1, 2, 3].map((n) => segment(n, 1)), wanted: [1, 2, 3] },
    { name: "takes a segment that alone is beyond the limit", waiting: [segment(0, 1), segment(1, 500)], wanted: [1] },
  ])("$name", ({ waiting, wanted }) => expect(sequences(planBatch(waiting, limits))).toEqual(wanted));
});
