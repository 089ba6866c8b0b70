/** Flows by the time in which they were active, against a plain model of them, on both back ends. */
import { parseFlowQuery, type FlowQueryInput, type FlowRow, type Frame } from "@sillage/model";
import fc from "fast-check";
import { BACKENDS, openTestStore, type TestStore } from "../store/testing/backends.ts";
import type { Range } from "./step.ts";
import { runQuery } from "./run-query.ts";
import { insertFlows } from "./testing/flow-store.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** 2026-01-01T00:00:00Z; flows of two hours. */
const START = 1_767_225_600_000;
const NOW = START + 24 * HOUR;
const WHOLE: Range = { fromMs: START - HOUR, toMs: START + 4 * HOUR };

/** As exporters with an active timeout of half an hour and a clock a few minutes off send them. */
const flow: fc.Arbitrary<FlowRow> = fc
  .record({
    end: fc.integer({ min: START, max: START + 2 * HOUR }),
    lasts: fc.oneof(fc.constantFrom(0, 1, 999, SECOND, MINUTE, 30 * MINUTE), fc.integer({ min: 0, max: 30 * MINUTE })),
    late: fc.integer({ min: -5 * MINUTE + 1, max: 5 * MINUTE - 1 }),
    odd: fc.constantFrom("", "", "", "no start", "start after end", "no times"),
    src_addr: fc.constantFrom("10.0.0.1", "10.0.0.2", "2001:db8:1::1"),
    proto: fc.constantFrom(undefined, 6, 17),
    tcp_flags: fc.constantFrom(undefined, 2, 18),
    bytes: fc.oneof(fc.integer({ min: 40, max: 100_000 }), fc.constant(10 ** 12)),
    packets: fc.integer({ min: 1, max: 100 }),
    flows: fc.constantFrom(1, 3),
    sampling_rate: fc.constantFrom(0, 1, 100),
  })
  .map(({ end, lasts, late, odd, ...rest }) => ({
    ...rest,
    dst_addr: "198.51.100.1",
    time_received: end + late,
    time_start: odd === "no start" || odd === "no times" ? 0 : odd === "start after end" ? end + MINUTE : end - lasts,
    time_end: odd === "no times" ? 0 : end,
  }));

/** When a flow was active, written down once more: [began, until). */
function activity(row: FlowRow): Range {
  const ended = Number(row.time_end) || Number(row.time_received);
  const began = Number(row.time_start) === 0 || Number(row.time_start) > ended ? ended : Number(row.time_start);
  return { fromMs: began, toMs: began === ended ? began + 1 : ended };
}

/** Share of a flow's time that lies in a window. */
function share(row: FlowRow, { fromMs, toMs }: Range): number {
  const active = activity(row);
  return Math.max(0, Math.min(active.toMs, toMs) - Math.max(active.fromMs, fromMs)) / (active.toMs - active.fromMs);
}

const begins = (row: FlowRow, { fromMs, toMs }: Range): boolean => {
  const began = activity(row).fromMs;
  return began >= fromMs && began < toMs;
};
const isActive = (row: FlowRow, window: Range): boolean => share(row, window) > 0;
const scale = (row: FlowRow): number => Math.max(1, Number(row.sampling_rate));
const sum = (rows: readonly FlowRow[], value: (row: FlowRow) => number): number => rows.reduce((total, row) => total + value(row), 0);

const MODEL = {
  bytes: (rows: readonly FlowRow[], window: Range) => sum(rows, (row) => Number(row.bytes) * scale(row) * share(row, window)),
  packets: (rows: readonly FlowRow[], window: Range) => sum(rows, (row) => Number(row.packets) * scale(row) * share(row, window)),
  flows: (rows: readonly FlowRow[], window: Range) => sum(rows, (row) => (begins(row, window) ? Number(row.flows) : 0)),
  attempts: (rows: readonly FlowRow[], window: Range) =>
    sum(rows, (row) => (begins(row, window) && row.proto === 6 && row.tcp_flags === 2 ? Number(row.flows) : 0)),
  sources: (rows: readonly FlowRow[], window: Range) => new Set(rows.filter((row) => begins(row, window)).map((row) => row.src_addr)).size,
  hosts: (rows: readonly FlowRow[], window: Range) =>
    new Set(rows.filter((row) => begins(row, window)).flatMap((row) => [row.src_addr, row.dst_addr])).size,
} as const;
const MEASURES = Object.keys(MODEL) as (keyof typeof MODEL)[];

function expectAlike(found: unknown, wanted: number): void {
  expect(Math.abs(Number(found) - wanted)).toBeLessThanOrEqual(1e-9 * wanted);
}

const FILTERS = {
  "": () => true,
  "proto tcp": (row: FlowRow) => row.proto === 6,
  "not proto tcp": (row: FlowRow) => row.proto !== 6,
  "src net 10.0.0.0/8": (row: FlowRow) => String(row.src_addr).startsWith("10."),
} as const;

interface Asked {
  readonly range?: Range;
  readonly intervalMs?: number;
  readonly nowMs?: number;
  readonly alert?: boolean;
}

describe.each(BACKENDS)("flows by their activity on %s", (backend) => {
  let db: TestStore;
  const random = fc.sample(flow, { numRuns: 400, seed: 11 });
  /** Everything between them is loaded. */
  const edges = [START - 2 * HOUR, START + 5 * HOUR].map((time_received): FlowRow => ({
    ...{ time_received, time_start: time_received, time_end: time_received, src_addr: "192.0.2.1", dst_addr: "192.0.2.2" },
    ...{ proto: 1, bytes: 1, packets: 1, flows: 1, sampling_rate: 1 },
  }));
  const rows = [...random, ...edges];

  beforeAll(async () => {
    db = await openTestStore(backend);
    await insertFlows(db.store, rows);
  });
  afterAll(() => db.close());

  const ask = (input: FlowQueryInput, { range = WHOLE, intervalMs = MINUTE, nowMs = NOW, alert = false }: Asked = {}): Promise<Frame[]> =>
    runQuery(
      { refId: "A", query: parseFlowQuery(input), range, intervalMs, maxDataPoints: 20_000, alert },
      { store: db.store, limits: db.limits, nowMs },
    );
  const values = (frame: Frame | undefined): number[] => frame!.data.values[1] as number[];

  it("spreads volumes as a plain model does and counts flows where they began, for any range and step", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(SECOND, 10 * SECOND, MINUTE, 15 * MINUTE, 6 * HOUR).chain((stepMs) =>
          fc.record({
            offset: fc.oneof(fc.integer({ min: -HOUR, max: 2 * HOUR }), fc.constantFrom(0, MINUTE, HOUR)),
            length: fc.oneof(fc.integer({ min: 1, max: Math.min(3 * HOUR, 60 * stepMs) }), fc.constantFrom(1, SECOND, MINUTE)),
            stepMs: fc.constant(stepMs),
          }),
        ),
        fc.constantFrom(...(Object.keys(FILTERS) as (keyof typeof FILTERS)[])),
        async ({ offset, length, stepMs }, filter) => {
          const range = { fromMs: START + offset, toMs: START + offset + length };
          const frames = await ask({ filter, measures: MEASURES, spread: true }, { range, intervalMs: stepMs });
          const step = Number(frames[0]!.schema.fields[0]!.config!["interval"]);
          const passing = rows.filter((row) => isActive(row, range) && FILTERS[filter](row));
          expect(frames[0]!.data.values[0]).toHaveLength(Math.ceil(range.toMs / step) - Math.floor(range.fromMs / step));
          MEASURES.forEach((measure, i) => {
            frames[i]!.data.values[0]!.forEach((time, bucket) => {
              const window = { fromMs: Math.max(Number(time), range.fromMs), toMs: Math.min(Number(time) + step, range.toMs) };
              expectAlike(values(frames[i])[bucket], MODEL[measure](passing, window));
            });
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("loses nothing: the buckets add up to the flows, and a bucket behind large flows is 0", async () => {
    const [bytes, packets, flows] = await ask({ measures: ["bytes", "packets", "flows"], spread: true, filter: "not proto 1" });
    const added = (frame: Frame | undefined): number => values(frame).reduce((a, b) => a + b, 0);
    expectAlike(
      added(bytes),
      sum(random, (row) => Number(row.bytes) * scale(row)),
    );
    expectAlike(
      added(packets),
      sum(random, (row) => Number(row.packets) * scale(row)),
    );
    expect(added(flows)).toBe(sum(random, (row) => Number(row.flows)));
    expect(values(bytes).slice(-60)).toEqual(new Array(60).fill(0));
  });

  it("ranks series by what lies in the range, and gives the rest to other", async () => {
    const range = { fromMs: START + HOUR + 7_000, toMs: START + HOUR + 9 * MINUTE };
    const query: FlowQueryInput = { dimensions: [{ field: "src_addr" }], measures: ["bytes"], spread: true, limit: 1, other: true };
    const frames = await ask(query, { range });
    const sources = [...new Set(random.map((row) => row.src_addr))];
    const bytesOf = (source: unknown): number =>
      MODEL.bytes(
        random.filter((row) => row.src_addr === source),
        range,
      );
    const [best] = sources.map((source) => [source, bytesOf(source)] as const).sort((a, b) => b[1] - a[1]);
    expect(frames.map((frame) => frame.schema.fields[1]!.labels)).toEqual([{ src_addr: best![0] }, { src_addr: "other" }]);
    expectAlike(
      values(frames[0]).reduce((a, b) => a + b, 0),
      best![1],
    );
    expectAlike(
      frames.flatMap(values).reduce((a, b) => a + b, 0),
      MODEL.bytes(random, range),
    );
  });

  it("gives a top list and a single value the part that lies in the range", async () => {
    const range = { fromMs: START + 7_000, toMs: START + 9 * MINUTE };
    const [stat] = await ask({ view: "stat", measures: MEASURES, spread: true }, { range });
    MEASURES.forEach((measure, i) => expectAlike(stat!.data.values[i]![0], MODEL[measure](random, range)));
    const [top] = await ask({ view: "top", dimensions: [{ field: "src_addr" }], measures: ["packets"], spread: true }, { range });
    top!.data.values[0]!.forEach((source, i) => {
      const own = random.filter((row) => row.src_addr === source);
      expectAlike(values(top)[i], MODEL.packets(own, range));
    });
  });

  it("finds what was active in a range, in records and as whole flows in sums", async () => {
    const range = { fromMs: START + HOUR, toMs: START + HOUR + 90 * SECOND };
    const active = random.filter((row) => isActive(row, range));
    const received = random.filter((row) => Number(row.time_received) >= range.fromMs && Number(row.time_received) < range.toMs);
    expect(active.length).toBeGreaterThan(received.length);
    const [stat] = await ask({ view: "stat", measures: ["bytes", "flows"], time: "active" }, { range });
    expect(stat!.data.values.map(([value]) => value)).toEqual([
      sum(active, (row) => Number(row.bytes) * scale(row)),
      sum(active, (row) => Number(row.flows)),
    ]);
    const [records] = await ask({ view: "records", time: "active", limit: 1000 }, { range });
    expect(records!.data.values[0]).toEqual(active.map((row) => Number(row.time_received)).sort((a, b) => b - a));
    expect(stat!.schema.meta!.custom).toMatchObject({ table: "flows" });
  });

  it("reads raw flows although a rollup has the fields, and only those received around the range", async () => {
    const plain = await ask({ measures: ["bytes"] });
    expect(plain[0]!.schema.meta!.custom).toMatchObject({ table: "traffic_1m" });
    const [frame] = await ask({ measures: ["bytes"], spread: true }, { range: { fromMs: START + HOUR, toMs: START + HOUR + MINUTE } });
    expect(frame!.schema.meta!.custom).toMatchObject({ table: "flows" });
    const sql = frame!.schema.meta!.executedQueryString!;
    const explained = await db.rows(`EXPLAIN indexes = 1 ${sql}`);
    const text = explained.join("\n");
    expect(text.slice(text.indexOf("PrimaryKey"))).toMatch(/Condition: and\(.*toStartOfFiveMinutes/);
  });

  it("says which buckets may still grow, and leaves them out of alerts", async () => {
    const nowMs = START + 2 * HOUR + 20 * SECOND;
    const range = { fromMs: START + HOUR, toMs: nowMs };
    const heardMs = nowMs - 35 * MINUTE;
    const [graph] = await ask({ measures: ["bps"], spread: true }, { range, nowMs });
    expect(graph!.schema.meta!.custom).toMatchObject({ unfinishedFromMs: START + HOUR + 25 * MINUTE });
    expect(graph!.schema.meta!.notices).toEqual([
      { severity: "info", text: expect.stringContaining(new Date(heardMs).toISOString()) as string },
    ]);
    const [alert] = await ask({ measures: ["bps"], spread: true }, { range, nowMs, alert: true });
    expect(alert!.data.values[0]!.at(-1)).toBe(START + HOUR + 24 * MINUTE);
    const [settled] = await ask({ measures: ["bps"], spread: true }, { range: { ...range, toMs: heardMs }, nowMs });
    expect(settled!.schema.meta!.notices).toBeUndefined();
  });
});

describe("a store with flows that cannot be true", () => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore("embedded");
    const largest = { bytes: 2n ** 64n - 1n, packets: 2n ** 64n - 1n, sampling_rate: 2 ** 32 - 1, proto: 6, flows: 1 } as const;
    await insertFlows(db.store, [
      { ...largest, time_received: START, time_start: START - 500, time_end: START },
      { ...largest, time_received: START + HOUR, time_start: 1, time_end: START + HOUR },
      { time_received: START + 2 * HOUR, bytes: 7, packets: 1, flows: 1, proto: 17 },
    ]);
  });
  afterAll(() => db.close());

  it.each([
    { fromMs: 0, toMs: 4_294_967_295_000 },
    { fromMs: START - HOUR, toMs: START + 3 * HOUR },
  ])("answers for $fromMs to $toMs with numbers that are none below 0", async (range) => {
    for (const spread of [true, false]) {
      const [all] = await runQuery(
        {
          refId: "A",
          query: parseFlowQuery({ measures: ["bytes"], spread, dimensions: [{ field: "proto" }], scaled: false }),
          ...{ range, intervalMs: MINUTE, maxDataPoints: 1000, alert: false },
        },
        { store: db.store, limits: db.limits, nowMs: NOW },
      );
      expect((all!.data.values[1] as number[]).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }
  });

  it("keeps the largest counters from those beside them", async () => {
    const frames = await runQuery(
      {
        refId: "A",
        query: parseFlowQuery({ measures: ["bytes"], spread: true, dimensions: [{ field: "proto" }], scaled: false }),
        ...{ range: { fromMs: START - HOUR, toMs: START + 3 * HOUR }, intervalMs: MINUTE, maxDataPoints: 1000, alert: false },
      },
      { store: db.store, limits: db.limits, nowMs: NOW },
    );
    const udp = frames.find((frame) => frame.schema.fields[1]!.labels!["proto"] === "udp")!;
    expect((udp.data.values[1] as number[]).reduce((a, b) => a + b, 0)).toBe(7);
    const tcp = frames.find((frame) => frame.schema.fields[1]!.labels!["proto"] === "tcp")!;
    expect((tcp.data.values[1] as number[]).at(-1)).toBe(0);
  });
});
