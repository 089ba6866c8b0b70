import { ByteWriter } from "../demo/index.ts";
import { TestDecoder } from "./testing/decode.ts";
import { concat, hex } from "./testing/messages.ts";
import { block, flowSample, frame, IPV4, rawHeader, sflow, TCP } from "./testing/sflow.ts";

/** Text as XDR has it: length, bytes, padding. */
function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return new ByteWriter()
    .u32(bytes.length)
    .bytes(bytes)
    .zeros((4 - (bytes.length % 4)) % 4)
    .build();
}

const PACKET = rawHeader(frame("0800", IPV4("06", TCP)), { frameBytes: 118 });
const TAGGED = rawHeader(frame("8100 0014 0800", IPV4("06", TCP)), { frameBytes: 122 });
const NEXT_HOP = "00000001 c0000209";
const V6 = "20010db8000000000000000000000009";

/** The row of one sample. */
const row = (...records: readonly Uint8Array[]): Record<string, unknown> =>
  new TestDecoder().decode(sflow({ samples: [flowSample(records)] }))[0]!;

/** Own AS 64512, source AS 64496 behind peer 64497, path 65000, {65001, 65002}, two communities. */
const GATEWAY = `${NEXT_HOP} 0000fc00 0000fbf0 0000fbf1 00000002 00000002 00000001 0000fde8 00000001 00000002 0000fde9 0000fdea 00000002 fbf00001 fbf00002 00000064`;

describe("records beside the packet", () => {
  it.each([
    {
      name: "gateway",
      records: [block(1003, hex(GATEWAY))],
      want: {
        bgp_next_hop: "192.0.2.9",
        next_hop: null,
        src_as: 64_496,
        prev_as: 64_497,
        next_as: 65_000,
        dst_as: 65_002,
        as_path: [65_000, 65_001, 65_002],
        communities: [0xfbf0_0001, 0xfbf0_0002],
      },
    },
    {
      name: "a gateway to an own destination from an own source",
      records: [block(1003, hex(`${NEXT_HOP} 0000fc00 00000000 00000000 00000000 00000000 00000000`))],
      want: { src_as: 64_512, dst_as: 64_512, next_as: 0, prev_as: 0, as_path: null, communities: null },
    },
    {
      name: "a next hop in IPv6",
      records: [block(1002, hex(`00000002 ${V6} 00000040 00000030`))],
      want: { next_hop: "2001:db8::9", src_mask: 64, dst_mask: 48 },
    },
    {
      name: "user of the source",
      records: [block(1004, concat(hex("0000006a"), text("ana"), hex("0000006a"), text("bo")))],
      want: { user: "ana" },
    },
    {
      name: "user of the destination",
      records: [block(1004, concat(hex("0000006a"), text(""), hex("0000006a"), text("bo")))],
      want: { user: "bo" },
    },
    {
      name: "URL",
      records: [block(1005, concat(hex("00000002"), text("GET /index.html HTTP/1.1"), text("example.org")))],
      want: { http_url: "GET /index.html HTTP/1.1", http_host: "example.org" },
    },
    {
      name: "URL without its last padding",
      records: [block(1005, concat(hex("00000001"), text("/"), hex("00000001 61")))],
      want: { http_host: "a" },
    },
    {
      name: "MPLS: the incoming stack",
      records: [block(1006, hex(`${NEXT_HOP} 00000002 00010040 00011140 00000001 00012140`))],
      want: { mpls_labels: [16, 17], next_hop: "192.0.2.9" },
    },
    {
      name: "MPLS: the outgoing stack",
      records: [block(1006, hex(`${NEXT_HOP} 00000000 00000001 00012140`))],
      want: { mpls_labels: [18] },
    },
    {
      name: "MPLS beside a router, whose next hop it is",
      records: [block(1006, hex("00000001 c000020a 00000000 00000001 00012140")), block(1002, hex(`${NEXT_HOP} 00000018 00000010`))],
      want: { next_hop: "192.0.2.9", mpls_labels: [18] },
    },
    {
      name: "NAT",
      records: [block(1007, hex(`00000001 cb007101 00000002 ${V6}`))],
      want: { nat_src_addr: "203.0.113.1", nat_dst_addr: "2001:db8::9" },
    },
    { name: "NAT ports", records: [block(1020, hex("00001388 000001bb"))], want: { nat_src_port: 5_000, nat_dst_port: 443 } },
    { name: "a VLAN tag that was taken off", records: [block(1012, hex("00000001 88a80064"))], want: { src_vlan: 100, inner_vlan: 0 } },
    {
      name: "two VLAN tags that were taken off",
      records: [block(1012, hex("00000002 88a80064 8100e014"))],
      want: { src_vlan: 100, inner_vlan: 20 },
    },
    { name: "VLANs on the way out", records: [block(1035, hex("00000001 81000063"))], want: { dst_vlan: 99 } },
    { name: "VNI", records: [block(1029, hex("00000007")), block(1030, hex("00000008"))], want: { vni: 8 } },
    { name: "SSID", records: [block(1014, concat(text("guests"), new Uint8Array(36)))], want: { wlan_ssid: "guests" } },
  ])("are kept: $name", ({ records, want }) => {
    expect(row(...records, PACKET)).toMatchObject({ ...want, src_addr: "10.0.0.1", bytes: 100, frame_bytes: 118 });
    expect(row(PACKET, ...records)).toMatchObject(want);
  });

  it("leave nothing behind for the next sample", () => {
    const all = [
      block(1001, hex("00000064 00000000 000000c8 00000000")),
      block(1003, hex(GATEWAY)),
      block(1004, concat(hex("0000006a"), text("ana"), hex("0000006a"), text("bo"))),
      block(1006, hex(`${NEXT_HOP} 00000002 00010040 00011140 00000001 00012140`)),
      block(1007, hex(`00000001 cb007101 00000002 ${V6}`)),
      block(1012, hex("00000002 88a80064 8100e014")),
      block(1020, hex("00001388 000001bb")),
      block(1030, hex("00000008")),
      block(3, hex("00000064 00000006 0a000001 0a000002 00009c40 000001bb 00000012 00000008")),
    ];
    const alone = new TestDecoder().decode(sflow({ samples: [flowSample([PACKET])] }))[0]!;
    const rows = new TestDecoder().decode(sflow({ samples: [flowSample([...all, TAGGED]), flowSample([PACKET])] }));
    expect(rows[1]).toEqual(alone);
  });

  it("let a tag in the header be the inner one of a tag that was taken off", () => {
    expect(row(block(1012, hex("00000001 88a80064")), TAGGED)).toMatchObject({ src_vlan: 100, inner_vlan: 20 });
  });

  it("tell MAC addresses and length where there is no header", () => {
    const ethernet = block(2, hex("00000076 020000000002 0000 020000000001 0000 00000800"));
    expect(row(ethernet)).toMatchObject({ src_mac: "02:00:00:00:00:02", dst_mac: "02:00:00:00:00:01", frame_bytes: 118, bytes: 118 });
  });

  it("tell the addresses where the header has none, in any order", () => {
    const decoded = block(3, hex("00000064 00000006 0a000001 0a000002 00009c40 000001bb 00000012 00000008"));
    const arp = rawHeader(frame("0806", new Uint8Array(46)));
    const want = { src_addr: "10.0.0.1", dst_port: 443, bytes: 100, frame_bytes: 64, src_mac: "02:00:00:00:00:02" };
    expect(row(arp, decoded)).toMatchObject(want);
    expect(row(decoded, arp)).toMatchObject(want);
  });

  it("that tell a tunnel stand in for a packet of which nothing is told, and never replace one", () => {
    const tunnel = block(1024, hex("00000064 00000011 cb007101 cb007102 0000c000 000012b5 00000000 00000000"));
    expect(row(tunnel)).toMatchObject({ src_addr: "203.0.113.1", dst_port: 4789, bytes: 100 });
    expect(row(tunnel, PACKET)).toMatchObject({ src_addr: "10.0.0.1", inner_src_addr: null, dst_port: 443 });
    expect(row(tunnel, rawHeader(frame("0806", new Uint8Array(46))))).toMatchObject({ src_addr: null, bytes: 64 });
  });

  it("that nobody reads are counted by enterprise and format", () => {
    const decoder = new TestDecoder();
    const samples = [
      flowSample([PACKET, block(1037, new Uint8Array(16)), block((4413 << 12) | 7, new Uint8Array(4))]),
      flowSample([PACKET, block(1037, new Uint8Array(16))]),
      block((8800 << 12) | 3, new Uint8Array(4)),
    ];
    decoder.decode(sflow({ samples }));
    expect(decoder.decoder.ignoredElements()).toEqual([
      { exporter: "198.51.100.1", kind: "sflow_flow", enterprise: 0, id: 1037, name: "extended_acl", records: 2 },
      { exporter: "198.51.100.1", kind: "sflow_flow", enterprise: 4413, id: 7, name: undefined, records: 1 },
      { exporter: "198.51.100.1", kind: "sflow_sample", enterprise: 8800, id: 3, name: undefined, records: 1 },
    ]);
  });

  it("that tell of an application's transaction make no row of traffic", () => {
    const decoder = new TestDecoder();
    const transaction = [block(2206, new Uint8Array(80)), block(2100, new Uint8Array(20))];
    expect(
      decoder.decode(sflow({ samples: [flowSample(transaction), flowSample([PACKET, block(2209, new Uint8Array(48))])] })),
    ).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ dataRecords: 2, rows: 1, skipped: { not_traffic: 1 }, dropped: {} });
  });

  it.each([1002, 1003, 1004, 1005, 1006, 1007, 1012, 1014, 1020, 1029, 1030, 1035, 2, 3, 4, 1001, 1023, 1026].map((tag) => [tag]))(
    "of format %d may be cut off anywhere, or count what is not there",
    (tag) => {
      const contents = [
        hex(GATEWAY),
        concat(hex("00000001"), text("/"), text("a"), text("b")),
        new Uint8Array(64).fill(0xff),
        new Uint8Array(64),
      ];
      const decoder = new TestDecoder();
      for (const content of contents) {
        for (let length = 0; length <= content.length; length++)
          expect(decoder.decode(sflow({ samples: [flowSample([block(tag, content.slice(0, length)), PACKET])] }))).toHaveLength(1);
      }
      expect(decoder.stats().dropped).toEqual({});
    },
  );

  it("of paths longer than any are not followed", () => {
    const path = new ByteWriter()
      .bytes(hex(`${NEXT_HOP} 0000fc00 0000fbf0 0000fbf1 00000001 00000002`))
      .u32(1_200)
      .zeros(4_800)
      .u32(0)
      .u32(0)
      .build();
    expect(row(block(1003, path), PACKET)).toMatchObject({ src_as: 64_496, dst_as: 0, next_as: 0, bgp_next_hop: "192.0.2.9" });
  });
});

describe("discarded packets", () => {
  const discard = (reason: number, ...records: readonly Uint8Array[]): Uint8Array =>
    block(5, concat(new ByteWriter().u32(1).u32(0).u32(3).u32(0).u32(7).u32(9).u32(reason).u32(records.length).build(), ...records));

  it("make rows that no sum of traffic counts", () => {
    const decoder = new TestDecoder();
    const rows = decoder.decode(sflow({ samples: [flowSample([PACKET]), discard(258, PACKET), flowSample([PACKET])] }));
    expect(rows).toHaveLength(3);
    expect(rows[1]).toMatchObject({
      src_addr: "10.0.0.1",
      dst_port: 443,
      in_if: 7,
      out_if: 9,
      forwarding_status: 129,
      flows: 0,
      packets: 0,
      bytes: 0,
      frame_bytes: 0,
      dropped_packets: 1,
      dropped_bytes: 100,
      sampling_rate: 0,
      sampling_source: "unknown",
      exporter: "198.51.100.1",
      obs_domain: 3,
      flow_type: "sflow5",
      time_source: "received",
    });
    expect(rows[2]).toEqual(rows[0]);
    expect(rows[0]).toMatchObject({ flows: 1, packets: 1, dropped_packets: 0 });
    expect(decoder.stats()).toMatchObject({ dataRecords: 3, rows: 3, skipped: {}, dropped: {} });
  });

  it.each([
    [0, 131],
    [4, 133],
    [256, 128],
    [257, 137],
    [260, 139],
    [4_000_000_000, 128],
  ])("say why: reason %d is status %d", (reason, status) => {
    expect(new TestDecoder().decode(sflow({ samples: [discard(reason)] }))).toMatchObject([
      { forwarding_status: status, dropped_packets: 1, dropped_bytes: 0 },
    ]);
  });

  it("have no rate, whatever the operator says of the exporter", () => {
    const decoder = new TestDecoder({ samplingOverrides: { rateOf: () => 500, hasInterfaces: () => true } });
    expect(decoder.decode(sflow({ samples: [discard(258, PACKET), flowSample([PACKET])] }))).toMatchObject([
      { sampling_rate: 0, flows: 0 },
      { sampling_rate: 500, flows: 1 },
    ]);
  });

  it("cost only themselves when they are too short", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(sflow({ samples: [block(5, new Uint8Array(28)), flowSample([PACKET])] }))).toHaveLength(1);
    expect(decoder.stats().dropped).toEqual({ bad_sample: 1 });
  });
});
