/** Rates that became known late, on both back ends. */
import { replaceLateRates } from "./index.ts";
import { BACKENDS, openTestStore, type TestStore } from "./testing/backends.ts";

describe.each(BACKENDS)("late sampling rates, %s", (backend) => {
  let test: TestStore;
  beforeAll(async () => (test = await openTestStore(backend)));
  afterAll(() => test.close());

  const rateOf = async (exporter: string): Promise<number> =>
    Number((await test.rows("SELECT dictGetOrDefault('late_rates', 'rate', {a:IPv6}, toUInt32(1))", { a: exporter }))[0]![0]);

  it("are found by the longest prefix, replaced as a whole, and kept over a restart", async () => {
    const options = { database: test.config.database };
    await replaceLateRates(
      test.store,
      [
        { address: "10.0.0.0", prefix: 8, rate: 100 },
        { address: "10.1.0.0", prefix: 16, rate: 200 },
        { address: "2001:db8::", prefix: 32, rate: 7 },
      ],
      options,
    );
    expect(await Promise.all(["::ffff:10.1.2.3", "::ffff:10.9.0.1", "2001:db8::1", "::ffff:192.0.2.1"].map(rateOf))).toEqual([
      200, 100, 7, 1,
    ]);
    test = await test.reopen();
    expect(await rateOf("::ffff:10.1.2.3")).toBe(200);
    await replaceLateRates(test.store, [{ address: "192.0.2.1", prefix: 32, rate: 5 }], options);
    expect(await Promise.all(["::ffff:10.1.2.3", "::ffff:192.0.2.1"].map(rateOf))).toEqual([1, 5]);
    await replaceLateRates(test.store, [], options);
    expect(await rateOf("::ffff:192.0.2.1")).toBe(1);
  });
});
