import { TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, netflow9, set, template, type Spec } from "./testing/messages.ts";
import { frame, IPV4, IPV6, TCP } from "./testing/sflow.ts";

const u16 = (value: number): Uint8Array => Uint8Array.from([value >>> 8, value]);
const padded = (bytes: Uint8Array, length: number): Uint8Array => concat(bytes, new Uint8Array(length - bytes.length));

/** The row of one IPFIX record. */
function row(specs: readonly Spec[], record: Uint8Array): Record<string, unknown> {
  return new TestDecoder().decode(ipfix([set(2, template(256, specs)), set(256, record)]))[0]!;
}

const FRAME = frame("8100 6014 0800", IPV4("06", TCP));
const PACKET = IPV4("06", TCP);
const WANTED = {
  ip_version: 4,
  src_addr: "10.0.0.1",
  dst_addr: "10.0.0.2",
  proto: 6,
  src_port: 40_000,
  dst_port: 443,
  tcp_flags: 0x112,
  tos: 0xb8,
  ttl_min: 64,
  ttl_max: 64,
  frag_flags: 0,
};
const LINK = { src_mac: "02:00:00:00:00:02", dst_mac: "02:00:00:00:00:01", src_vlan: 20 };
const COUNTED = { bytes: 100, packets: 1, flows: 1 };

describe("sections of packets", () => {
  it.each<{ name: string; specs: readonly Spec[]; record: Uint8Array; want: object }>([
    {
      name: "a frame of fixed length, padded, with its own length and what is real of it",
      specs: [
        [312, 2],
        [410, 2],
        [315, 128],
      ],
      record: concat(u16(122), u16(FRAME.length), padded(FRAME, 128)),
      want: { ...WANTED, ...LINK, ...COUNTED, frame_bytes: 122 },
    },
    {
      name: "a frame of variable length",
      specs: [[315, 65_535]],
      record: concat(Uint8Array.from([FRAME.length]), FRAME),
      want: { ...WANTED, ...LINK, ...COUNTED },
    },
    { name: "a frame without any length", specs: [[315, 128]], record: padded(FRAME, 128), want: { ...WANTED, ...LINK, ...COUNTED } },
    {
      name: "a frame of 802.11",
      specs: [
        [408, 2],
        [315, 65_535],
      ],
      record: concat(
        u16(2),
        Uint8Array.from([32 + PACKET.length]),
        hex("0801 0000 020000000003 020000000002 020000000001 0000 aaaa03 000000 0800"),
        PACKET,
      ),
      want: { ...WANTED, ...LINK, src_vlan: 0, ...COUNTED },
    },
    {
      name: "an IP header",
      specs: [
        [410, 2],
        [313, 64],
      ],
      record: concat(u16(PACKET.length), padded(PACKET, 64)),
      want: { ...WANTED, ...COUNTED, src_mac: null, frame_bytes: 0 },
    },
    {
      name: "an IPv6 header",
      specs: [[313, 65_535]],
      record: concat(Uint8Array.from([60]), IPV6("06", TCP)),
      want: { ip_version: 6, src_addr: "2001:db8::1", dst_port: 443, bytes: 120, packets: 1 },
    },
    {
      name: "labels and a tunnel",
      specs: [[315, 65_535]],
      record: ((): Uint8Array => {
        const bytes = frame("8847", concat(hex("00010140"), IPV4("04", Buffer.from(PACKET).toString("hex"))));
        return concat(Uint8Array.from([bytes.length]), bytes);
      })(),
      want: { mpls_labels: [16], proto: 4, inner_src_addr: "10.0.0.1", inner_proto: 6, inner_dst_port: 443 },
    },
    {
      name: "a frame without IP: its own length counts",
      specs: [
        [312, 2],
        [315, 65_535],
      ],
      record: concat(u16(64), Uint8Array.from([60]), frame("0806", new Uint8Array(46))),
      want: { src_addr: null, bytes: 64, frame_bytes: 64, packets: 1, src_mac: "02:00:00:00:00:02" },
    },
    {
      name: "a frame that is cut off before the header",
      specs: [[315, 20]],
      record: FRAME.slice(0, 20),
      want: { src_addr: null, proto: null, packets: 1, src_vlan: 20 },
    },
    {
      name: "a section from the middle of a frame",
      specs: [
        [409, 2],
        [315, 65_535],
      ],
      record: concat(u16(14), Uint8Array.from([PACKET.length]), PACKET),
      want: { src_addr: null, src_mac: null, packets: 1 },
    },
    { name: "an empty section", specs: [[315, 65_535]], record: Uint8Array.from([0]), want: { src_addr: null, packets: 1, bytes: 0 } },
    {
      name: "a frame of an unknown type",
      specs: [
        [408, 2],
        [315, 65_535],
      ],
      record: concat(u16(9), Uint8Array.from([FRAME.length]), FRAME),
      want: { src_addr: null, src_mac: null },
    },
  ])("are read: $name", ({ specs, record, want }) => {
    expect(row(specs, record)).toMatchObject(want);
  });

  it("are read in NetFlow v9, as Cisco names them", () => {
    const specs: Spec[] = [
      [102, 2],
      [103, 2],
      [104, 96],
    ];
    const record = concat(u16(0), u16(FRAME.length), padded(FRAME, 96));
    expect(new TestDecoder().decode(netflow9([set(0, template(256, specs)), set(256, record)]))).toMatchObject([
      { ...WANTED, ...LINK, ...COUNTED },
    ]);
  });

  it("fill what the record does not say, and count nothing where it counts", () => {
    const specs: Spec[] = [
      [8, 4],
      [12, 4],
      [4, 1],
      [1, 4],
      [2, 4],
      [10, 4],
      [315, 65_535],
    ];
    const record = concat(hex("0a000001 0a000002 06 00001388 00000005 00000007"), Uint8Array.from([FRAME.length]), FRAME);
    expect(row(specs, record)).toMatchObject({ ...WANTED, ...LINK, bytes: 5_000, packets: 5, in_if: 7 });
  });

  it("count nothing where the record counts packets only", () => {
    const record = concat(hex("00000005"), Uint8Array.from([FRAME.length]), FRAME);
    expect(row([[2, 4], [315, 65_535]], record)).toMatchObject({ packets: 5, bytes: 0, dst_port: 443 }); // prettier-ignore
  });

  it("of another packet than the record's tell its link and nothing of its conversation", () => {
    const specs: Spec[] = [
      [8, 4],
      [12, 4],
      [315, 65_535],
    ];
    const record = concat(hex("c0000201 c0000202"), Uint8Array.from([FRAME.length]), FRAME);
    expect(row(specs, record)).toMatchObject({
      ...LINK,
      src_addr: "192.0.2.1",
      dst_addr: "192.0.2.2",
      dst_port: null,
      proto: null,
      ttl_min: 0,
    });
  });

  it("of many records keep apart", () => {
    const records = [PACKET, IPV6("3a", "8000 0000"), IPV4("11", "c000 0035 0008 0000"), hex("00")];
    const bytes = concat(...records.map((packet) => concat(Uint8Array.from([packet.length]), packet)));
    const rows = new TestDecoder().decode(ipfix([set(2, template(256, [[313, 65_535]])), set(256, bytes)]));
    expect(rows).toMatchObject([
      { proto: 6, dst_port: 443, icmp_type: null },
      { proto: 58, icmp_type: 128, dst_port: null, tcp_flags: null },
      { proto: 17, dst_port: 53, tcp_flags: null },
      { proto: null, dst_port: null, src_addr: null },
    ]);
  });

  it("are no elements that are ignored", () => {
    const decoder = new TestDecoder();
    const specs: Spec[] = [312, 408, 409, 410].map((id): Spec => [id, 2]);
    decoder.decode(ipfix([set(2, template(256, [...specs, [315, 64]])), set(256, new Uint8Array(72))]));
    expect(decoder.decoder.ignoredElements()).toEqual([]);
  });

  it("may be cut off anywhere, and lie about their length", () => {
    const decoder = new TestDecoder({}, 1024);
    for (let length = 0; length <= FRAME.length; length++) {
      for (const claimed of [0, length, 65_535]) {
        const record = concat(u16(claimed), u16(claimed), Uint8Array.from([length]), FRAME.slice(0, length));
        const message = ipfix([set(2, template(256, [[312, 2], [410, 2], [315, 65_535]])), set(256, record)]); // prettier-ignore
        expect(decoder.decode(message)).toHaveLength(1);
      }
    }
    expect(decoder.stats().dropped).toEqual({});
  });
});
