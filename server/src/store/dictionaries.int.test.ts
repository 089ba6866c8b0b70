/** Dictionaries on both back ends, by the example of rates that became known late. */
import { LATE_RATES, replaceRows } from "./index.ts";
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
});
