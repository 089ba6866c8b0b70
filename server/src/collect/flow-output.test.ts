import { parseAddress } from "../flow/index.ts";
import type { SpoolBlock, SpoolRefusal, TimeSpan } from "../spool/index.ts";
import { FlowOutput } from "./flow-output.ts";
import { writeRow } from "./testing/fake-decoder.ts";

function outputWith(answer: () => SpoolRefusal | undefined) {
  const offered: { table: string; rows: number; span: TimeSpan | undefined }[] = [];
  const offer = (table: string, block: SpoolBlock, span?: TimeSpan) => {
    offered.push({ table, rows: block.rows, span });
    return answer();
  };
  return { output: new FlowOutput({ offer }, 1_000, 8), offered };
}
const a = parseAddress("192.0.2.1");
const b = parseAddress("2001:db8::1");

describe("FlowOutput", () => {
  it("hands over when the first row is old enough, not before, and never an empty batch", () => {
    const { output, offered } = outputWith(() => undefined);
    output.noteRows(1_000);
    output.flushIfOld(99_000);
    output.flush();
    expect(offered).toEqual([]);
    writeRow(output.batch, a, 5_300, 1);
    writeRow(output.batch, a, 5_100, 1);
    output.noteRows(5_000);
    output.noteRows(5_900);
    output.flushIfOld(5_999);
    expect(offered).toEqual([]);
    output.flushIfOld(6_000);
    expect(offered).toEqual([{ table: "flows", rows: 2, span: { minTimeMs: 5_100, maxTimeMs: 5_300 } }]);
    expect(output.batch.rows).toBe(0);
  });

  it("does not hold rows when the clock is set back", () => {
    const { output, offered } = outputWith(() => undefined);
    writeRow(output.batch, a, 5_000, 1);
    output.noteRows(5_000);
    output.flushIfOld(1_000);
    expect(offered).toHaveLength(1);
  });

  it("counts refused rows by session", () => {
    const { output } = outputWith(() => "spool_limit");
    for (const [source, port] of [
      [a, 1],
      [a, 1],
      [b, 1],
      [a, 2],
      [a, 1],
    ] as const)
      writeRow(output.batch, source, 9, port);
    output.flush();
    expect(output.refusedRows).toBe(5);
    expect(Object.fromEntries(output.refusedBySession)).toEqual({
      "192.0.2.1 192.0.2.1 1 netflow5 0": 3,
      "2001:db8::1 2001:db8::1 1 netflow5 0": 1,
      "192.0.2.1 192.0.2.1 2 netflow5 0": 1,
    });
    expect(output.batch.rows).toBe(0);
  });
});
