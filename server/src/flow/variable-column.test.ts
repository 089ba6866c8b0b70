/** Columns of varying length against plain arrays: random writes in row order, rewrites of the last row, truncation, encoding, reset. */
import fc from "fast-check";
import { countNativeRows } from "../spool/native-layout.ts";
import { encodeFlowBatch, FlowBatch, MAX_TEXT_BYTES, readFlow } from "./index.ts";

const ROWS = 24;
const utf8 = new TextEncoder();

interface Row {
  user: string | null;
  labels: number[] | null;
  extra: Record<string, string> | null;
}

const emptyRow = (): Row => ({ user: null, labels: null, extra: null });
const rowValues = fc.record({
  user: fc.option(fc.string({ maxLength: 300, unit: "binary" }).map((text) => text.replaceAll("\0", ""))),
  labels: fc.option(fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 5 })),
  extra: fc.option(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 20 }), { maxKeys: 3, noNullPrototype: true })),
});

function write(batch: FlowBatch, row: number, values: Row): void {
  batch.columns[0]!.touched = true;
  if (values.user !== null) batch.text("user").set(row, utf8.encode(values.user));
  for (const label of values.labels ?? []) batch.list("mpls_labels").push(row, label);
  for (const [key, value] of Object.entries(values.extra ?? {})) batch.map("extra").push(row, key, value);
}

function expected({ user, labels, extra }: Row): Record<string, unknown> {
  return {
    user: user === "" ? null : user,
    mpls_labels: labels?.length === 0 ? null : labels,
    extra: extra !== null && Object.keys(extra).length === 0 ? null : extra,
  };
}

it("columns of varying length hold what was written, whatever was given up in between", () => {
  const batch = new FlowBatch(ROWS);
  fc.assert(
    fc.property(
      fc.array(rowValues, { maxLength: ROWS }),
      fc.nat({ max: ROWS }),
      fc.array(rowValues, { maxLength: ROWS }),
      (first, kept, second) => {
        batch.reset();
        const model: Row[] = [];
        const add = (values: Row): void => {
          write(batch, model.length, values);
          model.push(values);
        };
        first.forEach(add);
        model.length = Math.min(kept, model.length);
        batch.rows = model.length;
        batch.clearUncommitted();
        second.slice(0, ROWS - model.length).forEach(add);
        batch.rows = model.length;
        model.forEach((values, row) => expect(readFlow(batch, row)).toMatchObject(expected(values)));
        const { rows, columns, body } = encodeFlowBatch(batch);
        expect(rows).toBe(model.length);
        if (rows > 0) expect(countNativeRows(Buffer.concat(body), columns)).toBe(rows);
        batch.reset();
        batch.rows = 1;
        expect(readFlow(batch, 0)).toMatchObject(expected(emptyRow()));
      },
    ),
  );
});

it("the text of a row is cut between characters", () => {
  const batch = new FlowBatch(1);
  batch.text("user").set(0, utf8.encode("x".repeat(MAX_TEXT_BYTES - 1) + "é"));
  expect(batch.text("user").textOf(0)).toBe("x".repeat(MAX_TEXT_BYTES - 1));
});

it("a batch with much text counts as full before its rows are", () => {
  const batch = new FlowBatch(65_536);
  const text = new Uint8Array(MAX_TEXT_BYTES).fill(0x41);
  let rows = 0;
  while (batch.free > 0 && rows < 65_536) {
    batch.text("http_url").set(rows++, text);
    batch.rows = rows;
  }
  expect(rows).toBeLessThan(10_000);
  batch.reset();
  expect(batch.free).toBe(65_536);
});
