/** Views on real rows: the conventions of docs/queries.md, and the same answer from every table. */
import { parseFlowQuery, ROLLUPS, type FlowQueryInput, type FlowRow, type Frame, type MeasureName } from "@sillage/model";
import fc from "fast-check";
import type { QueryContext } from "./execution.ts";
import { aggregateSql } from "./aggregate-sql.ts";
import { planQuery, type PlanInput } from "./plan.ts";
import { printSelect } from "./print-sql.ts";
import { readFilters } from "./read-filters.ts";
import { runQuery } from "./run-query.ts";
import { LATE_RATES, replaceRows } from "../store/index.ts";
import { openTestStore, TEST_LIMITS, type TestStore } from "./testing/flow-store.ts";
import { topValues } from "./top-values.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** 2026-01-01T00:00:00Z; rows of two hours. */
const START = 1_767_225_600_000;
const NOW = START + 24 * HOUR;

const row: fc.Arbitrary<FlowRow> = fc.record({
  time_received: fc.integer({ min: START, max: START + 2 * HOUR - 1 }),
  exporter: fc.constantFrom("192.0.2.1", "2001:db8::fe"),
  src_addr: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.1.3", "2001:db8:1::1", "2001:db8:2::1"),
  dst_addr: fc.constantFrom("198.51.100.1", "198.51.100.2", "2001:db8::53"),
  proto: fc.constantFrom(undefined, 0, 6, 17),
  src_port: fc.constantFrom(0, 22, 51_000),
  dst_port: fc.constantFrom(22, 53, 443),
  tcp_flags: fc.constantFrom(undefined, 2, 18, 27),
  flow_direction: fc.constantFrom(undefined, 0, 1),
  in_if: fc.constantFrom(0, 1, 2),
  bytes: fc.integer({ min: 40, max: 100_000 }),
  packets: fc.integer({ min: 1, max: 100 }),
  flows: fc.constantFrom(1, 3),
  sampling_rate: fc.constantFrom(0, 1, 100),
  app_name: fc.constantFrom(undefined, "ssh", "it's"), // stored as a dictionary
  user: fc.constantFrom("", "alice", "bob"),
  dns_query: fc.constantFrom("", "a.example"), // stored as it is
});

describe("views", () => {
  let testStore: TestStore;
  const rows = fc.sample(row, { numRuns: 2000, seed: 7 });

  beforeAll(async () => {
    testStore = await openTestStore();
    await testStore.insert(rows);
    await replaceRows(testStore.store, LATE_RATES, [{ address: "192.0.2.0", prefix: 24, values: [10] }]);
  });
  afterAll(() => testStore.close());

  const context = (nowMs = NOW, hasLateRates = false): QueryContext => ({
    store: testStore.store,
    limits: TEST_LIMITS,
    nowMs,
    hasLateRates,
  });
  const ask = (
    input: FlowQueryInput,
    {
      from = START,
      to = START + 2 * HOUR,
      nowMs = NOW,
      intervalMs = MINUTE,
      alert = false,
      maxDataPoints = 1000,
      hasLateRates = false,
    } = {},
  ): Promise<Frame[]> =>
    runQuery(
      { refId: "A", query: parseFlowQuery(input), range: { fromMs: from, toMs: to }, intervalMs, maxDataPoints, alert },
      context(nowMs, hasLateRates),
    );

  const sum = (flows: readonly FlowRow[], value: (flow: FlowRow) => number): number =>
    flows.reduce((total, flow) => total + value(flow), 0);
  const scaledBytes = (flow: FlowRow): number => Number(flow.bytes) * Math.max(1, Number(flow.sampling_rate));
  const between = (from: number, to: number): FlowRow[] =>
    rows.filter((flow) => Number(flow.time_received) >= from && Number(flow.time_received) < to);

  const dimensions = fc.subarray([
    { field: "proto" },
    { field: "svc_port" },
    { field: "exporter", prefix4: 24, prefix6: 64 },
    { field: "flow_direction" },
    { field: "in_if" },
  ]);
  const filter = fc.constantFrom(
    "",
    "proto tcp",
    "not proto tcp",
    "proto 0",
    "not proto 0",
    "flowdir ingress",
    "not flowdir ingress",
    "if 1",
    "exporter net 192.0.2.0/24",
  );
  const totals = ["bytes", "packets", "flows", "tcp_flows"] as const;

  it("answers alike from raw rows and from every rollup, for any range", async () => {
    await fc.assert(
      fc.asyncProperty(
        dimensions,
        filter,
        fc.constantFrom("none", "stored", "late"),
        fc.record({
          offset: fc.integer({ min: 0, max: 2 * HOUR }),
          length: fc.integer({ min: 1, max: 2 * HOUR }),
          stepMs: fc.constantFrom(undefined, MINUTE, 5 * MINUTE),
        }),
        async (by, text, scaling, { offset, length, stepMs }) => {
          const input: PlanInput = {
            range: { fromMs: START + offset, toMs: START + offset + length },
            predicate: readFilters({ filter: text, filters: [] }).predicate,
            dimensions: by,
            measures: totals,
            ...(stepMs === undefined ? {} : { stepMs }),
          };
          const answers = await Promise.all(
            [[], ...ROLLUPS.map((rollup) => [rollup])].map(async (rollups) => {
              const plan = planQuery({ ...input, rollups });
              const select = aggregateSql({
                plan,
                predicate: input.predicate,
                scaling,
                dimensions: by,
                ...(stepMs === undefined ? {} : { stepMs }),
              });
              const answer = await testStore.store.query({ ...printSelect(select), limits: TEST_LIMITS });
              return answer.rows.map((found) => found.join(" ")).sort();
            }),
          );
          for (const answer of answers) expect(answer).toEqual(answers[0]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads rollups where they are exact and raw rows where they are not", () => {
    const table = (input: Partial<PlanInput>): string =>
      planQuery({
        range: { fromMs: START, toMs: START + HOUR },
        predicate: { kind: "true" },
        dimensions: [],
        measures: ["bytes"],
        ...input,
      }).table;
    expect(table({})).toBe("traffic_1h");
    expect(table({ measures: ["attempts"] })).toBe("ports_5m");
    expect(table({ range: { fromMs: START, toMs: START + 40 * 24 * HOUR }, measures: ["attempts"] })).toBe("ports_1d");
    expect(table({ range: { fromMs: START, toMs: START + HOUR / 2 } })).toBe("ports_5m");
    expect(table({ stepMs: MINUTE })).toBe("traffic_1m");
    expect(table({ dimensions: [{ field: "in_if" }], range: { fromMs: START, toMs: START + HOUR / 2 } })).toBe("traffic_1m");
    expect(table({ stepMs: 30_000 })).toBe("flows");
    expect(table({ dimensions: [{ field: "src_addr" }] })).toBe("flows");
    expect(table({ measures: ["hosts"] })).toBe("ports_5m");
    expect(table({ range: { fromMs: START + 1, toMs: START + MINUTE } })).toBe("flows");
  });

  it("finds a range of raw rows by the sort key", async () => {
    const range = { fromMs: START, toMs: START + HOUR };
    const plan = planQuery({ range, predicate: { kind: "true" }, dimensions: [], measures: ["bytes"], rollups: [] });
    const { sql, params } = printSelect(aggregateSql({ plan, predicate: { kind: "true" }, scaling: "stored", dimensions: [] }));
    const answer = await testStore.store.query({ sql: `EXPLAIN indexes = 1 ${sql}`, params, limits: TEST_LIMITS });
    const text = answer.rows.join("\n");
    expect(text.slice(text.indexOf("PrimaryKey"))).toMatch(/Condition: and\(.*toStartOfFiveMinutes/);
  });

  describe("timeseries", () => {
    it("fills empty buckets with 0 and adds up to the rows", async () => {
      const [frame] = await ask({ measures: ["bytes"], filter: "src net 10.0.0.0/24" });
      const [times, values] = frame!.data.values;
      expect(times).toEqual(Array.from({ length: 120 }, (_, i) => START + i * MINUTE));
      expect(values!.reduce<number>((total, value) => total + Number(value), 0)).toBe(
        sum(
          rows.filter((flow) => String(flow.src_addr).startsWith("10.0.0.")),
          scaledBytes,
        ),
      );
      expect(frame!.schema.meta).toMatchObject({ type: "timeseries-multi", typeVersion: [0, 1] });
      expect(frame!.schema.fields[0]).toMatchObject({ type: "time", config: { interval: MINUTE } });
    });

    it("makes a frame for each group, the rest under other, and loses nothing", async () => {
      const frames = await ask({ dimensions: [{ field: "src_addr" }], measures: ["flows"], limit: 2, other: true });
      expect(frames.map((frame) => frame.schema.fields[1]!.config!["displayNameFromDS"])).toContain("other");
      expect(frames).toHaveLength(3);
      expect(frames[2]!.schema.fields[1]!.labels).toEqual({ src_addr: "other" });
      const total = frames.flatMap((frame) => frame.data.values[1]!).reduce<number>((all, value) => all + Number(value), 0);
      expect(total).toBe(sum(rows, (flow) => Number(flow.flows)));
    });

    it.each(["src_addr", "svc_port"])("leaves for other what the groups by %s do not have, bucket by bucket", async (field) => {
      const query: FlowQueryInput = { dimensions: [{ field }], measures: ["bytes", "flows"], limit: 2, other: true, filter: "proto tcp" };
      const frames = await ask(query, { from: START + 7_000, to: START + HOUR + 90_000 });
      const [everything] = await ask({ ...query, dimensions: [], measures: ["bytes"] }, { from: START + 7_000, to: START + HOUR + 90_000 });
      const bytes = frames.filter((frame) => frame.schema.fields[1]!.labels!["measure"] === "bytes");
      expect(bytes).toHaveLength(3);
      const columns = bytes.map((frame) => frame.data.values[1] as number[]);
      expect(columns[0]!.map((_, i) => columns.reduce((total, column) => total + column[i]!, 0))).toEqual(everything!.data.values[1]);
      const chosen = bytes.slice(0, 2).map((frame) => frame.schema.fields[1]!.labels![field]);
      const rest = between(START + 7_000, START + HOUR + 90_000).filter(
        (flow) => flow.proto === 6 && !chosen.includes(String(flow.src_addr)),
      );
      if (field === "src_addr") expect(columns[2]!.reduce((total, value) => total + value, 0)).toBe(sum(rest, scaledBytes));
    });

    it("takes other from the rows of the groups when the filter names a zone, which the first rollups did not have", async () => {
      const query: FlowQueryInput = { dimensions: [{ field: "src_addr" }], measures: ["flows"], limit: 2, other: true };
      const statements = async (input: FlowQueryInput): Promise<unknown> => (await ask(input))[0]!.schema.meta!.executedQueryString;
      expect(await statements({ ...query, filter: "proto tcp" })).toContain("FROM traffic_1m");
      const zone = [{ field: "src_zone", op: "!=" as const, values: ["dmz"] }];
      expect(await statements({ ...query, filters: zone })).not.toContain("FROM traffic_1m");
    });

    describe("where tables are kept for different times", () => {
      afterEach(async () => {
        for (const table of ["flows", ...ROLLUPS.map((rollup) => rollup.table)]) await testStore.store.command(`TRUNCATE TABLE ${table}`);
        await testStore.insert(rows);
      });

      it.each([
        { shorter: "the rollup", tables: ROLLUPS.map((rollup) => ({ name: rollup.table, time: "time_slot" })) },
        { shorter: "a finer rollup at the edge", tables: [{ name: "traffic_1m", time: "time_slot" }] },
        { shorter: "the raw table", tables: [{ name: "flows", time: "time_received" }] },
      ])("takes other from the rows of the groups when $shorter begins later", async ({ tables }) => {
        const [from, begins] = [START + 53 * MINUTE, START + 62 * MINUTE];
        for (const { name, time } of tables)
          await testStore.store.command(
            `ALTER TABLE ${name} DELETE WHERE ${time} < toDateTime(${begins / 1000}) SETTINGS mutations_sync = 2`,
          );
        const frames = await ask(
          { dimensions: [{ field: "src_addr" }], measures: ["flows"], limit: 2, other: true },
          { from, intervalMs: 5 * MINUTE },
        );
        const kept = between(tables.some(({ name }) => name === "flows") ? begins : from, START + 2 * HOUR);
        const total = frames.flatMap((frame) => frame.data.values[1]!).reduce<number>((all, value) => all + Number(value), 0);
        expect(total).toBe(sum(kept, (flow) => Number(flow.flows)));
      });
    });

    it("asks for what does not add up under other", async () => {
      const frames = await ask({
        dimensions: [{ field: "proto" }],
        measures: ["sources"],
        limit: 1,
        other: true,
        filter: "dst net 198.51.100.0/24",
      });
      const rest = frames.at(-1)!.data.values as [number[], number[]];
      const bucket = between(rest[0][5]!, rest[0][5]! + MINUTE).filter((flow) => String(flow.dst_addr).startsWith("198.51.100."));
      const top = frames[0]!.schema.fields[1]!.labels!["proto"];
      const number: Readonly<Record<string, number | undefined>> = { tcp: 6, udp: 17, hopopt: 0 };
      const others = bucket.filter((flow) => flow.proto !== number[top!]);
      expect(rest[1][5]).toBe(new Set(others.map((flow) => flow.src_addr)).size);
    });

    it("tells series apart by labels, with several measures too", async () => {
      const frames = await ask({ dimensions: [{ field: "proto" }], measures: ["bps", "pps"] });
      const labels = frames.map((frame) => JSON.stringify(frame.schema.fields[1]!.labels));
      expect(new Set(labels).size).toBe(frames.length);
      expect(frames.map((frame) => frame.schema.fields[1]!.labels!["proto"])).toEqual(
        expect.arrayContaining(["tcp", "udp", "hopopt", "unknown"]),
      );
    });

    it("divides a rate by the seconds that the range covers", async () => {
      const from = START + 30_000;
      const [frame] = await ask({ measures: ["bps"] }, { from, to: START + 2 * MINUTE });
      expect(frame!.data.values[0]).toEqual([START, START + MINUTE]);
      expect(frame!.data.values[1]![0]).toBeCloseTo((sum(between(from, START + MINUTE), scaledBytes) * 8) / 30, 6);
      expect(frame!.data.values[1]![1]).toBeCloseTo((sum(between(START + MINUTE, START + 2 * MINUTE), scaledBytes) * 8) / 60, 6);
    });

    it("divides a rate in the bucket up to now by the seconds that are loaded", async () => {
      const nowMs = START + HOUR + 20_000;
      const range = { from: START + HOUR, to: START + HOUR + MINUTE, nowMs };
      // Two hours are loaded, so the whole minute is known although the clock says 20 s; the clock of a collector may run ahead.
      const [ahead] = await ask({ measures: ["fps"] }, range);
      expect(ahead!.data.values[1]![0]).toBeCloseTo(sum(between(range.from, range.to), (flow) => Number(flow.flows)) / 60, 9);
      const last = Math.max(...rows.map((flow) => Number(flow.time_received)));
      const minute = Math.floor(last / MINUTE) * MINUTE;
      const [busy] = await ask({ measures: ["fps"] }, { from: minute, to: minute + MINUTE, nowMs: last + 2000 });
      expect(busy!.data.values[1]![0]).toBeCloseTo(
        sum(between(minute, minute + MINUTE), (flow) => Number(flow.flows)) / ((last + 1 - minute) / 1000),
        9,
      );
    });

    it("knows nothing before the first and after the last row: no buckets in a graph, nulls for an alert", async () => {
      const request = { from: START - HOUR, to: START + 3 * HOUR, intervalMs: HOUR };
      const [graph] = await ask({ measures: ["bytes"] }, request);
      expect(graph!.data.values[0]).toEqual([START, START + HOUR]);
      const [alert] = await ask({ measures: ["bytes"] }, { ...request, alert: true });
      expect(alert!.data.values[1]!.map((value) => value === null)).toEqual([true, false, false, true]);
    });

    it("keeps to the number of points and to steps on the clock", async () => {
      const [frame] = await ask({ measures: ["bytes"] }, { from: START + 1234, maxDataPoints: 7, intervalMs: 1000 });
      expect(frame!.data.values[0]!.length).toBeLessThanOrEqual(7);
      expect(frame!.data.values[0]!.every((time) => Number(time) % (30 * MINUTE) === 0)).toBe(true);
    });

    it("leaves buckets out of alerts that are not finished or not whole, and marks the last one in graphs", async () => {
      const range = { from: START + 10_000, to: START + HOUR + 20_000, nowMs: START + HOUR + 20_000 };
      const [alert] = await ask({ measures: ["bytes"] }, { ...range, alert: true });
      expect(alert!.data.values[0]!.at(0)).toBe(START + MINUTE);
      expect(alert!.data.values[0]!.at(-1)).toBe(START + 59 * MINUTE);
      const [graph] = await ask({ measures: ["bytes"] }, range);
      expect(graph!.data.values[0]!.at(-1)).toBe(START + HOUR);
      expect(graph!.schema.meta!.custom).toMatchObject({ unfinishedFromMs: START + HOUR });
    });

    it("tells people of the last bucket where its value misleads: what is added up or counted there still grows", async () => {
      const textsOf = async (measures: MeasureName[], overrides: object): Promise<string[]> =>
        ((await ask({ measures }, overrides))[0]!.schema.meta!.notices ?? []).map(({ text }) => text);
      const upToNow = { from: START, to: START + HOUR + 20_000, nowMs: START + HOUR + 20_000 };
      const told = `The bucket from ${new Date(START + HOUR).toISOString()} on has not ended: Bytes, Flows in it still grow.`;
      expect(await textsOf(["bytes", "bps", "flows"], upToNow)).toEqual([told]);
      expect(await textsOf(["bps"], upToNow)).toEqual([]);
      expect(await textsOf(["bytes"], { ...upToNow, alert: true })).toEqual([]);
      expect(await textsOf(["bytes"], { ...upToNow, to: START + HOUR })).toEqual([]);
      // Of a range that is over, nothing grows, whether or not its last bucket is over too.
      const earlier = { ...upToNow, to: START + HOUR + 5_000 };
      expect(await textsOf(["bytes"], earlier)).toEqual([]);
      expect((await ask({ measures: ["bytes"] }, earlier))[0]!.schema.meta!.custom).not.toHaveProperty("unfinishedFromMs");
    });

    it("answers a typed frame without rows where nothing was loaded or no group was found", async () => {
      for (const frames of [
        await ask({ measures: ["bps"] }, { from: START - 4 * HOUR, to: START - 2 * HOUR }),
        await ask({ measures: ["bps"], dimensions: [{ field: "src_addr" }], filter: "src ip 203.0.113.9" }),
      ]) {
        expect(frames).toHaveLength(1);
        expect(frames[0]!.schema.fields.map((field) => field.typeInfo.frame)).toEqual(["time.Time", "float64"]);
        expect(frames[0]!.data.values).toEqual([[], []]);
        expect(frames[0]!.schema.meta!.type).toBe("timeseries-multi");
      }
    });
  });

  describe("top", () => {
    it("ranks groups and sums up the rest, distinct counts included", async () => {
      const [frame] = await ask({
        view: "top",
        dimensions: [{ field: "src_addr" }],
        measures: ["bytes", "destinations"],
        limit: 1,
        other: true,
      });
      const bytesOf = (address: unknown): number =>
        sum(
          rows.filter((flow) => flow.src_addr === address),
          scaledBytes,
        );
      const best = [...new Set(rows.map((flow) => String(flow.src_addr)))]
        .map((address) => [address, bytesOf(address)] as const)
        .sort((a, b) => b[1] - a[1])[0]!;
      expect(frame!.data.values[0]).toEqual([best[0], "other"]);
      expect(frame!.data.values[1]).toEqual([best[1], sum(rows, scaledBytes) - best[1]]);
      expect(frame!.data.values[2]).toEqual([3, 3]);
      expect(frame!.schema.meta).toMatchObject({ type: "numeric-long", typeVersion: [0, 1], custom: { table: "flows", filter: "any" } });
    });

    it("leaves out groups that have no part in the measure that ranks, unless the smallest are asked for", async () => {
      const query: FlowQueryInput = { view: "top", dimensions: [{ field: "proto" }], measures: ["tcp_flows", "flows"], other: true };
      const [most] = await ask(query);
      const tcp = sum(rows, (flow) => (flow.proto === 6 ? Number(flow.flows) : 0));
      const all = sum(rows, (flow) => Number(flow.flows));
      expect(most!.data.values).toEqual([
        ["tcp", "other"],
        [tcp, 0],
        [tcp, all - tcp],
      ]);
      const [least] = await ask({ ...query, order: { measure: "tcp_flows", desc: false } });
      expect([...least!.data.values[0]!].sort()).toEqual(["hopopt", "tcp", "udp", "unknown"]);
    });

    it("misses no group of which nothing that is asked is there, on raw rows and on rollups", async () => {
      const attempts = sum(rows, (flow) => (flow.proto === 6 && (Number(flow.tcp_flags) & 18) === 2 ? Number(flow.flows) : 0));
      for (const field of ["proto", "src_port"]) {
        const [most] = await ask({ view: "top", dimensions: [{ field }], measures: ["attempts"], other: true, limit: 10_000 });
        expect(most!.data.values[1]!.reduce<number>((all, value) => all + Number(value), 0)).toBe(attempts);
        expect(most!.data.values[0]).not.toContain("other");
        expect(most!.schema.meta!.custom).toMatchObject({ table: field === "proto" ? "ports_5m" : "flows", more: false });
      }
      const [least] = await ask({
        view: "top",
        dimensions: [{ field: "proto" }],
        measures: ["attempts"],
        order: { measure: "attempts", desc: false },
      });
      expect(least!.data.values[1]).toContain(0);
    });

    it("estimates hosts from the sketches of both ends", async () => {
      const query: FlowQueryInput = { view: "stat", measures: ["hosts", "bytes"] };
      const [estimate] = await ask(query);
      expect(estimate!.schema.meta!.custom).toMatchObject({ table: "ports_5m" });
      expect(estimate!.schema.meta!.notices).toMatchObject([{ severity: "info", text: expect.stringContaining("estimates") }]);
      const [exact] = await ask({ ...query, filter: "net 0.0.0.0/0 or net ::/0" });
      expect(exact!.schema.meta!.custom).toMatchObject({ table: "flows" });
      expect(exact!.data.values).toEqual(estimate!.data.values);
    });

    it("groups addresses by prefix and writes networks", async () => {
      const [frame] = await ask({ view: "top", dimensions: [{ field: "src_addr", prefix4: 24, prefix6: 32 }], measures: ["flows"] });
      expect([...frame!.data.values[0]!].sort()).toEqual(["10.0.0.0/24", "10.0.1.0/24", "2001:db8::/32"]);
    });

    it("says that sketches are estimates, and counts exactly on raw rows", async () => {
      const query: FlowQueryInput = { view: "top", dimensions: [{ field: "svc_port" }], measures: ["sources"] };
      const [estimate] = await ask(query);
      expect(estimate!.schema.meta!.custom).toMatchObject({ table: "ports_5m" });
      expect(estimate!.schema.meta!.notices).toMatchObject([{ severity: "info", text: expect.stringContaining("estimates") }]);
      const [exact] = await ask({ ...query, filter: "src net 0.0.0.0/0 or src net ::/0" });
      expect(exact!.schema.meta!.custom).toMatchObject({ table: "flows" });
      expect(exact!.schema.meta!.notices).toBeUndefined();
      // Five sources: few enough for the sketch to be right too.
      expect(exact!.data.values).toEqual(estimate!.data.values);
    });

    it("names an absent protocol unknown, and a real 0 by its name", async () => {
      const [frame] = await ask({ view: "top", dimensions: [{ field: "proto" }], measures: ["flows"] });
      expect([...frame!.data.values[0]!].sort()).toEqual(["hopopt", "tcp", "udp", "unknown"]);
    });
  });

  it("scales rows that were stored without a rate by what became known later, in every view", async () => {
    const late = (flow: FlowRow): number =>
      Number(flow.bytes) * (Number(flow.sampling_rate) || (String(flow.exporter).startsWith("192.0.2.") ? 10 : 1));
    const wanted = sum(rows, late);
    const inView = { measures: ["bytes" as const], dimensions: [{ field: "exporter" }], other: false };
    const [stat] = await ask({ view: "stat", measures: ["bytes"] }, { hasLateRates: true });
    const [top] = await ask({ view: "top", ...inView }, { hasLateRates: true });
    const [raw] = await ask({ view: "top", ...inView, filter: "ip 0.0.0.0/0 or ip ::/0" }, { hasLateRates: true });
    const [records] = await ask({ view: "records", limit: 5_000 }, { hasLateRates: true });
    const column = (frame: Frame | undefined, name: string): number[] =>
      frame!.data.values[frame!.schema.fields.findIndex((found) => found.name === name)] as number[];
    const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    expect(stat!.data.values.at(-1)![0]).toBe(wanted);
    expect(total(column(top, "bytes"))).toBe(wanted);
    expect(total(column(raw, "bytes"))).toBe(wanted);
    expect(total(column(records, "bytes"))).toBe(wanted);
  });

  it("says that flows of the range are still to be loaded", async () => {
    const query = parseFlowQuery({ view: "stat", measures: ["bytes"] });
    const request = {
      refId: "A",
      query,
      range: { fromMs: START, toMs: START + HOUR },
      intervalMs: MINUTE,
      maxDataPoints: 10,
      alert: false,
    };
    const notices = async (sinceMs: number): Promise<unknown> =>
      (await runQuery(request, { ...context(), backlog: { sinceMs, rows: 7 } }))[0]!.schema.meta?.notices;
    expect(await notices(START + MINUTE)).toEqual([
      {
        severity: "warning",
        text: "7 flows received since 2026-01-01T00:01:00.000Z are still to be loaded: sums of that time are too small.",
      },
    ]);
    expect(await notices(START + 2 * HOUR)).toBeUndefined();
  });

  describe("text", () => {
    test.each(["app_name", "user", "dns_query"] as const)(
      "groups by %s, names what was not sent unknown, and filters by it",
      async (name) => {
        const flowsOf = (wanted: (value: unknown) => boolean): number =>
          sum(
            rows.filter((flow) => wanted(flow[name])),
            (flow) => Number(flow.flows),
          );
        const [top] = await ask({ view: "top", dimensions: [{ field: name }], measures: ["flows"], other: false });
        const [values, counts] = top!.data.values as [string[], number[]];
        values.forEach((value, i) => expect(counts[i]).toBe(flowsOf((sent) => (value === "unknown" ? !sent : sent === value))));
        expect(values).toContain("unknown");
        const one = values.find((value) => value !== "unknown")!;
        const filtered = async (op: "=" | "!=" | "=|", wanted: string[]): Promise<unknown> =>
          (await ask({ view: "stat", measures: ["flows"], filters: [{ field: name, op, values: wanted }] }))[0]!.data.values.at(-1)![0];
        expect(await filtered("=", [one])).toBe(flowsOf((sent) => sent === one));
        expect(await filtered("!=", [one])).toBe(flowsOf((sent) => sent !== one));
        expect(await filtered("=|", [one, "unknown"])).toBe(flowsOf((sent) => sent === one || !sent));
      },
    );

    it("splits a time series by it, with the rest under other", async () => {
      const frames = await ask({ view: "timeseries", dimensions: [{ field: "user" }], measures: ["flows"], limit: 1, other: true });
      const total = frames.flatMap((frame) => frame.data.values[1] as number[]).reduce((a, b) => a + b, 0);
      expect(frames).toHaveLength(2);
      expect(total).toBeCloseTo(sum(rows, (flow) => Number(flow.flows)));
    });

    it("is shown in records, and lists and named values as text", async () => {
      const asked = [{ field: "user" }, { field: "app_name" }];
      const [frame] = await ask({ view: "records", dimensions: asked, limit: 50 });
      const users = frame!.data.values[frame!.schema.fields.findIndex(({ name }) => name === "user")]!;
      expect(new Set(users)).toEqual(new Set(["unknown", "alice", "bob"]));
    });
  });

  it("answers stat as one wide row, without rows where nothing was loaded", async () => {
    const [frame] = await ask({ view: "stat", measures: ["bytes", "fps"] });
    expect(frame!.data.values[0]).toEqual([sum(rows, scaledBytes)]);
    expect(frame!.data.values[1]![0]).toBeCloseTo(sum(rows, (flow) => Number(flow.flows)) / 7200, 9);
    expect(frame!.schema.meta!.type).toBe("numeric-wide");
    const [nothing] = await ask({ view: "stat", measures: ["bytes"] }, { from: START - 2 * HOUR, to: START - HOUR });
    expect(nothing!.data.values).toEqual([[]]);
    const [zero] = await ask({ view: "stat", measures: ["bytes"], filter: "src ip 203.0.113.9" });
    expect(zero!.data.values).toEqual([[0]]);
  });

  it("shows the same records from several windows as from one, none at their borders twice or lost", async () => {
    const wide = { from: START - 50 * HOUR, to: START + 2 * HOUR + 7 };
    const received = async (limit: number): Promise<unknown[]> => {
      const [frame] = await ask({ view: "records", limit, dimensions: [{ field: "src_addr" }] }, wide);
      expect(frame!.schema.meta!.custom).toMatchObject({ more: limit < rows.length });
      return frame!.data.values[0]! as unknown[];
    };
    const all = [...rows.map((flow) => Number(flow.time_received))].sort((a, b) => b - a);
    for (const limit of [1, Math.floor(rows.length * 0.7), 10_000]) expect(await received(limit)).toEqual(all.slice(0, limit));
  });

  it("shows records newest first, unknown numbers as null and unknown names as unknown", async () => {
    const [frame] = await ask({ view: "records", limit: 5 });
    const column = (name: string): readonly unknown[] =>
      frame!.data.values[frame!.schema.fields.findIndex((field) => field.name === name)]!;
    expect(column("time_received")).toEqual(
      rows
        .map((flow) => Number(flow.time_received))
        .sort((a, b) => b - a)
        .slice(0, 5),
    );
    expect(column("sampling_rate").every((rate) => rate === null || Number(rate) > 0)).toBe(true);
    expect(column("next_hop")).toEqual(Array(5).fill("unknown"));
    expect(frame!.schema.meta!.type).toBeUndefined();
    await expect(ask({ view: "records" }, { alert: true })).rejects.toMatchObject({ code: "VIEW_NOT_ALERTABLE" });
  });

  it("refuses a range that is empty and a filter that is wrong", async () => {
    await expect(ask({}, { from: START, to: START })).rejects.toMatchObject({ code: "RANGE_INVALID" });
    await expect(ask({ filter: "prot tcp" })).rejects.toMatchObject({ code: "FILTER_UNKNOWN_WORD", position: { offset: 0, length: 4 } });
  });

  it("lists the values of a field that begin with a text", async () => {
    const range = { fromMs: START, toMs: START + 2 * HOUR };
    const values = await topValues({ field: "src_addr", range, filter: "", prefix: "10.0.0", limit: 10 }, context());
    expect(values.map(({ value }) => value).sort()).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(await topValues({ field: "proto", range, filter: "", prefix: "", limit: 10 }, context())).toHaveLength(3);
  });
});
