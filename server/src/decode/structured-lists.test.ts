import fc from "fast-check";
import { TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, set, template, type Spec } from "./testing/messages.ts";

const CERT = 6_871;
const FLOW: readonly Spec[] = [
  [8, 4],
  [12, 4],
  [4, 1],
];
const KEYS = hex("0a000001 0a000002 06");
const VARLEN = 65_535;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);
/** A value of variable length. */
const sized = (value: Uint8Array): Uint8Array =>
  concat(value.length < 255 ? Uint8Array.of(value.length) : concat(hex("ff"), u16(value.length)), value);
/** Semantic "undefined", in front of each list's content. */
const SEMANTIC = hex("ff");
const basicList = (id: number, length: number, values: Uint8Array, enterprise?: Uint8Array): Uint8Array =>
  concat(SEMANTIC, u16(enterprise ? id | 0x8000 : id), u16(length), enterprise ?? hex(""), values);
const subTemplateList = (id: number, records: Uint8Array): Uint8Array => concat(SEMANTIC, u16(id), records);
const multiList = (...blocks: readonly (readonly [id: number, records: Uint8Array])[]): Uint8Array =>
  concat(SEMANTIC, ...blocks.map(([id, records]) => concat(u16(id), u16(records.length + 4), records)));
const PEN_CERT = hex("00001ad7");

/** Templates of list records: TCP details (flags of the first packet, of the rest, reverse ones), a DNS name with an answer, TLS. */
const TCP = template(400, [
  [14, 2, CERT],
  [15, 2, CERT],
  [14 | 0x4000, 2, CERT],
  [184, 4],
]);
const DNS = template(401, [
  [179, VARLEN, CERT],
  [8, 4],
]);
const TLS = template(402, [[294, VARLEN, CERT]]);
const NESTED = template(403, [
  [292, VARLEN],
  [77, 1, 4_242_424],
]);

/** Decodes one record with one list. */
function decode(
  element: number,
  list: Uint8Array,
  more: readonly Spec[] = [],
  values = hex(""),
): { rows: Record<string, unknown>[]; decoder: TestDecoder } {
  const decoder = new TestDecoder();
  const sub = set(2, concat(TCP, DNS, TLS, NESTED));
  const rows = decoder.decode(
    ipfix([sub, set(2, template(256, [...FLOW, ...more, [element, VARLEN]])), set(256, concat(KEYS, values, sized(list)))]),
  );
  return { rows, decoder };
}

describe("structured lists", () => {
  it("of several templates fill columns that the record left empty (YAF)", () => {
    const { rows, decoder } = decode(
      293,
      multiList(
        [400, hex("0002 0011 0012 00000001")],
        [402, sized(text("example.net"))],
        [401, concat(sized(text("a.example")), hex("c0000207"))],
      ),
    );
    expect(rows).toMatchObject([{ src_addr: "10.0.0.1", tcp_flags: 0x13, tls_sni: "example.net", dns_query: "a.example", proto: 6 }]);
    expect(decoder.stats()).toMatchObject({ rows: 1, skipped: {} });
  });

  it("give the answer of a biflow its own flags and the same names", () => {
    const { rows } = decode(
      293,
      multiList([400, hex("0002 0000 0012 00000001")], [402, sized(text("example.net"))]),
      [
        [1, 1],
        [1, 1, 29_305],
      ],
      hex("01 02"),
    );
    expect(rows).toMatchObject([
      { biflow_direction: 1, tcp_flags: 2, tls_sni: "example.net" },
      { biflow_direction: 2, tcp_flags: 0x12, tls_sni: "example.net" },
    ]);
  });

  it("of values fill a column with the first", () => {
    const hosts = concat(sized(text("one.example")), sized(text("two.example")));
    expect(decode(291, basicList(117, VARLEN, hosts, PEN_CERT)).rows).toMatchObject([{ http_host: "one.example" }]);
    expect(decode(291, basicList(460, 4, text("a.bcd.ef"))).rows).toMatchObject([{ http_host: "a.bc" }]);
  });

  it("of communities and of an AS path are lists of numbers", () => {
    expect(decode(485, basicList(483, 4, hex("fde80064 fde80065"))).rows).toMatchObject([{ communities: [0xfde8_0064, 0xfde8_0065] }]);
    expect(decode(512, basicList(17, 4, hex("0000fde8 0000fde9"))).rows).toMatchObject([{ as_path: [65_000, 65_001] }]);
    expect(decode(484, basicList(483, 4, hex("fde80064"))).rows).toMatchObject([{ communities: null }]);
  });

  it("inside lists are read", () => {
    const inner = subTemplateList(402, concat(sized(text("a.example")), sized(text("b.example"))));
    const { rows, decoder } = decode(292, subTemplateList(403, concat(sized(inner), hex("07"))));
    expect(rows).toMatchObject([{ tls_sni: "a.example" }]);
    expect(decoder.decoder.ignoredElements()).toMatchObject([{ enterprise: 4_242_424, id: 77, records: 1 }]);
  });

  it("leave what the record says itself", () => {
    const flags = multiList([400, hex("0002 0010 0000 00000001")]);
    expect(decode(293, multiList([402, sized(text("list.example"))]), [[188, 4, 35_632]], text("rec.")).rows).toMatchObject([
      { tls_sni: "rec." },
    ]);
    expect(decode(293, flags, [[6, 1]], hex("04")).rows).toMatchObject([{ tcp_flags: 0x16 }]); // flags add up
  });

  it.each([
    { name: "whose template is not known", element: 292, list: subTemplateList(999, hex("01020304")) },
    { name: "of a value that leaves them", element: 291, list: basicList(460, VARLEN, hex("09 6162")) },
    { name: "of values of no bytes", element: 291, list: basicList(460, 0, hex("01")) },
    { name: "with a block that is longer than they are", element: 293, list: concat(SEMANTIC, hex("0192 00ff 00")) },
    { name: "with a block that is shorter than its head", element: 293, list: concat(SEMANTIC, hex("0192 0003 00")) },
    { name: "too short for a head", element: 291, list: hex("ff 01") },
    { name: "with an enterprise that is cut off", element: 291, list: hex("ff 8001 0001 00") },
  ])("$name cost themselves only, and are counted", ({ element, list }) => {
    const { rows, decoder } = decode(element, list);
    expect(rows).toMatchObject([{ src_addr: "10.0.0.1", proto: 6 }]);
    expect(decoder.stats()).toMatchObject({ rows: 1, dropped: {}, skipped: { unread_lists: 1 } });
  });

  it("keep what was read before a block of an unknown template, and what stands behind it", () => {
    const { rows } = decode(293, multiList([402, sized(text("a.example"))], [999, hex("0102")], [400, hex("0002 0000 0000 00000000")]));
    expect(rows).toMatchObject([{ tls_sni: "a.example", tcp_flags: 2 }]);
  });

  it("are read four deep, and no deeper", () => {
    const nest = (levels: number): Uint8Array => {
      let list = subTemplateList(402, sized(text("deep.example")));
      for (let level = 1; level < levels; level++) list = subTemplateList(403, concat(sized(list), hex("00")));
      return list;
    };
    expect(decode(292, nest(4)).rows).toMatchObject([{ tls_sni: "deep.example" }]);
    const { rows, decoder } = decode(292, nest(5));
    expect(rows).toMatchObject([{ tls_sni: null }]);
    expect(decoder.stats()).toMatchObject({ skipped: { unread_lists: 1 } });
  });

  it("are read up to a thousand elements of a record", () => {
    const { rows, decoder } = decode(291, basicList(138, 1, new Uint8Array(2_000)));
    expect(rows).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ skipped: { unread_lists: 1 } });
  });

  it("of any bytes never break a record", () => {
    fc.assert(
      fc.property(fc.constantFrom(291, 292, 293, 485), fc.uint8Array({ maxLength: 120 }), (element, bytes) => {
        const { rows, decoder } = decode(element, bytes);
        expect(rows).toMatchObject([{ src_addr: "10.0.0.1", dst_addr: "10.0.0.2", proto: 6 }]);
        expect(decoder.stats().dropped).toEqual({});
      }),
      { numRuns: 300 },
    );
  });
});
