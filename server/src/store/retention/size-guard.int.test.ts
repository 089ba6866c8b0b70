/** Retention by size on both back ends: whole days go, the oldest first, and the preview tells the same before. */
import { BACKENDS, openTestStore, type TestStore } from "../testing/backends.ts";
import { enforceSize, measureStore } from "./size-guard.ts";

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
    const all = await measureStore(test.store, 1e12, nowMs);
    expect(all).toMatchObject({ toDrop: [] });
    const rawDay = all.partitions.find(({ table, id }) => table === "flows" && id === "20260501")!;
    const limit = all.usedBytes - rawDay.bytes * 1.5;
    const preview = await measureStore(test.store, limit, nowMs);
    expect(preview.toDrop.map(({ table, id }) => `${table} ${id}`).slice(0, 2)).toEqual(["flows 20260501", "flows 20260502"]);
    expect(await enforceSize(test.store, limit, nowMs)).toEqual(preview.toDrop);
    expect((await measureStore(test.store, limit, nowMs)).usedBytes).toBeLessThanOrEqual(limit);
    expect(await daysOf("traffic_1h")).toEqual([1, 2, 3, 4]);
    expect(await daysOf("flows")).toContain(4);
    expect(await enforceSize(test.store, limit, nowMs)).toEqual([]);
  });
});
