/** Groups that are found by way of their foremost addresses are those that grouping by everything finds, whatever the bounds. */
import { type Dimension, type FlowRow } from "@sillage/model";
import fc from "fast-check";
import { BACKENDS, openTestStore, type TestStore } from "../store/testing/backends.ts";
import { aggregateSql, type Aggregation } from "./aggregate-sql.ts";
import { Execution } from "./execution.ts";
import { planQuery } from "./plan.ts";
import { rankByAddress } from "./rank-by-address.ts";
import { readFilters } from "./read-filters.ts";
import { insertFlows } from "./testing/flow-store.ts";

/** 2026-01-01T00:00:00Z. */
const START = 1_767_225_600_000;
const HOUR = 3_600_000;

const host = (prefix: string) => fc.integer({ min: 0, max: 30 }).map((n) => `${prefix}${n}`);
/** Few large flows and many small ones that are equal, so that ties are at every border. */
const row: fc.Arbitrary<FlowRow> = fc.record({
  time_received: fc.integer({ min: START, max: START + HOUR - 1 }),
  src_addr: fc.option(fc.oneof(host("10.0.0."), host("2001:db8::")), { nil: undefined }),
  dst_addr: fc.option(fc.oneof(host("198.51.100."), host("2001:db8:1::")), { nil: undefined }),
  proto: fc.constantFrom(6, 17),
  dst_port: fc.constantFrom(53, 443),
  tcp_flags: fc.constantFrom(2, 27),
  bytes: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(40, 80) }, { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 100_000 }) }),
  packets: fc.integer({ min: 1, max: 5 }),
  flows: fc.constant(1),
  sampling_rate: fc.constantFrom(1, 10),
});

const by = (...fields: string[]): Dimension[] => fields.map((field) => ({ field }));
const DIMENSIONS: readonly Dimension[][] = [
  by("src_addr", "dst_addr"),
  by("dst_port", "dst_addr"),
  by("src_addr", "proto", "dst_port"),
  [{ field: "src_addr", prefix4: 24 }, { field: "dst_addr" }],
];

describe.each(BACKENDS)("rankByAddress on %s", (backend) => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore(backend);
    await insertFlows(db.store, fc.sample(row, { numRuns: 1_500, seed: 3 }));
  });
  afterAll(() => db.close());

  const newExecution = (): Execution => new Execution({ store: db.store, limits: db.limits, nowMs: START + HOUR });
  const statements = (execution: Execution): number => execution.meta(undefined, {}).executedQueryString?.split(";\n\n").length ?? 0;
  const aggregation = (
    dimensions: readonly Dimension[],
    { filter = "", measures = ["bytes", "packets"] as const, limit = 5, desc = true, fromMs = START }: Partial<Asked> = {},
  ): Aggregation => {
    const { predicate } = readFilters({ filter, filters: [] });
    const plan = planQuery({ range: { fromMs, toMs: fromMs + HOUR }, predicate, dimensions, measures });
    return { plan, predicate, scaling: "stored", dimensions, rank: { totalIndex: 0, desc, limit } };
  };
  interface Asked {
    readonly filter: string;
    readonly measures: readonly ("bytes" | "packets" | "flows" | "attempts" | "sources")[];
    readonly limit: number;
    readonly desc: boolean;
    readonly fromMs: number;
  }

  it("finds the same groups, at once, with more addresses or not at all", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...DIMENSIONS),
        fc.constantFrom("", "proto tcp", "net 10.0.0.0/24"),
        fc.constantFrom<Asked["measures"]>(["bytes", "packets"], ["flows"], ["attempts", "bytes"]),
        fc.record({ limit: fc.constantFrom(1, 5, 20), first: fc.integer({ min: 1, max: 20 }), most: fc.integer({ min: 1, max: 70 }) }),
        async (dimensions, filter, measures, { limit, first, most }) => {
          const wanted = aggregation(dimensions, { filter, measures, limit });
          const execution = newExecution();
          const rows = await rankByAddress(wanted, execution, { first, perGroup: 0, most });
          seen.add(rows === undefined ? "not at all" : `after ${statements(execution)} statements`);
          if (rows !== undefined) expect(rows).toEqual(await newExecution().run(aggregateSql(wanted)));
        },
      ),
      { numRuns: 80, seed: 11 },
    );
    expect([...seen].sort()).toEqual(["after 2 statements", "after 3 statements", "not at all"]);
  });

  it("takes all addresses where there are few", async () => {
    const wanted = aggregation(by("src_addr", "dst_addr"), { filter: "src ip 10.0.0.1" });
    const execution = newExecution();
    const rows = await rankByAddress(wanted, execution, { first: 100, perGroup: 0, most: 200 });
    expect(statements(execution)).toBe(2);
    expect(rows).toEqual(await newExecution().run(aggregateSql(wanted)));
    const none = aggregation(by("src_addr", "dst_addr"), { filter: "src ip 203.0.113.1" });
    expect(await rankByAddress(none, newExecution())).toEqual([]);
  });

  it("keeps groups without attempts where something else is asked too", async () => {
    const wanted = aggregation(by("src_addr", "dst_addr"), { filter: "bytes > 50000", measures: ["attempts", "bytes"], limit: 500 });
    const rows = await rankByAddress(wanted, newExecution(), { first: 1, perGroup: 0, most: 400 });
    expect(rows).toEqual(await newExecution().run(aggregateSql(wanted)));
  });

  it("is not misled by counters whose sum does not fit into 64 bits", async () => {
    const fromMs = START + 2 * HOUR;
    const flow = { time_received: fromMs, proto: 6, packets: 1, flows: 1, sampling_rate: 1 };
    await insertFlows(
      db.store,
      ["10.0.0.1", "10.0.0.2"].flatMap((src_addr) => [
        { ...flow, src_addr, dst_addr: "198.51.100.1", bytes: 2n ** 63n },
        { ...flow, src_addr, dst_addr: "198.51.100.2", bytes: 1_000 },
      ]),
    );
    for (const filter of ["", "net 10.0.0.0/24"]) {
      const wanted = aggregation(by("src_addr", "dst_addr"), { limit: 2, fromMs, filter });
      const rows = await rankByAddress(wanted, newExecution(), { first: 1, perGroup: 0, most: 10 });
      expect(rows?.map(([, address]) => address)).toEqual(["::ffff:198.51.100.1", "::ffff:198.51.100.1"]);
    }
  });

  it.each([
    ["one dimension", aggregation(by("dst_addr"))],
    ["no address", aggregation(by("proto", "dst_port"))],
    ["networks only", aggregation([{ field: "src_addr", prefix4: 24 }, { field: "proto" }])],
    ["the smallest first", aggregation(by("src_addr", "dst_addr"), { desc: false })],
    ["more groups than addresses are looked into", aggregation(by("src_addr", "dst_addr"), { limit: 1_001 })],
    ["what does not add up", aggregation(by("src_addr", "dst_addr"), { measures: ["sources"] })],
  ])("leaves %s to the caller without asking", async (_, wanted) => {
    const execution = newExecution();
    expect(await rankByAddress(wanted, execution)).toBeUndefined();
    expect(execution.meta(undefined, {}).executedQueryString).toBe("");
  });
});
