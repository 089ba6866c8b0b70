/** The lock around migrations of a ClickHouse server: several programs that start at once, and one that died while it held it. */
import { createStore } from "../clickhouse-store.ts";
import { openTestStore, type TestStore } from "../testing/backends.ts";
import { rollupDifferences } from "../testing/exactly-once.ts";
import { LATEST_SCHEMA_VERSION, type MigrationTarget } from "./migrations.ts";
import { withSchemaLock, type LockTimes } from "./schema-lock.ts";

const TIMES: LockTimes = { pollMs: 20, beatMs: 50, silenceMs: 400 };
const LOCKS = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_lock'";

describe("the lock of a ClickHouse server's schema", () => {
  let db: TestStore;
  let target: MigrationTarget;
  beforeAll(async () => {
    db = await openTestStore("http");
    target = { command: (sql) => db.store.command(sql), rows: (sql) => db.store.ownRows(sql) };
  });
  afterAll(() => db.close());
  const locked = <T>(work: () => Promise<T>): Promise<T> => withSchemaLock(target, (sql) => db.store.command(sql), work, TIMES);

  it("lets one work at a time, and the next as soon as it is done or has failed", async () => {
    let [running, most] = [0, 0];
    const work = (fails: boolean) => async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 60));
      running--;
      if (fails) throw new Error("no luck");
    };
    const ends = await Promise.allSettled([false, true, false, false].map((fails) => locked(work(fails))));
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(most).toBe(1);
    expect(await db.rows(LOCKS)).toEqual([["0"]]);
  });

  it.each([
    { name: "", leapMs: 0 },
    { name: ", whatever the clock does while the machine sleeps", leapMs: 60_000 },
  ])("waits for a holder that lives, and takes the lock of one that died$name", async ({ leapMs }) => {
    const now = performance.now.bind(performance);
    let leaps = 0;
    const clock = jest.spyOn(performance, "now").mockImplementation(() => now() + leapMs * leaps++);
    await db.store.command("CREATE TABLE schema_lock (beat UInt8) ENGINE = Memory COMMENT 'somebody'");
    let isAlive = true;
    const life = (async () => {
      for (let beat = 0; beat < 10; beat++) {
        await db.store.command("INSERT INTO schema_lock VALUES (1)");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      isAlive = false;
    })();
    expect(await locked(() => Promise.resolve(isAlive))).toBe(false);
    await life;
    clock.mockRestore();
    expect(await db.rows(LOCKS)).toEqual([["0"]]);
  });

  it("leaves a lock alone that was taken over", async () => {
    await locked(async () => {
      await db.store.command("DROP TABLE schema_lock");
      await db.store.command("CREATE TABLE schema_lock (beat UInt8) ENGINE = Memory COMMENT 'the next'");
    });
    expect(await db.rows(LOCKS)).toEqual([["1"]]);
    await db.store.command("DROP TABLE schema_lock");
  });

  it("makes two servers that start at once fill a new rollup once", async () => {
    await db.store
      .command(`INSERT INTO flows (time_received, exporter, src_addr, dst_addr, proto, src_port, dst_port, bytes, packets, flows)
      SELECT toDateTime64('2026-05-01 00:00:00', 3, 'UTC') + number, toIPv6('192.0.2.1'), toIPv6(concat('10.0.0.', toString(number % 200))),
        toIPv6('198.51.100.7'), 6, 40000, 443, number, 1, 1 FROM numbers(20000)`);
    await db.store.command("DROP VIEW pairs_1h_view");
    await db.store.command("DROP TABLE pairs_1h");
    await db.store.command("ALTER TABLE schema_migrations DELETE WHERE version >= 2 SETTINGS mutations_sync = 1");
    const stores = await Promise.all([createStore(db.config), createStore(db.config), createStore(db.config)]);
    for (const store of stores) await store.close();
    expect(await db.rows("SELECT toUInt32(uniqExact(version)), toUInt32(count()) FROM schema_migrations")).toEqual([
      [LATEST_SCHEMA_VERSION, LATEST_SCHEMA_VERSION],
    ]);
    expect(await rollupDifferences(db)).toEqual([]);
    expect(await db.rows(LOCKS)).toEqual([["0"]]);
  });

  it("is not even made in a database that a newer program has migrated", async () => {
    await db.store.command("INSERT INTO schema_migrations (version, name) VALUES (999, 'from the future')");
    const before = db.helper!.requests.length;
    await expect(createStore(db.config)).rejects.toMatchObject({ code: "DATA_NEWER" });
    expect(db.helper!.requests.slice(before).filter(({ sql }) => /^(CREATE TABLE|ALTER|INSERT|DROP)/.test(sql))).toEqual([]);
  });
});
