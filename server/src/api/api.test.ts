/** Everything around the queries: bodies, paths, tokens, pages, metrics. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { Registry } from "prom-client";
import request from "supertest";
import { checkExposure, apiConfigSchema } from "./config.ts";
import { addTotals } from "../query/index.ts";
import { retentionReport, type WhatIf } from "../store/index.ts";
import { downStore, liveCollector, liveExporter, NOW, testApi } from "./testing.ts";
import { ExporterDirectory } from "../exporters/index.ts";

describe("bodies", () => {
  const { app } = testApi();

  it("refuses what is no JSON", async () => {
    const { status, body } = await request(app).post("/api/v1/query").set("Content-Type", "application/json").send('{"from":');
    expect(status).toBe(400);
    expect(body.error.code).toBe("BODY_INVALID");
  });

  it("refuses what came without a JSON content type", async () => {
    const { status, body } = await request(app).post("/api/v1/language/check").set("Content-Type", "text/plain").send("proto tcp");
    expect(status).toBe(400);
    expect(body.error.code).toBe("REQUEST_INVALID");
  });

  it("refuses 10 MB, told in advance or not, and goes on answering", async () => {
    const server = createServer(app);
    try {
      const port = await listen(server);
      const big = JSON.stringify({ text: "x".repeat(10 * 2 ** 20) });
      for (const chunked of [false, true]) {
        const outcome = await sendRaw(port, [
          `POST /api/v1/language/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${big.length}`}\r\n\r\n`,
          chunked ? `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n` : big,
        ]);
        expect(outcome).toMatch(/^HTTP\/1\.1 413 /);
      }
      expect((await request(app).get("/api/v1/health")).status).toBe(200);
    } finally {
      await closed(server);
    }
  });

  it("survives a Content-Length that lies, both ways", async () => {
    const server = createServer(app);
    try {
      const port = await listen(server);
      const head = "POST /api/v1/language/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
      const tooLong = await sendRaw(port, [`${head}Content-Length: 99999999999\r\n\r\n`, '{"text":"any"}']);
      expect(tooLong).toMatch(/^HTTP\/1\.1 413 /);
      const tooShort = await sendRaw(port, [`${head}Content-Length: 5\r\n\r\n`, '{"text":"any"}']);
      expect(tooShort).toMatch(/^HTTP\/1\.1 400 /);
      await sendRaw(port, [`${head}Content-Length: 500\r\n\r\n`, '{"text"'], { end: true });
      expect((await request(app).get("/api/v1/health")).status).toBe(200);
    } finally {
      await closed(server);
    }
  });
});

/** Writes bytes to the port and reads until the server closes or is silent. */
function sendRaw(port: number, parts: readonly string[], { end = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
      socket.end();
    });
    socket.on("error", () => undefined).on("close", () => resolve(received));
    for (const part of parts) socket.write(part);
    if (end) socket.end();
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

describe("paths", () => {
  const { app } = testApi();

  it("calls exporters what the operator calls them", async () => {
    const directory = new ExporterDirectory([
      { match: "10.1.0.0/16", name: "core", site: "Lille", tags: ["mpls"], interfaces: { 12: { speed: 1e10 } } },
    ]);
    const collector = liveCollector([liveExporter({ exporter: "10.1.2.3" })]);
    const { app: named } = testApi({}, { status: () => ({ version: "1", startedMs: NOW, collector }), directory: () => directory });
    const { body } = await request(named).get("/api/v1/exporters");
    const words = { exporter: "10.1.2.3", name: "core", site: "Lille", tags: ["mpls"], interfaces: { 12: { speed: 1e10 } } };
    expect(body.exporters).toMatchObject([words]);
    expect(body.devices).toMatchObject([words]);
  });

  it("names senders that the collector refuses, with the way to let them in", async () => {
    const counts = { datagrams: 3, bytes: 300, connections: 0 };
    const source = { source: "203.0.113.9", port: 2055, ...counts, firstSeenMs: NOW - 9_000, lastSeenMs: NOW, hint: "write allow: [..]" };
    const rest = { datagrams: 5, bytes: 50, connections: 1 };
    const collector = liveCollector([], { refused: { datagrams: 8, bytes: 350, connections: 1, sources: [source], rest } });
    const { app: live } = testApi({}, { status: () => ({ version: "1", startedMs: NOW, collector }) });
    expect((await request(live).get("/api/v1/exporters")).body).toMatchObject({
      exporters: [],
      devices: [],
      refused: [
        {
          collector: "main",
          source: "203.0.113.9",
          port: 2055,
          ...counts,
          first_seen: NOW - 9_000,
          last_seen: NOW,
          hint: "write allow: [..]",
        },
        { collector: "main", source: null, ...rest },
      ],
    });
    expect((await request(live).get("/api/v1/health")).body.collector.refused).toEqual({ datagrams: 8, bytes: 350, connections: 1 });
  });

  it("tells what it knows of exporters while the database is down, and says so", async () => {
    const balance = { ...addTotals([]), stored: 900, lost: 100, datagrams: 95 };
    const collector = liveCollector([liveExporter({ balance, waitingSets: 2, waitingSinceMs: NOW - 700_000 })]);
    const status = () => ({ version: "1", startedMs: NOW, collector });
    const { app: alone } = testApi({}, { store: downStore(), status });
    const { body } = await request(alone).get("/api/v1/exporters");
    expect(body).toMatchObject({
      store_error: "the database does not answer",
      exporters: [{ exporter: "192.0.2.1", live: true }],
      devices: [{ exporter: "192.0.2.1", status: "trouble", balance: { exported: 1_000, stored: 900, lost: 100 } }],
    });
    const one = (await request(alone).get("/api/v1/exporters/192.0.2.1")).body;
    expect(one).toMatchObject({
      sessions: [{ protocol: "netflow9" }],
      protocols: [{ protocol: "netflow9", lost: 100 }],
      ignored_elements: [],
    });
    const doctor = (await request(alone).get("/api/v1/doctor")).body;
    expect(doctor.status).toBe("trouble");
    expect(doctor.findings.map(({ rule }: { rule: string }) => rule)).toEqual(
      expect.arrayContaining(["store", "loss", "template-missing"]),
    );
  });

  it.each([
    { path: "/api/v1/exporters/router", status: 400, code: "ADDRESS_INVALID" },
    { path: "/api/v1/exporters/192.0.2.77", status: 404, code: "EXPORTER_UNKNOWN" },
    { path: "/api/v1/exporters?from=now&to=now-1h", status: 400, code: "RANGE_INVALID" },
    { path: "/api/v1/exporters?form=now", status: 400, code: "REQUEST_INVALID" },
    { path: "/api/v1/doctor?from=yesterday", status: 400, code: "TIME_INVALID" },
  ])("refuses $path with a code", async ({ path: wrong, status, code }) => {
    const answered = await request(app).get(wrong);
    expect([answered.status, answered.body.error.code]).toEqual([status, code]);
  });

  it("answers JSON for a path that is not there, and for one that cannot be decoded", async () => {
    const { status, body } = await request(app).get("/api/v1/nothing");
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: "PATH_UNKNOWN", hint: expect.any(String) });
    expect((await request(app).get("/api/v1/query")).status).toBe(404);
    expect((await request(app).get("/%E0%A4%A")).body.error.code).toMatch(/PATH_/);
  });

  it("checks and completes filters", async () => {
    const good = await request(app).post("/api/v1/language/check").send({ text: "PROTO TCP and dst port 443" });
    expect(good.body).toMatchObject({ ok: true, normalized: "proto tcp and dst port 443", diagnostics: [] });
    const wrong = await request(app).post("/api/v1/language/check").send({ text: "prot tcp" });
    expect(wrong.body).toMatchObject({ ok: false, diagnostics: [{ severity: "error", position: { offset: 0, length: 4 } }] });
    const complete = await request(app).post("/api/v1/language/complete").send({ text: "pro", offset: 3 });
    expect(complete.body).toMatchObject({ from: 0, to: 3 });
    expect(complete.body.options.map((option: { label: string }) => option.label)).toContain("proto");
  });

  it("tells editors what may be asked", async () => {
    const { body } = await request(app).get("/api/v1/fields");
    expect(body.fields.find((field: { name: string }) => field.name === "src_addr")).toMatchObject({
      label: "Source address",
      dimension: true,
      side: "src",
    });
    expect(body.measures.find((measure: { name: string }) => measure.name === "bps")).toMatchObject({ unit: "bps" });
    expect(body.views).toEqual(["timeseries", "top", "records", "stat"]);
  });

  it("tells what the store holds, as it is and as it would be", async () => {
    const asked: WhatIf[] = [];
    const report = retentionReport({ partitions: [], usedBytes: 7, diskBytes: 0, freeBytes: 0 }, { retention: {} }, NOW);
    const { app: api } = testApi({}, { retention: (whatIf) => (asked.push(whatIf), Promise.resolve(report)) });
    expect((await request(api).get("/api/v1/store")).body).toMatchObject({ used_bytes: 7, no_room: [] });
    expect((await request(api).get("/api/v1/store?max_bytes=20GiB&days=flows%3D14,pairs_1h%3D30")).status).toBe(200);
    expect(asked).toEqual([{}, { maxBytes: 20 * 2 ** 30, retention: { flows: 14, pairs_1h: 30 } }]);
    const wrong = ["max_bytes=20", "days=flows", "days=flown%3D3", "colour=red"].map(
      async (query) => (await request(api).get(`/api/v1/store?${query}`)).body.error.code,
    );
    expect(await Promise.all(wrong)).toEqual(["REQUEST_INVALID", "RETENTION_INVALID", "RETENTION_INVALID", "REQUEST_INVALID"]);
  });

  it("describes every path that it has in OpenAPI", async () => {
    const { body } = await request(app).get("/api/v1/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    expect(body.info.version).toBe("1.2.3");
    for (const [route, operations] of Object.entries(body.paths as Record<string, object>)) {
      for (const method of Object.keys(operations) as ("get" | "post")[]) {
        expect((await request(app)[method](`/api/v1${route}`).send({})).status).not.toBe(404);
      }
    }
    expect(body.paths["/query"].post.requestBody.content["application/json"].schema.properties).toHaveProperty("queries");
  });

  it("shows health in full, and 503 while the store is down", async () => {
    expect((await request(app).get("/api/v1/health")).body).toMatchObject({
      status: "up",
      version: "1.2.3",
      store: { up: true },
      collector: null,
    });
    const down = await request(testApi({}, { store: downStore() }).app).get("/api/v1/health");
    expect(down.status).toBe(503);
    expect(down.body).toMatchObject({ status: "down" });
  });

  it("keeps metrics of its requests", async () => {
    const metrics = new Registry();
    const { app: measured } = testApi({}, { metrics });
    await request(measured).get("/api/v1/fields");
    const { text, type } = await request(measured).get("/metrics");
    expect(type).toBe("text/plain");
    expect(text).toContain('sillage_api_request_seconds_count{route="/api/v1/fields",status="200"} 1');
    expect(text).toContain('sillage_api_queries{state="waiting"} 0');
  });

  it("answers nobody who calls it by a foreign name while there is no token", async () => {
    const { status, body } = await request(app).get("/api/v1/fields").set("Host", "rebound.example:8055");
    expect(status).toBe(401);
    expect(body.error.code).toBe("HOST_FORBIDDEN");
    for (const host of ["localhost:8055", "127.0.0.1", "[::1]:8055"])
      expect((await request(app).get("/api/v1/fields").set("Host", host)).status).toBe(200);
  });
});

describe("tokens", () => {
  const env = { GRAFANA: "first-token", ADMIN: "second-token" };
  const tokens = [
    { name: "grafana", token: "env:GRAFANA" },
    { name: "admin", token: "env:ADMIN" },
  ];
  const { app } = testApi({ tokens }, { env, metrics: new Registry() });

  it("lets the holder of any token pass and nobody else", async () => {
    for (const token of Object.values(env))
      expect((await request(app).get("/api/v1/fields").set("Authorization", `Bearer ${token}`)).status).toBe(200);
    for (const authorization of ["Bearer wrong", "Bearer first-token2", "Basic Zmlyc3QtdG9rZW4=", "Bearer "]) {
      const { status, body, headers } = await request(app).get("/api/v1/fields").set("Authorization", authorization);
      expect(status).toBe(401);
      expect(body.error.code).toBe("UNAUTHORIZED");
      expect(headers["www-authenticate"]).toContain("Bearer");
    }
    expect((await request(app).get("/metrics")).status).toBe(401);
    expect((await request(app).post("/api/v1/query").send("{")).status).toBe(401);
  });

  it("says only up or down without one", async () => {
    expect((await request(app).get("/api/v1/health")).body).toEqual({ status: "up" });
    expect((await request(app).get("/api/v1/health").set("Authorization", "Bearer first-token")).body).toHaveProperty("version");
  });

  it("logs a person in with a cookie that is no token", async () => {
    const page = await request(app).get("/").set("Accept", "text/html");
    expect(page.status).toBe(302);
    expect(page.headers["location"]).toBe("/login");
    expect((await request(app).get("/login")).text).toContain("<form");
    expect((await request(app).post("/login").type("form").send({ token: "wrong" })).status).toBe(401);

    const login = await request(app).post("/login").type("form").send({ token: "second-token" });
    expect(login.status).toBe(303);
    const [cookie] = login.headers["set-cookie"] as unknown as [string];
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain("second-token");
    const session = cookie.split(";")[0]!;
    expect((await request(app).get("/api/v1/fields").set("Cookie", session)).status).toBe(200);
    expect((await request(app).get("/api/v1/fields").set("Cookie", session.replace("admin", "grafana"))).status).toBe(401);
    const later = testApi({ tokens }, { env, now: () => Date.UTC(2099, 0, 1) });
    expect((await request(later.app).get("/api/v1/fields").set("Cookie", session)).status).toBe(401);
  });

  it("are needed on every address but loopback", () => {
    expect(() => checkExposure(apiConfigSchema.parse({}))).not.toThrow();
    expect(() => checkExposure(apiConfigSchema.parse({ host: "127.0.0.2" }))).not.toThrow();
    expect(() => checkExposure(apiConfigSchema.parse({ host: ["127.0.0.1", "0.0.0.0"] }))).toThrow(
      expect.objectContaining({ code: "API_NEEDS_TOKEN" }),
    );
    expect(() => checkExposure(apiConfigSchema.parse({ host: "::", tokens }))).not.toThrow();
  });
});

describe("pages", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-pages-"));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  write("preview/index.html", "<!doctype html><title>page</title>");
  write("preview/assets/main-abc.js", "1");
  write("plugin/module.js", "define([], () => 1)");
  write("dashboards/index.json", JSON.stringify([{ uid: "one", title: "One" }]));
  write("dashboards/one.json", JSON.stringify({ uid: "one" }));
  write("dashboards/package.json", "{}");
  const { app } = testApi({}, { previewDir: `${folder}/preview`, pluginDir: `${folder}/plugin`, dashboardsDir: `${folder}/dashboards` });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are served with a policy that lets only their own scripts run", async () => {
    const page = await request(app).get("/");
    expect(page.text).toContain("<title>page</title>");
    expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
    expect(page.headers["cache-control"]).toBe("no-cache");
    expect((await request(app).get("/assets/main-abc.js")).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect((await request(app).get("/plugin/module.js")).text).toContain("define");
  });

  it("list the dashboards and hand out those, nothing else of the folder", async () => {
    expect((await request(app).get("/dashboards/index.json")).body).toEqual([{ uid: "one", title: "One" }]);
    expect((await request(app).get("/dashboards/one.json")).body).toEqual({ uid: "one" });
    expect((await request(app).get("/dashboards/package.json")).status).toBe(404);
    expect((await request(app).get("/dashboards/..%2Fpreview%2Findex.html")).status).toBe(404);
  });
});
