import { TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, set, template, type Spec } from "./testing/messages.ts";

type Field = readonly [element: number, value: string, enterprise?: number];

/** Rows of IPFIX records of the same fields. */
function decode(...records: readonly (readonly Field[])[]): { rows: Record<string, unknown>[]; decoder: TestDecoder } {
  const decoder = new TestDecoder({}, 7);
  const specs = records[0]!.map(([id, value, enterprise]): Spec => [id, hex(value).length, enterprise] as unknown as Spec);
  const values = records.map((fields) => concat(...fields.map(([, value]) => hex(value))));
  return { rows: decoder.decode(ipfix([set(2, template(256, specs)), set(256, concat(...values))])), decoder };
}

const KEYS: readonly Field[] = [
  [8, "0a000001"],
  [12, "0a000002"],
  [7, "c000"],
  [11, "0035"],
  [4, "11"],
  [10, "00000003"],
  [14, "00000004"],
];
const ANSWER = { src_addr: "10.0.0.2", dst_addr: "10.0.0.1", src_port: 53, dst_port: 49_152, proto: 17, in_if: 4, out_if: 3, flows: 1 };
const REQUEST = { src_addr: "10.0.0.1", dst_addr: "10.0.0.2", src_port: 49_152, dst_port: 53, proto: 17, in_if: 3, out_if: 4, flows: 1 };

describe("a record of two directions", () => {
  it.each([
    {
      name: "reverse elements of RFC 5103",
      fields: [
        [1, "0064"],
        [2, "02"],
        [1, "00c8", 29_305],
        [2, "03", 29_305],
      ],
    },
    {
      name: "reverse totals",
      fields: [
        [85, "0064"],
        [86, "02"],
        [85, "00c8", 29_305],
        [86, "03", 29_305],
      ],
    },
    {
      name: "initiator and responder",
      fields: [
        [231, "0064"],
        [298, "02"],
        [232, "00c8"],
        [299, "03"],
      ],
    },
    {
      name: "Ixia's counters",
      fields: [
        [1, "0064"],
        [2, "02"],
        [176, "00c8", 3_054],
        [177, "03", 3_054],
      ],
    },
  ] as { name: string; fields: Field[] }[])("becomes two rows with the sides swapped: $name", ({ fields }) => {
    const { rows, decoder } = decode([...KEYS, ...fields]);
    expect(rows).toMatchObject([
      { ...REQUEST, bytes: 100, packets: 2, biflow_direction: 1 },
      { ...ANSWER, bytes: 200, packets: 3, biflow_direction: 2 },
    ]);
    expect(decoder.stats()).toMatchObject({ dataRecords: 1, rows: 2 });
    expect(decoder.decoder.ignoredElements()).toEqual([]);
  });

  it("is one row where nobody answered", () => {
    const counters = (forward: string, reverse: string): Field[] => [...KEYS, [1, forward], [1, reverse, 29_305]];
    const { rows, decoder } = decode(
      counters("0001", "0000"),
      counters("0002", "0003"),
      counters("0004", "0000"),
      counters("0005", "0006"),
    );
    expect(rows.map(({ bytes, src_port: port, biflow_direction: direction }) => [bytes, port, direction])).toEqual([
      [1, 49_152, 1],
      [2, 49_152, 1],
      [3, 53, 2],
      [4, 49_152, 1],
      [5, 49_152, 1],
      [6, 53, 2],
    ]);
    expect(decoder.stats()).toMatchObject({ dataRecords: 4, rows: 6 });
  });

  it("gives the answer what the record says of it, and nothing that it does not", () => {
    const { rows } = decode([
      ...KEYS,
      [1, "01"],
      [1, "02", 29_305],
      [6, "02"],
      [6, "12", 29_305],
      [5, "b8"],
      [52, "40"],
      [16, "0000fde8"],
      [17, "0000fde9"],
      [9, "18"],
      [13, "10"],
      [58, "0064"],
      [59, "0065"],
      [56, "02005e100001"],
      [57, "02005e100002"],
      [225, "c0000201"],
      [227, "2710"],
      [15, "0a0000fe"],
      [371, "626f62"],
      [148, "0007"],
      [136, "03"],
    ]);
    expect(rows).toMatchObject([
      { tcp_flags: 2, tos: 0xb8, ttl_min: 64, src_as: 65_000, dst_as: 65_001, src_mask: 24, dst_mask: 16, src_vlan: 100, dst_vlan: 101 },
      { tcp_flags: 18, tos: null, ttl_min: 0, src_as: 65_001, dst_as: 65_000, src_mask: 16, dst_mask: 24, src_vlan: 101, dst_vlan: 100 },
    ]);
    expect(rows).toMatchObject([
      {
        src_mac: "02:00:5e:10:00:01",
        dst_mac: "02:00:5e:10:00:02",
        nat_src_addr: "192.0.2.1",
        nat_src_port: 10_000,
        next_hop: "10.0.0.254",
      },
      { src_mac: "02:00:5e:10:00:02", dst_mac: "02:00:5e:10:00:01", nat_dst_addr: "192.0.2.1", nat_dst_port: 10_000, next_hop: null },
    ]);
    expect(rows).toMatchObject([1, 2].map(() => ({ user: "bob", flow_id: 7, end_reason: 3 })));
  });

  it("has the times of the conversation, or those of the answer where it says them", () => {
    const u64 = (ms: number): string => ms.toString(16).padStart(16, "0");
    const [start, end] = [1_789_999_990_000, 1_789_999_995_000];
    const times: Field[] = [...KEYS, [1, "01"], [1, "01", 29_305], [152, u64(start)], [153, u64(end)]];
    const iso = (ms: number): string => new Date(ms).toISOString();
    expect(decode(times).rows[1]).toMatchObject({ time_start: iso(start), time_end: iso(end), time_source: "absolute" });
    expect(decode([...times, [152, u64(start + 9), 29_305]]).rows[1]).toMatchObject({ time_start: iso(start + 9), time_end: iso(end) });
    expect(decode([...times, [21, "00000028", 6_871]]).rows).toMatchObject([
      { time_start: iso(start) },
      { time_start: iso(start + 40), time_end: iso(end) },
    ]);
  });

  it("names the initiator as the record does", () => {
    const fields: Field[] = [...KEYS, [1, "01"], [1, "02", 29_305]];
    expect(decode([...fields, [239, "02"]]).rows).toMatchObject([{ biflow_direction: 2 }, { biflow_direction: 1 }]);
    expect(decode([...fields, [239, "01"]]).rows).toMatchObject([{ biflow_direction: 1 }, { biflow_direction: 2 }]);
  });

  it("swaps addresses of IPv6, and tells each record's family", () => {
    const [a, b, none] = ["20010db8000000000000000000000001", "20010db8000000000000000000000002", "0".repeat(32)];
    const fields = (v4: string, [src, dst]: readonly string[]): Field[] => [
      [8, v4],
      [12, v4],
      [27, src!],
      [28, dst!],
      [1, "01"],
      [1, "02", 29_305],
    ];
    expect(decode(fields("00000000", [a, b]), fields("0a000001", [none, none])).rows).toMatchObject([
      { src_addr: "2001:db8::1", dst_addr: "2001:db8::2", ip_version: 6 },
      { src_addr: "2001:db8::2", dst_addr: "2001:db8::1", ip_version: 6 },
      { src_addr: "10.0.0.1", ip_version: 4 },
      { src_addr: "10.0.0.1", ip_version: 4 },
    ]);
  });

  it("leaves reverse elements without a reverse counter among the ignored", () => {
    const { rows, decoder } = decode([...KEYS, [1, "01"], [5, "02", 29_305]]);
    expect(rows).toHaveLength(1);
    expect(decoder.decoder.ignoredElements()).toMatchObject([{ enterprise: 29_305, id: 5, name: "reverseIpClassOfService" }]);
  });

  it("costs its records only where the batch has no room for both rows", () => {
    const decoder = new TestDecoder({}, 1);
    const layout = template(256, [
      [8, 4],
      [1, 4],
      [1, 4, 29_305],
    ]);
    expect(decoder.decode(ipfix([set(2, layout), set(256, hex("0a000001 00000001 00000002"))]))).toHaveLength(0);
    expect(decoder.stats()).toMatchObject({ dropped: { sink_full: 1 }, droppedBytes: { sink_full: 12 } });
  });
});
