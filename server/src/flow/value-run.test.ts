import fc from "fast-check";
import { FlowBatch, RUN_COLUMNS } from "./index.ts";

/** What one writer does: n rows whose value begins, or is written row by row behind an ended run. */
const writes = fc.array(
  fc.record({
    low: fc.oneof(fc.constantFrom(0, 1, 7), fc.integer({ min: 0, max: 0xff })),
    rows: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 30, max: 200 })),
    own: fc.boolean(),
    settles: fc.boolean(),
  }),
  { maxLength: 20 },
);

describe("a run of values", () => {
  it.each(RUN_COLUMNS)("gives each row what was last begun before it: %s", (name) => {
    fc.assert(
      fc.property(writes, (steps) => {
        const batch = new FlowBatch(4_096);
        const run = batch.runs[name];
        const want: number[] = [];
        for (const { low, rows, own, settles } of steps) {
          const row = batch.rows;
          run.begin(row, low);
          if (own) {
            run.end(row + rows);
            const column = batch.columns.find((one) => one.name === name)!;
            for (let i = row; i < row + rows; i++) column.u8[i * column.width] = 99;
            column.touched = true;
          }
          batch.rows += rows;
          for (let i = 0; i < rows; i++) want.push(own ? 99 : low);
          if (settles) batch.settle();
        }
        const column = batch.column(name);
        expect(Array.from({ length: batch.rows }, (_, row) => column.u8[row * column.width])).toEqual(want);
        if (want.some((value) => value !== 0)) expect(column.touched).toBe(true);
        expect(column.u8.subarray(batch.rows * column.width).every((byte) => byte === 0)).toBe(true);
        batch.reset();
        batch.rows = 10;
        batch.settle();
        expect(column.u8.every((byte) => byte === 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("holds numbers of 53 bits and addresses of 16 bytes", () => {
    const batch = new FlowBatch(128);
    const address = new Uint32Array([0x0120_db8f, 0xffff_ffff, 0x8000_0000, 5]);
    batch.runs.time_export.begin(0, 2 ** 52 + 5, (2 ** 52 + 5) / 2 ** 32);
    batch.runs.exporter.beginAddress(0, address);
    batch.rows = 100;
    expect([0, 31, 32, 99].map((row) => batch.column("time_export").u64[row])).toEqual(Array.from({ length: 4 }, () => 2n ** 52n + 5n));
    expect(Array.from(batch.column("exporter").u32.subarray(396, 404))).toEqual([...address, 0, 0, 0, 0]);
  });
});
