/** The API on embedded ClickHouse with rows in it. */
import type { Express } from "express";
import type { FlowRow } from "@sillage/model";
import request from "supertest";
import { openTestStore, TEST_LIMITS, type TestStore } from "../query/testing/flow-store.ts";
import { liveCollector, liveExporter, NOW, testApi } from "./testing.ts";

const FROM = NOW - 3_600_000;

describe("the API on ClickHouse", () => {
  let testStore: TestStore;
  let app: Express;

  beforeAll(async () => {
    testStore = await openTestStore();
    const flow = (i: number): FlowRow => ({
      time_received: FROM + i * 1000,
      exporter: "192.0.2.1",
      src_addr: `10.0.0.${i % 3}`,
      dst_addr: "2001:db8::1",
      proto: i % 2 === 0 ? 6 : 17,
      dst_port: 443,
      bytes: 100,
      packets: 1,
      flows: 1,
    });
    await testStore.insert(Array.from({ length: 300 }, (_, i) => flow(i)));
    await testStore.store.command(
      "INSERT INTO exporters (snapshot_time, collector, exporter, exporter_source, source_port, protocol, obs_domain, first_seen, last_seen, datagrams, dropped, waiting) " +
        `VALUES (now64(3), 'main', '192.0.2.1', '192.0.2.1', 40000, 'netflow9', 7, now64(3), now64(3), 12, '{"malformed":2}', '[256]')`,
    );
    app = testApi({}, { store: testStore.store, limits: TEST_LIMITS }).app;
  });
  afterAll(() => testStore.close());

  const query = async (queries: object[], path = "/api/v1/query") =>
    (await request(app).post(path).send({ from: FROM, to: NOW, queries })).body.results;

  it("answers several views at once, a wrong one among them", async () => {
    const results = await query([
      { refId: "A", view: "stat", measures: ["bytes", "hosts"], filter: "proto tcp" },
      {
        refId: "B",
        view: "top",
        measures: ["flows"],
        dimensions: [{ field: "src_addr" }],
        filters: [{ field: "proto", op: "=", values: ["udp"] }],
      },
      { refId: "C", view: "records", limit: 2 },
      { refId: "D", view: "timeseries", intervalMs: 300_000, measures: ["packets"] },
      { refId: "E", filter: "src port" },
    ]);
    expect(results.A.frames[0].data.values).toEqual([[15_000], [4]]);
    expect(
      Object.fromEntries(
        results.B.frames[0].data.values[0].map((name: string, i: number) => [name, results.B.frames[0].data.values[1][i]]),
      ),
    ).toEqual({
      "10.0.0.0": 50,
      "10.0.0.1": 50,
      "10.0.0.2": 50,
    });
    expect(results.C.frames[0].data.values[0]).toEqual([FROM + 299_000, FROM + 298_000]);
    expect(results.D.frames[0].data.values[1][0]).toBe(300);
    expect(results.E).toMatchObject({ status: 400, error: { code: "FILTER_VALUE" } });
  });

  it("lists values and exporters", async () => {
    const { body: values } = await request(app).post("/api/v1/values").send({ field: "proto", from: FROM, to: NOW });
    expect(values.values).toEqual([
      { value: "tcp", bytes: 15_000 },
      { value: "udp", bytes: 15_000 },
    ]);
    const { body: exporters } = await request(app).get("/api/v1/exporters");
    expect(exporters.exporters).toMatchObject([
      {
        collector: "main",
        exporter: "192.0.2.1",
        protocol: "netflow9",
        obs_domain: 7,
        datagrams: 12,
        dropped: { malformed: 2 },
        waiting: [256],
        live: false,
      },
    ]);
  });

  it("tells where the records of an exporter went, and what is wrong with it", async () => {
    const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
    await testStore.store.command(
      [
        "INSERT INTO loss_1m (time_slot, collector, collector_start, exporter, exporter_source, protocol, obs_domain, stored, lost, kernel_datagrams, datagrams)",
        `VALUES ('${minute(FROM)}', 'main', '${minute(FROM)}', '192.0.2.1', '192.0.2.1', 'netflow9', 7, 300, 100, 0, 20),`,
        `('${minute(FROM + 600_000)}', 'main', '${minute(FROM)}', '192.0.2.1', '192.0.2.1', 'ipfix', 7, 100, 0, 0, 10),`,
        `('${minute(FROM)}', 'main', '${minute(FROM)}', '::', '::', 'unknown', 0, 0, 0, 7, 0)`,
      ].join(" "),
    );
    const { body: list } = await request(app).get("/api/v1/exporters");
    expect(list.devices).toMatchObject([
      { exporter: "192.0.2.1", status: "trouble", balance: { exported: 500, stored: 400, lost: 100 }, findings: [{ rule: "loss" }] },
    ]);
    const { body: one } = await request(app).get("/api/v1/exporters/::ffff:192.0.2.1").query({ from: FROM, to: NOW });
    expect(one).toMatchObject({
      exporter: "192.0.2.1",
      balance: { exported: 500 },
      protocols: [
        { protocol: "netflow9", exported: 400, lost: 100 },
        { protocol: "ipfix", exported: 100 },
      ],
      sessions: [{ protocol: "netflow9", waiting: [256] }],
    });
    expect(one.history.steps.map(({ time, stored }: { time: number; stored: number }) => [time - FROM, stored])).toEqual([
      [0, 300],
      [600_000, 100],
    ]);
    const { body: doctor } = await request(app).get("/api/v1/doctor");
    expect(doctor).toMatchObject({ status: "trouble", exporters: 1, balance: { exported: 500, kernel_datagrams: 7 } });
    expect(doctor.findings[0]).toMatchObject({ rule: "loss", severity: "error", exporter: "192.0.2.1" });
  });

  it("prefers what the running collector says about an exporter", async () => {
    const live = liveExporter({ datagrams: 99, waitingTemplates: [{ templateId: 300, sets: 2 }], firstSeenMs: FROM, lastSeenMs: NOW });
    const collector = liveCollector([live]);
    const { app: running } = testApi({}, { store: testStore.store, status: () => ({ version: "1", startedMs: FROM, collector }) });
    const { body } = await request(running).get("/api/v1/exporters");
    expect(body.exporters).toMatchObject([{ datagrams: 99, waiting: [300], live: true }]);
    expect((await request(running).get("/api/v1/health")).body.collector).toMatchObject({ collector: "main", exporterCount: 1 });
  });

  it("stops a query that reads more than it may, with what to do", async () => {
    const { app: tight } = testApi({}, { store: testStore.store, limits: { ...TEST_LIMITS, maxRowsToRead: 10 } });
    const { body } = await request(tight)
      .post("/api/v1/query")
      .send({ from: FROM, to: NOW, queries: [{ refId: "A", view: "stat", filter: "src ip 10.0.0.1" }] });
    expect(body.results.A).toMatchObject({ status: 413, error: { code: "QUERY_TOO_BIG", hint: expect.stringContaining("range") } });
  });

  it("says in a notice that an answer was cut off", async () => {
    const { app: tight } = testApi({}, { store: testStore.store, limits: { ...TEST_LIMITS, maxResultRows: 5 } });
    const { body } = await request(tight)
      .post("/api/v1/query")
      .send({ from: FROM, to: NOW, queries: [{ refId: "A", view: "records", limit: 100 }] });
    expect(body.results.A.frames[0].schema.meta.notices).toMatchObject([{ severity: "warning", text: expect.stringContaining("5 rows") }]);
    expect(body.results.A.frames[0].data.values[0]).toHaveLength(5);
  });
});
