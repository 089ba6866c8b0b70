import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createStore } from "./clickhouse-store.ts";
import { storeConfigSchema } from "./config.ts";
import { loaderConfigSchema } from "./loader/config.ts";
import { createLoader } from "./loader/loader.ts";
import { openTestStore, type TestStore } from "./testing/backends.ts";
import { ROLLUP_TABLES } from "./schema/tables.ts";
import { rawTotals, rollupDifferences, totalsOf } from "./testing/exactly-once.ts";
import { startHttpHelper } from "./testing/http-helper.ts";
import { writeFlows } from "./testing/segments.ts";

describe("a ClickHouse server that misbehaves", () => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore("http");
  });
  afterAll(() => db.close());
  afterEach(() => {
    delete db.helper!.faults.before;
    delete db.helper!.faults.after;
  });

  const isInsert = (sql: string): boolean => sql.startsWith("INSERT INTO `flows`");

  it("is unavailable, not wrong, when it cuts the connection", async () => {
    db.helper!.faults.before = () => {
      throw new Error("cut");
    };
    await expect(db.rows("SELECT 1")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", kind: "unavailable" });
    expect(await db.store.health()).toMatchObject({ up: false });
    delete db.helper!.faults.before;
    expect(await db.store.health()).toMatchObject({ up: true });
  });

  it("loses nothing while it is down, and catches up by itself", async () => {
    db.helper!.faults.before = () => {
      throw new Error("down");
    };
    await writeFlows(db.dataFolder.spool, 100, { sequence: 0 });
    const loader = createLoader(loaderConfigSchema.parse({ pollEvery: "20ms" }), { store: db.store, paths: db.dataFolder });
    loader.start();
    while (loader.stats().errors === 0) await sleep(20);
    await writeFlows(db.dataFolder.spool, 100, { sequence: 1, offset: 100 });
    while (loader.stats().backlogSegments < 2) await sleep(20);
    expect(loader.stats()).toMatchObject({ backlogRows: 200, quarantined: 0, failing: expect.any(String) as string });
    delete db.helper!.faults.before;
    while (loader.stats().loadedRows < 200) await sleep(20);
    await loader.stop(10_000);
    expect(await rawTotals(db)).toEqual(totalsOf(200));
    expect(await rollupDifferences(db)).toEqual([]);
    expect(loader.stats()).toMatchObject({ backlogSegments: 0, failing: undefined });
    expect(await readdir(path.join(db.dataFolder.spool, "test"))).toEqual([]);
  });

  it("stores a batch once when it applies an insert and cuts the connection before the answer", async () => {
    await db.store.command("TRUNCATE TABLE flows");
    for (const { name } of ROLLUP_TABLES) await db.store.command(`TRUNCATE TABLE ${name}`);
    let cuts = 3;
    db.helper!.faults.after = (sql) => {
      if (isInsert(sql) && cuts-- > 0) throw new Error("cut");
    };
    await writeFlows(db.dataFolder.spool, 1000, { sequence: 10 });
    const loader = createLoader(loaderConfigSchema.parse({}), { store: db.store, paths: db.dataFolder });
    for (let i = 0; i < 3; i++) await expect(loader.runOnce()).rejects.toThrow();
    expect(await loader.runOnce()).toBe(1000);
    expect(await rawTotals(db)).toEqual(totalsOf(1000));
    expect(await rollupDifferences(db)).toEqual([]);
  });

  it("sends inserts compressed and settings with every statement", () => {
    const insert = db.helper!.requests.filter(({ sql }) => isInsert(sql)).at(-1)!;
    expect(insert.encoding).toBe("gzip");
    expect(insert.settings).toMatchObject({
      insert_deduplication_token: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      max_insert_threads: "1",
    });
  });

  it("hears of a query that hangs after its time", async () => {
    db.helper!.faults.before = (sql) => (sql.includes("hangs") ? sleep(3_000, undefined, { ref: false }) : undefined);
    await expect(db.store.query({ sql: "SELECT 'hangs'", params: {}, limits: { ...db.limits, maxSeconds: 0.1 } })).rejects.toMatchObject({
      code: "QUERY_TIMEOUT",
    });
  });
});

describe("a ClickHouse server with a password", () => {
  it("is asked with user and password, and a wrong one is said clearly", async () => {
    const helper = await startHttpHelper({ user: "sillage", password: "it's \\ secret" });
    try {
      const config = storeConfigSchema.parse({
        kind: "http",
        url: helper.url,
        user: "sillage",
        password: "env:CH_PASSWORD",
        database: "other_name",
        compression: false,
      });
      await expect(createStore(config, { env: { CH_PASSWORD: "guess" } })).rejects.toMatchObject({ code: "STORE_DENIED", kind: "config" });
      const store = await createStore(config, { env: { CH_PASSWORD: "it's \\ secret" } });
      const answer = await store.query({
        sql: "SELECT currentDatabase(), count() FROM flows",
        params: {},
        limits: { maxSeconds: 60, maxMemoryBytes: 1e9, maxRowsToRead: 1e6, maxResultRows: 10 },
      });
      expect(answer.rows).toEqual([["other_name", "0"]]);
      await store.close();
      await expect(createStore(config, { env: {} })).rejects.toMatchObject({ code: "CONFIG_SECRET" });
    } finally {
      await helper.stop();
    }
  });

  it("is unavailable at the start when nobody listens", async () => {
    const config = storeConfigSchema.parse({ kind: "http", url: "http://127.0.0.1:9" });
    await expect(createStore(config)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", kind: "unavailable" });
  });
});
