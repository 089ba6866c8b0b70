/** What a network exchanged: the same as by hand, and without reading what the sort key and the indexes rule out. */
import { evaluatePredicate, parseFlowQuery, readFilterOrThrow, type FlowQueryInput, type FlowRow, type Frame } from "@sillage/model";
import fc from "fast-check";
import { BACKENDS, openTestStore, type TestStore } from "../store/testing/backends.ts";
import { runQuery } from "./run-query.ts";
import { insertFlows } from "./testing/flow-store.ts";

/** 2026-01-01T00:00:00Z. */
const START = 1_767_225_600_000;
const HOUR = 3_600_000;

const address = fc.constantFrom("10.0.0.1", "10.0.0.77", "10.1.0.1", "198.51.100.1", "198.51.101.1", "2001:db8::1", "2001:db9::1");
const row: fc.Arbitrary<FlowRow> = fc.record({
  time_received: fc.integer({ min: START, max: START + HOUR - 1 }),
  src_addr: fc.option(address, { nil: undefined }),
  dst_addr: fc.option(address, { nil: undefined }),
  proto: fc.constantFrom(6, 17),
  bytes: fc.integer({ min: 40, max: 100_000 }),
  packets: fc.integer({ min: 1, max: 100 }),
  flows: fc.constantFrom(1, 3),
  sampling_rate: fc.constantFrom(1, 100),
});
const FILTERS = [
  "net 10.0.0.0/24",
  "net 10.0.0.0/8 and proto tcp",
  "net 10.0.0.0/24 or net 2001:db8::/32",
  "src net 10.0.0.0/24",
  "dst net 198.51.100.0/23",
  "not net 10.0.0.0/24",
  "net ::/0",
];

describe.each(BACKENDS)("a network is searched on %s", (backend) => {
  let db: TestStore;
  beforeAll(async () => (db = await openTestStore(backend)));
  afterAll(() => db.close());
  afterEach(async () => db.store.command("TRUNCATE TABLE flows"));

  const ask = (input: FlowQueryInput): Promise<Frame[]> =>
    runQuery(
      {
        refId: "A",
        query: parseFlowQuery(input),
        range: { fromMs: START, toMs: START + HOUR },
        intervalMs: 60_000,
        maxDataPoints: 1_000,
        alert: false,
      },
      { store: db.store, limits: db.limits, nowMs: START + HOUR },
    );

  it("adds up each of its flows once, in numbers, rankings and graphs", async () => {
    const rows = fc.sample(row, { numRuns: 800, seed: 5 });
    await insertFlows(db.store, rows);
    for (const filter of FILTERS) {
      const { predicate } = readFilterOrThrow(filter);
      const passed = rows.filter((flow) => evaluatePredicate(predicate, flow));
      const sums = (flows: readonly FlowRow[]): number[] => [
        flows.reduce((sum, flow) => sum + Number(flow.bytes) * Number(flow.sampling_rate), 0),
        flows.reduce((sum, flow) => sum + Number(flow.flows), 0),
      ];
      const [stat] = await ask({ view: "stat", filter, measures: ["bytes", "flows"] });
      expect([filter, ...stat!.data.values.flat()]).toEqual([filter, ...sums(passed)]);
      const [top] = await ask({ view: "top", filter, dimensions: [{ field: "proto" }], measures: ["bytes", "flows"] });
      for (const [i, proto] of (top!.data.values[0] as string[]).entries()) {
        const wanted = sums(passed.filter((flow) => flow.proto === (proto === "tcp" ? 6 : 17)));
        expect([filter, proto, ...top!.data.values.slice(1).map((column) => column[i])]).toEqual([filter, proto, ...wanted]);
      }
      const [graph] = await ask({ view: "timeseries", filter, measures: ["bytes"] });
      expect((graph!.data.values[1] as number[]).reduce((sum, value) => sum + value, 0)).toBe(sums(passed)[0]);
    }
  });

  it("counts a source once that a network's two ends both have", async () => {
    const flow = { time_received: START, bytes: 1, packets: 1, flows: 1 };
    await insertFlows(db.store, [
      { ...flow, src_addr: "10.0.0.1", dst_addr: "10.0.0.2" },
      { ...flow, src_addr: "10.0.0.1", dst_addr: "192.0.2.1" },
    ]);
    const [stat] = await ask({ view: "stat", filter: "net 10.0.0.0/24", measures: ["sources", "flows"] });
    expect(stat!.data.values).toEqual([[1], [2]]);
  });

  it("does not read what goes out when it lies outside, nor what comes in from it twice", async () => {
    const out = "toIPv6(toString(toIPv4(toUInt32(2147483648 + sipHash64(number) % 1000000000)))), toIPv6('10.0.0.1')";
    // By destination: first what comes in, then what goes out.
    for (const columns of ["src_addr, dst_addr", "dst_addr, src_addr"])
      await db.store.command(
        `INSERT INTO flows (time_received, ${columns}, flows) SELECT fromUnixTimestamp64Milli(${START}), ${out}, 1 FROM numbers(200000)`,
      );
    await db.store.command("OPTIMIZE TABLE flows FINAL");
    const [stat] = await ask({ view: "stat", filter: "net 130.0.0.0/24", measures: ["bytes"] });
    const { rowsRead } = stat!.schema.meta!.custom as { rowsRead: number };
    expect(rowsRead).toBeLessThan(200_000 + 4 * 8192);
  });
});
