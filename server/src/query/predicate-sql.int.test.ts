/** ClickHouse and the reference evaluation of model agree on every predicate and every row. */
import {
  evaluatePredicate,
  field,
  RAW_TABLE,
  type CompareOp,
  type FieldName,
  type FlowRow,
  type Network,
  type Predicate,
} from "@sillage/model";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { predicateSql } from "./predicate-sql.ts";
import { printSelect } from "./print-sql.ts";
import { column, fragment } from "./sql-tree.ts";
import { openTestStore, TEST_LIMITS, type TestStore } from "./testing/flow-store.ts";

const V4 = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "192.0.2.200", "0.0.0.0", "255.255.255.255"];
const V6 = ["2001:db8::1", "2001:db8:1::5", "::1", "fe80::1", "::fffe:ffff:ffff", "::1:0:0:0"];
const address = fc.constantFrom(...V4, ...V6);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

/** Few values a field, so that predicates meet rows. 0 is left out where it means "unknown". */
const row: fc.Arbitrary<FlowRow> = fc.record({
  src_addr: maybe(address),
  dst_addr: maybe(address),
  proto: maybe(fc.constantFrom(0, 1, 6, 17)),
  src_port: maybe(fc.constantFrom(0, 22, 443, 65_535)),
  tcp_flags: maybe(fc.constantFrom(0, 2, 18, 27)),
  src_as: maybe(fc.constantFrom(1, 64_512, 4_294_967_295)),
  src_mac: maybe(fc.constantFrom(1, 2 ** 48 - 1)),
  bytes: fc.constantFrom(1n, 1500n, 2n ** 63n, 2n ** 64n - 1n),
  flow_direction: maybe(fc.constantFrom(0, 1)),
});

const numbers: Readonly<Partial<Record<FieldName, readonly (number | bigint)[]>>> = {
  proto: [0, 1, 6, 17, 255],
  src_port: [0, 22, 443, 65_535, 70_000],
  tcp_flags: [0, 2, 18, 27],
  src_as: [0, 1, 64_512, 4_294_967_295],
  src_mac: [0, 1, 2 ** 48 - 1],
  bytes: [1n, 1500, 2n ** 63n, 2n ** 64n - 1n],
  flow_direction: [0, 1, 2],
};
const numberField = fc.constantFrom(...(Object.keys(numbers) as FieldName[]));
const op = fc.constantFrom<CompareOp>("=", "!=", "<", "<=", ">", ">=");

/** Canonical, as the filter language makes them: no bits behind the prefix. */
const network: fc.Arbitrary<Network> = address.chain((text) =>
  fc.integer({ min: 0, max: text.includes(":") ? 128 : 32 }).map((prefix) => {
    const cidr = `${text}/${prefix}`;
    const masked = text.includes(":")
      ? ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String()
      : ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
    return { address: masked, prefix };
  }),
);
/** More networks than single ranges are made for. */
const manyNetworks: readonly Network[] = Array.from({ length: 40 }, (_, i) => ({ address: `10.0.0.${2 * i + 1}`, prefix: 32 }));

const leaf: fc.Arbitrary<Predicate> = fc.oneof(
  numberField.chain((name) =>
    fc.record({ kind: fc.constant("compare" as const), field: fc.constant(name), op, value: fc.constantFrom(...numbers[name]!) }),
  ),
  numberField.chain((name) =>
    fc.record({
      kind: fc.constant("in" as const),
      field: fc.constant(name),
      values: fc.array(fc.constantFrom(...numbers[name]!), { maxLength: 3 }),
    }),
  ),
  fc.record({
    kind: fc.constant("bits" as const),
    field: fc.constant("tcp_flags" as const),
    mask: fc.constantFrom(2, 18, 63),
    value: fc.constantFrom(0, 2, 18),
  }),
  fc.record({
    kind: fc.constant("network" as const),
    field: fc.constantFrom("src_addr" as const, "dst_addr" as const),
    networks: fc.tuple(fc.array(network, { maxLength: 3 }), fc.boolean()).map(([few, many]) => (many ? [...few, ...manyNetworks] : few)),
  }),
  fc.constantFrom<Predicate>({ kind: "true" }, { kind: "false" }),
);

const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constantFrom("and" as const, "or" as const), items: fc.array(tie("predicate"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), item: tie("predicate") }),
  ),
}));

describe("predicateSql", () => {
  let testStore: TestStore;
  // Deterministic: the rows of a failing predicate must be there in the next run too.
  const rows = fc.sample(row, { numRuns: 300, seed: 20_260_101 });

  beforeAll(async () => {
    testStore = await openTestStore();
    await testStore.insert(rows.map((flow, i) => ({ ...flow, time_received: 1_767_225_600_000, template_id: i })));
  });
  afterAll(() => testStore.close());

  it("means what evaluatePredicate means", async () => {
    await fc.assert(
      fc.asyncProperty(predicate, async (wanted) => {
        const statement = printSelect({
          kind: "select",
          columns: [{ expr: column("template_id") }],
          from: RAW_TABLE,
          where: predicateSql(wanted),
        });
        const answer = await testStore.store.query({ ...statement, limits: TEST_LIMITS });
        const got = answer.rows.map(([id]) => Number(id)).sort((a, b) => a - b);
        expect(got).toEqual(rows.flatMap((flow, i) => (evaluatePredicate(wanted, flow) ? [i] : [])));
      }),
      { numRuns: 150 },
    );
  });

  it("keeps IPv4 out of an IPv6 network that ends with the mapped block, in a long list too", async () => {
    for (const networks of [[{ address: "::", prefix: 80 }], [{ address: "::", prefix: 80 }, ...manyNetworks]]) {
      const wanted: Predicate = { kind: "network", field: "src_addr", networks };
      const statement = printSelect({
        kind: "select",
        columns: [{ expr: column("template_id") }],
        from: RAW_TABLE,
        where: predicateSql(wanted),
      });
      const answer = await testStore.store.query({ ...statement, limits: TEST_LIMITS });
      const got = answer.rows.map(([id]) => Number(id)).sort((a, b) => a - b);
      expect(got).toEqual(rows.flatMap((flow, i) => (evaluatePredicate(wanted, flow) ? [i] : [])));
    }
  });

  it("counts what is outside of a network that fills whole granules", async () => {
    const granules = 10 * 8192;
    await testStore.store.command(
      `INSERT INTO flows (time_received, dst_addr) SELECT fromUnixTimestamp64Milli(1767312000000), toIPv6(if(number < ${granules}, '10.0.0.1', '192.0.2.1')) FROM numbers(${granules + 1000})`,
    );
    const network: Predicate = { kind: "network", field: "dst_addr", networks: [{ address: "10.0.0.0", prefix: 8 }] };
    const inside = rows.filter((flow) => evaluatePredicate(network, flow)).length;
    for (const [wanted, count] of [
      [network, granules + inside],
      [{ kind: "not", item: network }, 1000 + rows.length - inside],
      [{ kind: "not", item: { kind: "not", item: network } }, granules + inside],
    ] as [Predicate, number][]) {
      const statement = printSelect({
        kind: "select",
        columns: [{ expr: fragment("count()") }],
        from: RAW_TABLE,
        where: predicateSql(wanted),
      });
      const answer = await testStore.store.query({ ...statement, limits: TEST_LIMITS });
      expect(answer.rows.map(([found]) => Number(found))).toEqual([count]);
    }
  });

  it("reads a field that is never absent as it is", () => {
    expect(field("duration").unknown).toEqual({ kind: "never" });
    expect(
      printSelect({ kind: "select", columns: [], where: predicateSql({ kind: "compare", field: "duration", op: "<", value: 10 }) }).sql,
    ).toContain("WHERE duration < {p0:UInt64}");
  });
});
