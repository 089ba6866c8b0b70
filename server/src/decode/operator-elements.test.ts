import { elementText } from "./kept-elements.ts";
import type { KeptType } from "./elements/element-type.ts";
import type { OperatorElement } from "./operator-element.ts";
import { TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, netflow9, set, template, type Spec } from "./testing/messages.ts";

const VENDOR = 4_242_424;
const latency: OperatorElement = { enterprise: VENDOR, id: 1, name: "latency", type: "unsigned32", keep: true };
const host: OperatorElement = { enterprise: VENDOR, id: 2, name: "host", type: "string", column: "http_host" };

const message = (fields: readonly (readonly [id: number, value: string, enterprise?: number])[]): Uint8Array => {
  const specs = fields.map(([id, value, enterprise]): Spec => [id, hex(value).length, enterprise] as unknown as Spec);
  return ipfix([set(2, template(256, specs)), set(256, concat(...fields.map(([, value]) => hex(value))))]);
};
const SOURCE = [8, "0a000001"] as const;

describe("elements that the operator declares", () => {
  it("fill the column they are declared for, behind the registry's elements", () => {
    const decoder = new TestDecoder({ elements: [host] });
    expect(decoder.decode(message([SOURCE, [2, "612e62", VENDOR]]))).toMatchObject([{ http_host: "a.b", extra: null }]);
    expect(decoder.decode(message([SOURCE, [2, "612e62", VENDOR], [460, "632e64"]]))).toMatchObject([{ http_host: "c.d" }]); // prettier-ignore
    expect(decoder.decoder.ignoredElements()).toEqual([]);
  });

  it("fill columns of numbers and addresses", () => {
    const decoder = new TestDecoder({
      elements: [
        { enterprise: VENDOR, id: 3, name: "in", type: "unsigned64", column: "bytes" },
        { enterprise: VENDOR, id: 4, name: "nat", type: "ipv4Address", column: "nat_src_addr" },
        { enterprise: VENDOR, id: 5, name: "vlan", type: "unsigned16", column: "src_vlan" },
      ],
    });
    const fields = [SOURCE, [3, "0100", VENDOR], [4, "c0000201", VENDOR], [5, "6064", VENDOR]] as const;
    expect(decoder.decode(message(fields))).toMatchObject([{ bytes: 256, nat_src_addr: "192.0.2.1", src_vlan: 100 }]);
  });

  it("are kept as text under their names, each record its own", () => {
    const decoder = new TestDecoder({ elements: [latency, { ...host, keep: true }] });
    const specs: Spec[] = [
      [8, 4],
      [1, 4, VENDOR],
      [2, 65_535, VENDOR],
    ];
    const rows = decoder.decode(
      ipfix([set(2, template(256, specs)), set(256, hex("0a000001 0000002a 03612e62 0a000002 00000000 00 0a000003 00000001 0163"))]),
    );
    expect(rows.map(({ extra }) => extra)).toEqual([{ latency: "42", host: "a.b" }, { latency: "0" }, { latency: "1", host: "c" }]);
  });

  it("are kept in both rows of a biflow", () => {
    const decoder = new TestDecoder({ elements: [latency] });
    const fields = [SOURCE, [1, "0000002a", VENDOR], [1, "00000064"], [1, "000000c8", 29_305]] as const;
    const rows = decoder.decode(message(fields));
    expect(rows.map(({ bytes, extra }) => [bytes, extra])).toEqual([
      [100, { latency: "42" }],
      [200, { latency: "42" }],
    ]);
  });

  it("are the same by any of their numbers", () => {
    const decoder = new TestDecoder({ elements: [{ enterprise: 0, id: 57_590, name: "l7", type: "unsigned16", keep: true }] });
    expect(decoder.decode(netflow9([set(0, template(256, [[8, 4], [57_590, 2]])), set(256, hex("0a000001 0007"))]))).toMatchObject([{ extra: { l7: "7" } }]); // prettier-ignore
    expect(decoder.decode(message([SOURCE, [118, "0007", 35_632]]))).toMatchObject([{ extra: { l7: "7" } }]);
  });

  it("are kept inside structured lists", () => {
    const decoder = new TestDecoder({ elements: [latency] });
    const specs: Spec[] = [
      [8, 4],
      [291, 65_535],
    ];
    const list = hex("0a000001 0d ff 8001 0004 0040bbf8 0000002a");
    expect(decoder.decode(ipfix([set(2, template(256, specs)), set(256, list)]))).toMatchObject([{ extra: { latency: "42" } }]);
  });

  it("are named in the list of the ignored where they have no column and are not kept", () => {
    const decoder = new TestDecoder({ elements: [{ enterprise: VENDOR, id: 9, name: "mood", type: "string" }] });
    decoder.decode(message([SOURCE, [9, "00", VENDOR]]));
    expect(decoder.decoder.ignoredElements()).toMatchObject([{ enterprise: VENDOR, id: 9, name: "mood" }]);
  });

  it("change while templates are known", () => {
    const decoder = new TestDecoder();
    const data = message([SOURCE, [1, "0000002a", VENDOR]]);
    expect(decoder.decode(data)).toMatchObject([{ extra: null }]);
    decoder.decoder.configure({ elements: [latency] });
    expect(decoder.decode(data)).toMatchObject([{ extra: { latency: "42" } }]);
    decoder.decoder.configure({ elements: undefined });
    expect(decoder.decode(data)).toMatchObject([{ extra: null }]);
  });
});

it.each([
  ["unsigned8", "ff", "255"],
  ["unsigned64", "ffffffffffffffff", "18446744073709551615"],
  ["unsigned32", "0100", "256"], // reduced size
  ["unsigned64", "010203040506070809", "010203040506070809"],
  ["signed8", "ff", "-1"],
  ["signed64", "fffe", "-2"],
  ["float32", "3fc00000", "1.5"],
  ["float64", "3fc00000", "1.5"],
  ["float64", "3ff8000000000000", "1.5"],
  ["boolean", "01", "true"],
  ["boolean", "02", "false"],
  ["boolean", "03", "03"],
  ["ipv4Address", "c0000201", "192.0.2.1"],
  ["ipv4Address", "c00002", "c00002"],
  ["ipv6Address", "20010db8000000000000000000000001", "2001:db8::1"],
  ["macAddress", "02005e100001", "02:00:5e:10:00:01"],
  ["string", "61620000", "ab"],
  ["string", "61ff62", "a\ufffdb"],
  ["octetArray", "dead00ff", "dead00ff"],
  ["dateTimeSeconds", "6ab13b80", "2026-09-21T14:13:20.000Z"],
  ["dateTimeMilliseconds", "000001a0c4506c00", "2026-09-21T14:13:20.000Z"],
  ["dateTimeMilliseconds", "ffffffffffffffff", "18446744073709551615"],
  ["dateTimeMicroseconds", "ee5bba0080000000", "2026-09-21T14:13:20.500Z"],
  ["dateTimeNanoseconds", "00000001", "00000001"],
] as [KeptType, string, string][])("writes a %s of %s as %s", (type, bytes, want) => {
  expect(elementText(type)(hex(bytes))).toBe(want);
});
