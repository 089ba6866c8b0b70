/** Lists of addresses travel in one parameter, whose length ClickHouse bounds by HTTP. */
import type { Aggregation } from "./aggregate-sql.ts";
import { Execution } from "./execution.ts";
import { planQuery } from "./plan.ts";
import { rankByAddress } from "./rank-by-address.ts";
import { recordingStore } from "./testing/recording-store.ts";

const LIMITS = { maxSeconds: 30, maxMemoryBytes: 2 ** 30, maxRowsToRead: 1e9, maxResultRows: 50_000 };
/** Characters of http_max_field_value_size. */
const MOST_CHARACTERS = 131_072;

it("asks for no more addresses than a parameter holds, each of full length", async () => {
  const addresses = Array.from({ length: 10_000 }, (_, i) => `2001:${"dbdb:".repeat(6)}${(0x1000 + i).toString(16)}`);
  const dimensions = [{ field: "src_addr" }, { field: "dst_addr" }];
  const predicate = { kind: "true" } as const;
  const plan = planQuery({ range: { fromMs: 0, toMs: 3_600_000 }, predicate, dimensions, measures: ["bytes"] });
  const aggregation: Aggregation = { plan, predicate, scaling: "stored", dimensions, rank: { totalIndex: 0, desc: true, limit: 1 } };
  const lengths: number[] = [];
  for (const many of [2_000, 2_900, 3_000, 3_050, 3_200, 4_900]) {
    // So many addresses have as much as the last group that is wanted.
    const store = recordingStore([
      ["GROUP BY d0, d1", [[addresses[0], addresses[0], 5]]],
      ["GROUP BY d0", addresses.map((address, i) => [address, i < many ? 5 : 1])],
    ]);
    const rows = await rankByAddress(aggregation, new Execution({ store, limits: LIMITS, nowMs: 0 }));
    expect(rows === undefined).toBe(many > 3_000);
    lengths.push(...store.requests.flatMap(({ params }) => Object.values(params).map((bound) => JSON.stringify(bound).length)));
  }
  expect(Math.max(...lengths)).toBeGreaterThan(100_000);
  expect(Math.max(...lengths)).toBeLessThan(MOST_CHARACTERS);
});
