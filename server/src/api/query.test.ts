/** `POST /api/v1/query` and its Grafana twin: each query its own outcome. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { SillageError } from "@sillage/model";
import type { QueryRequest } from "../store/index.ts";
import { answer, downStore, fakeStore, NOW, testApi } from "./testing.ts";

const RANGE = { from: NOW - 3_600_000, to: NOW };
const stat = { refId: "A", view: "stat", measures: ["bytes"] };

/** Everything is loaded, every sum is 42. */
const store = fakeStore(({ sql }) => Promise.resolve(answer(sql.includes("min(") ? [[RANGE.from, NOW]] : [[42]])));
const { app } = testApi({}, { store });
const post = (body: object, path = "/api/v1/query") => request(app).post(path).send(body);

it("answers frames by refId", async () => {
  const { body, status } = await post({ ...RANGE, queries: [stat] });
  expect(status).toBe(200);
  expect(body.results.A).toMatchObject({
    status: 200,
    frames: [{ schema: { refId: "A", meta: { type: "numeric-wide" } }, data: { values: [[42]] } }],
  });
  expect(body.results.A.frames[0].schema.meta.executedQueryString).toContain("FROM traffic_1h");
});

it("puts the schema of a frame before its data, as Grafana's decoder wants", async () => {
  const { text } = await post({ ...RANGE, queries: [stat] });
  expect(text.indexOf('"schema"')).toBeLessThan(text.indexOf('"data"'));
});

it("fails a wrong filter alone, with its place", async () => {
  const { body, status } = await post({ ...RANGE, queries: [stat, { refId: "B", view: "stat", filter: "proto tcp and prot udp" }] });
  expect(status).toBe(200);
  expect(body.results.A.status).toBe(200);
  expect(body.results.B).toMatchObject({
    status: 400,
    frames: [],
    error: { code: "FILTER_UNKNOWN_WORD", message: expect.any(String), position: { offset: 14, length: 4, line: 1, column: 15 } },
  });
});

it.each([
  ["an unknown view", { view: "sankey" }, "QUERY_INVALID"],
  ["an unknown key", { colour: "red" }, "QUERY_INVALID"],
  ["an unknown field", { dimensions: [{ field: "source" }] }, "QUERY_INVALID"],
  ["an unknown version", { version: 7 }, "QUERY_VERSION"],
  ["flow records for an alert", { view: "records", alert: true }, "VIEW_NOT_ALERTABLE"],
])("refuses %s with 400 for that query", async (_, query, code) => {
  const { body, status } = await post({ ...RANGE, queries: [{ refId: "A", ...query }] });
  expect(status).toBe(200);
  expect(body.results.A).toMatchObject({ status: 400, error: { code } });
});

it.each([
  ["no queries", { ...RANGE, queries: [] }, "REQUEST_INVALID"],
  ["two queries of one name", { ...RANGE, queries: [stat, stat] }, "REQUEST_INVALID"],
  ["a range that is no time", { from: "yesterday", to: NOW, queries: [stat] }, "TIME_INVALID"],
  ["a list", [stat], "REQUEST_INVALID"],
])("refuses a request with %s", async (_, body, code) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  expect(response.body.error).toMatchObject({ code, message: expect.any(String) });
});

it("reads times as digits and relative to now", async () => {
  const asked: QueryRequest[] = [];
  const spy = fakeStore((query) => {
    asked.push(query);
    return Promise.resolve(answer([]));
  });
  const { app: relative } = testApi({}, { store: spy });
  await request(relative)
    .post("/api/v1/query")
    .send({ from: "now-1h", to: String(NOW), queries: [{ ...stat, filter: "src port 443" }] });
  expect(Object.values(asked[0]!.params)).toEqual(expect.arrayContaining([NOW - 3_600_000, NOW]));
});

it("tells ClickHouse who asks, without letting a header write more than words", async () => {
  const asked: QueryRequest[] = [];
  const spy = fakeStore((query) => {
    asked.push(query);
    return Promise.resolve(answer([]));
  });
  await request(testApi({}, { store: spy }).app)
    .post("/api/v1/query")
    .set({ "X-Dashboard-Uid": "overview", "X-Panel-Id": "3", "X-Grafana-User": "eve'; KILL QUERY" })
    .send({ ...RANGE, queries: [stat] });
  expect(asked[0]!.comment).toBe("api user=eve___KILL_QUERY dashboard=overview panel=3");
});

it("answers 503 for a query while ClickHouse is down, and the reason", async () => {
  const { body } = await request(testApi({}, { store: downStore() }).app)
    .post("/api/v1/query")
    .send({ ...RANGE, queries: [stat] });
  expect(body.results.A).toMatchObject({ status: 503, error: { code: "STORE_UNAVAILABLE" } });
});

it("answers 504 for a query that ran out of time, and tells the log", async () => {
  const slow = fakeStore(() => Promise.reject(new SillageError("timeout", "QUERY_TIMEOUT", "the query took longer than it may")));
  const { app: busy, logged } = testApi({}, { store: slow });
  const { body } = await request(busy)
    .post("/api/v1/query")
    .send({ ...RANGE, queries: [stat] });
  expect(body.results.A).toMatchObject({ status: 504, frames: [], error: { code: "QUERY_TIMEOUT" } });
  expect(logged).toMatchObject([{ level: "warn", message: "query failed" }]);
});

it("answers 499 for a query that somebody cancelled, which is nobody's fault and no line in the log", async () => {
  const killed = fakeStore(() => Promise.reject(new SillageError("cancelled", "QUERY_CANCELLED", "the query was cancelled")));
  const { app: quiet, logged } = testApi({}, { store: killed });
  const asked = { ...RANGE, queries: [stat] };
  const { body } = await request(quiet).post("/api/v1/query").send(asked);
  expect(body.results.A).toMatchObject({ status: 499, frames: [], error: { code: "QUERY_CANCELLED" } });
  expect((await request(quiet).post("/api/ds/query").send(asked)).body.results.A).toMatchObject({ status: 499, errorSource: "downstream" });
  expect(logged).toEqual([]);
});

it("keeps the text of an unexpected error in the log", async () => {
  const { app: broken, logged } = testApi({}, { store: fakeStore(() => Promise.reject(new Error("secret path /etc"))) });
  const { text } = await request(broken)
    .post("/api/v1/query")
    .send({ ...RANGE, queries: [stat] });
  expect(JSON.parse(text).results.A).toMatchObject({ status: 500, error: { code: "INTERNAL" } });
  expect(text).not.toContain("secret");
  expect(logged).toMatchObject([{ level: "error", message: "request failed" }]);
});

it("cancels the statement when the client goes away", async () => {
  const client = new AbortController();
  let cancelled: () => void;
  const wasCancelled = new Promise<void>((resolve) => (cancelled = resolve));
  const slow = fakeStore(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          cancelled();
          reject(new SillageError("cancelled", "QUERY_CANCELLED", "the query was cancelled"));
        });
        // Not before the statement runs: then there would be none to cancel.
        client.abort();
      }),
  );
  const server = createServer(testApi({}, { store: slow }).app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const asked = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/query`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...RANGE, queries: [stat] }),
      signal: client.signal,
    });
    await expect(asked).rejects.toThrow("abort");
    await wasCancelled;
  } finally {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
});

describe("Grafana's paths", () => {
  it("answers /api/ds/query in Grafana's shape", async () => {
    const target = { datasource: { uid: "sillage" }, intervalMs: 60_000, maxDataPoints: 100, queryType: "", hide: false };
    const { body, status } = await post(
      {
        from: String(RANGE.from),
        to: String(RANGE.to),
        queries: [
          { ...target, ...stat },
          { ...target, refId: "B", view: "stat", filter: "prot" },
        ],
      },
      "/api/ds/query",
    );
    expect(status).toBe(207);
    expect(body.results.A).toMatchObject({ status: 200, frames: [{ data: { values: [[42]] } }] });
    expect(body.results.B).toMatchObject({ status: 400, error: expect.any(String), errorSource: "downstream" });
    expect(body.results.B.frames[0].schema.meta.custom.error).toMatchObject({ code: "FILTER_UNKNOWN_WORD", position: { offset: 0 } });
  });

  it("passes on the resources of the list and no others", async () => {
    const base = "/api/datasources/uid/sillage/resources";
    expect((await request(app).get(`${base}/fields`)).body.fields.length).toBeGreaterThan(30);
    expect((await request(app).post(`${base}/language/check`).send({ text: "proto tcp" })).body.ok).toBe(true);
    expect((await request(app).get(`${base}/health`)).body.status).toBe("up");
    expect((await post({ ...RANGE, queries: [stat] }, `${base}/query`)).status).toBe(404);
    expect((await request(app).get("/api/datasources/uid/sillage/health")).body).toMatchObject({ status: "OK" });
  });
});
