/** Retention by size on both back ends: whole days go, the oldest first, and the preview tells the same before. */
import { BACKENDS, openTestStore, type TestStore } from "../testing/backends.ts";
import { measureStore } from "./measure-store.ts";
import { capPartSize, enforceSize, planSizeDrop } from "./size-guard.ts";

describe.each(BACKENDS)("retention by size, %s", (backend) => {
  let test: TestStore;
  beforeAll(async () => (test = await openTestStore(backend)));
  afterAll(() => test.close());

  it("drops the oldest days of raw flows until there is room, and keeps today and the rollups of years", async () => {
    const nowMs = Date.parse("2026-05-04T12:00:00Z");
    await test.store.command(`INSERT INTO flows (time_received, src_addr, dst_addr, bytes, flows)
      SELECT toDateTime64('2026-05-01 06:00:00', 3, 'UTC') + intDiv(number, 20000) * 86400, toIPv6(concat('10.0.', toString(rand() % 256), '.', toString(rand(1) % 256))),
        toIPv6(concat('198.51.', toString(rand(2) % 256), '.', toString(rand(3) % 256))), rand(4), 1 FROM numbers(80000)`);
    const daysOf = async (table: string): Promise<unknown> =>
      (
        await test.rows(`SELECT DISTINCT toDayOfMonth(${table === "flows" ? "time_received" : "time_slot"}) AS d FROM ${table} ORDER BY d`)
      ).map(([day]) => day);
    // Every flow of the test is a pair of its own; elsewhere raw flows take the most.
    for (const table of ["pairs_1h", "hosts_5m", "ports_5m"]) await test.store.command(`TRUNCATE TABLE ${table}`);
    const all = await measureStore(test.store);
    expect(planSizeDrop(all, 1e12, nowMs)).toEqual([]);
    const rawDay = all.partitions.find(({ table, id }) => table === "flows" && id === "20260501")!;
    const limit = all.usedBytes - rawDay.bytes * 1.5;
    const preview = planSizeDrop(all, limit, nowMs);
    expect(preview.map(({ table, id }) => `${table} ${id}`).slice(0, 2)).toEqual(["flows 20260501", "flows 20260502"]);
    const merged = new Error("no such part");
    const stubborn = {
      ownRows: (sql: string) => test.store.ownRows(sql),
      command: (sql: string) => (sql.includes("'20260501'") ? Promise.reject(merged) : Promise.resolve()),
    };
    expect(await enforceSize(stubborn, limit, nowMs)).toMatchObject({
      dropped: preview.filter(({ id }) => id !== "20260501"),
      failure: merged,
    });
    expect((await enforceSize(test.store, limit, nowMs)).dropped).toEqual(preview);
    expect((await measureStore(test.store)).usedBytes).toBeLessThanOrEqual(limit);
    expect(await daysOf("traffic_1h")).toEqual([1, 2, 3, 4]);
    expect(await daysOf("flows")).toContain(4);
    expect((await enforceSize(test.store, limit, nowMs)).dropped).toEqual([]);
  });

  it("drops the oldest parts of the running day when it alone is too much", async () => {
    const nowMs = Date.parse("2026-05-04T12:00:00Z");
    await capPartSize(test.store, 200 * 2 ** 20);
    await capPartSize(test.store, 200 * 2 ** 20);
    expect(
      await test.rows(
        "SELECT count() FROM system.tables WHERE name = 'flows' AND create_table_query LIKE '%merge_at_max_space_in_pool = 10485760%'",
      ),
    ).toEqual([["1"]]);
    await test.store.command("SYSTEM STOP MERGES flows");
    for (const hour of [1, 2, 3]) {
      await test.store
        .command(`INSERT INTO flows (time_received, src_addr, dst_addr, bytes, flows) SELECT toDateTime64('2026-05-04 0${hour}:00:00', 3, 'UTC'),
        toIPv6(toString(toIPv4(rand()))), toIPv6(toString(toIPv4(rand(1)))), rand(2), 1 FROM numbers(200000)`);
    }
    const { partitions, usedBytes } = await measureStore(test.store);
    const parts = partitions.find(({ table, id }) => table === "flows" && id === "20260504")!.parts;
    const oldest = parts.find(({ newestMs }) => newestMs === Date.parse("2026-05-04T01:00:00Z"))!;
    const whole = planSizeDrop({ partitions, usedBytes, diskBytes: 0, freeBytes: 0 }, 1, nowMs).filter(({ part }) => part === undefined);
    const limit = (usedBytes - whole.reduce((sum, { bytes }) => sum + bytes, 0) - oldest.bytes / 2) / 0.95;
    const { dropped } = await enforceSize(test.store, limit, nowMs);
    expect(dropped.filter(({ part, table }) => part !== undefined && table === "flows").map(({ part }) => part)).toContain(oldest.name);
    expect(
      await test.rows(
        "SELECT DISTINCT toHour(time_received) FROM flows WHERE time_received >= '2026-05-04 01:00:00' AND bytes > 0 AND toHour(time_received) < 6 ORDER BY 1",
      ),
    ).toEqual([[2], [3]]);
  });
});
