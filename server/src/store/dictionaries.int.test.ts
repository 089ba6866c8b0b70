/** Dictionaries on both back ends, by the example of rates that became known late. */
import { dropLeftovers } from "./dictionaries.ts";
import { LATE_RATES, NETWORKS, replaceRows, type DictionaryRow, type FlowStore } from "./index.ts";
import { BACKENDS, openTestStore, type TestStore } from "./testing/backends.ts";

describe.each(BACKENDS)("dictionaries, %s", (backend) => {
  let test: TestStore;
  beforeAll(async () => (test = await openTestStore(backend)));
  afterAll(() => test.close());

  const rateOf = async (exporter: string): Promise<number> =>
    Number((await test.rows("SELECT dictGetOrDefault('late_rates', 'rate', {a:IPv6}, toUInt32(1))", { a: exporter }))[0]![0]);

  it("find the longest prefix, are replaced as a whole, and are kept over a restart", async () => {
    expect(await rateOf("::ffff:10.1.2.3")).toBe(1);
    await replaceRows(test.store, LATE_RATES, [
      { address: "10.0.0.0", prefix: 8, values: [100] },
      { address: "10.1.0.0", prefix: 16, values: [200] },
      { address: "2001:db8::", prefix: 32, values: [7] },
    ]);
    expect(await Promise.all(["::ffff:10.1.2.3", "::ffff:10.9.0.1", "2001:db8::1", "::ffff:192.0.2.1"].map(rateOf))).toEqual([
      200, 100, 7, 1,
    ]);
    test = await test.reopen();
    expect(await rateOf("::ffff:10.1.2.3")).toBe(200);
    await replaceRows(test.store, LATE_RATES, [{ address: "192.0.2.1", prefix: 32, values: [5] }]);
    expect(await Promise.all(["::ffff:10.1.2.3", "::ffff:192.0.2.1"].map(rateOf))).toEqual([1, 5]);
    await replaceRows(test.store, LATE_RATES, []);
    expect(await rateOf("::ffff:192.0.2.1")).toBe(1);
  });

  const rates = (count: number, rate: number): DictionaryRow[] =>
    Array.from({ length: count }, (_, i) => ({ address: `10.0.${i >> 8}.${i & 255}`, prefix: 32, values: [rate] }));

  it("take any text, and more rows than one statement", async () => {
    const odd = "it's \\ 'a', (1)\n{x:String} \u00e9; --";
    const values = [odd, "internal", "", "", "", "", 5, 1];
    const many = Array.from({ length: 25_000 }, (_, i) => ({ address: `10.${i >> 8}.${i & 255}.0`, prefix: 24, values }));
    await replaceRows(test.store, NETWORKS, many);
    expect(await test.rows("SELECT toUInt32(count()), any(name) FROM networks_source")).toEqual([[25_000, odd]]);
    const found = await test.rows(
      "SELECT dictGet('networks', 'name', a), dictGet('networks', 'criticality', a) FROM (SELECT toIPv6('::ffff:10.97.5.1') AS a)",
    );
    expect(found).toEqual([[odd, 5]]);
  });

  it("change in one step: who reads meanwhile sees all rows before or all rows after", async () => {
    await replaceRows(test.store, LATE_RATES, rates(3_000, 1));
    const seen = new Set<string>();
    let isDone = false;
    const watching = (async () => {
      while (!isDone) seen.add(String((await test.rows("SELECT count(), uniq(rate) FROM late_rates_source"))[0]));
    })();
    for (let i = 0; i < 5; i++) {
      await replaceRows(test.store, LATE_RATES, rates(2_000, 2));
      await replaceRows(test.store, LATE_RATES, rates(3_000, 1));
    }
    isDone = true;
    await watching;
    expect([...seen].sort()).toEqual(expect.arrayContaining(["3000,1"]));
    expect([...seen].filter((one) => one !== "3000,1" && one !== "2000,1")).toEqual([]);
  });

  const stagingTables = async (): Promise<number> =>
    Number((await test.rows("SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE '%\\_next%'"))[0]![0]);

  it("are of one of two servers that change them side by side, never of both", async () => {
    for (let i = 0; i < 5; i++) {
      await Promise.all([
        replaceRows(test.store, LATE_RATES, rates(3_000, 1)),
        replaceRows(test.store, LATE_RATES, rates(2_000, 2)),
        replaceRows(test.store, LATE_RATES, rates(1_000, 3)),
      ]);
      const seen = await test.rows("SELECT toUInt32(count()), toUInt32(any(rate)), toUInt32(uniq(rate)) FROM late_rates_source");
      expect([
        [3_000, 1, 1],
        [2_000, 2, 1],
        [1_000, 3, 1],
      ]).toContainEqual(seen[0]);
    }
    expect(await stagingTables()).toBe(0);
  });

  it.each(["INSERT INTO", "ALTER TABLE", "SYSTEM RELOAD"])(
    "keep the rows before or the new ones when it ends at %s, and nothing of it later",
    async (step) => {
      await replaceRows(test.store, LATE_RATES, rates(3, 7));
      let isDead = false;
      const dying: Pick<FlowStore, "command"> = {
        command: (sql, options) => {
          isDead ||= sql.startsWith(step);
          return isDead ? Promise.reject(new Error("killed")) : test.store.command(sql, options);
        },
      };
      await expect(replaceRows(dying, LATE_RATES, rates(5, 8))).rejects.toThrow("killed");
      test = await test.reopen();
      expect(await rateOf("::ffff:10.0.0.1")).toBe(step === "SYSTEM RELOAD" ? 8 : 7);
      await replaceRows(test.store, LATE_RATES, rates(1, 9));
      expect(await test.rows("SELECT toUInt32(count()), any(rate) FROM late_rates_source")).toEqual([[1, 9]]);
      const target = { command: (sql: string) => test.store.command(sql), rows: (sql: string) => test.store.ownRows(sql) };
      const left = step === "SYSTEM RELOAD" ? 0 : 1;
      await dropLeftovers(target);
      expect(await stagingTables()).toBe(left);
      await dropLeftovers(target, 0);
      expect(await stagingTables()).toBe(0);
    },
  );
});
