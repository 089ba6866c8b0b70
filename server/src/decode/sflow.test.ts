import { ByteWriter } from "../demo/index.ts";
import { TestDecoder } from "./testing/decode.ts";
import { concat, hex } from "./testing/messages.ts";
import { block, flowSample, frame, IPV4, IPV6, ipv6Text, rawHeader, sflow, TCP } from "./testing/sflow.ts";

const one = (record: Uint8Array, options?: Parameters<typeof flowSample>[1]): Record<string, unknown> =>
  new TestDecoder().decode(sflow({ samples: [flowSample([record], options)] }))[0]!;

describe("sampled packet headers", () => {
  it.each([
    {
      name: "Ethernet, IPv4, TCP",
      header: frame("0800", IPV4("06", TCP)),
      want: {
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
        bytes: 100,
        src_mac: "02:00:00:00:00:02",
        dst_mac: "02:00:00:00:00:01",
        src_vlan: 0,
      },
    },
    { name: "one VLAN tag", header: frame("8100 6014 0800", IPV4("06", TCP)), want: { src_vlan: 20, dst_port: 443 } },
    {
      name: "two VLAN tags",
      header: frame("88a8 0064 8100 0014 0800", IPV4("06", TCP)),
      want: { src_vlan: 100, inner_vlan: 20, dst_port: 443 },
    },
    {
      name: "IPv6, TCP",
      header: frame("86dd", IPV6("06", TCP)),
      want: {
        ip_version: 6,
        src_addr: "2001:db8::1",
        proto: 6,
        dst_port: 443,
        tos: 0xb8,
        ttl_min: 63,
        bytes: 120,
        ipv6_flow_label: 0,
        frag_flags: null,
      },
    },
    {
      name: "IPv6 with hop-by-hop and destination options",
      header: frame("86dd", IPV6("00", `3c 00 000000000000 06 00 000000000000 ${TCP}`)),
      want: { proto: 6, dst_port: 443 },
    },
    {
      name: "IPv6 with an authentication header",
      header: frame("86dd", IPV6("33", `06 02 0000 00000000 00000000 00000000 ${TCP}`)),
      want: { proto: 6, dst_port: 443 },
    },
    {
      name: "the first fragment of IPv6",
      header: frame("86dd", IPV6("2c", `06 00 0001 00000000 ${TCP}`)),
      want: { proto: 6, dst_port: 443 },
    },
    {
      name: "a later fragment of IPv6",
      header: frame("86dd", IPV6("2c", `06 00 0028 00000000 ${TCP}`)),
      want: { proto: 6, src_port: null, dst_port: null, frag_id: 0, frag_offset: 5, frag_flags: 0 },
    },
    {
      name: "the first fragment of IPv4",
      header: frame("0800", IPV4("11", "0035 9c40 0008 0000", { fragment: "2000" })),
      want: { proto: 17, src_port: 53, frag_id: 1, frag_offset: 0, frag_flags: 32 },
    },
    {
      name: "a later fragment of IPv4",
      header: frame("0800", IPV4("11", "0035 9c40 0008 0000", { fragment: "0010" })),
      want: { proto: 17, src_port: null, frag_id: 1, frag_offset: 16, frag_flags: 0 },
    },
    {
      name: "SCTP",
      header: frame("0800", IPV4("84", "0b59 0b5a 00000000 00000000")),
      want: { proto: 132, src_port: 2905, dst_port: 2906 },
    },
    {
      name: "ICMP",
      header: frame("0800", IPV4("01", "0301 0000 00000000")),
      want: { proto: 1, icmp_type: 3, icmp_code: 1, src_port: null },
    },
    { name: "ICMPv6", header: frame("86dd", IPV6("3a", "8000 0000")), want: { proto: 58, icmp_type: 128, icmp_code: 0 } },
    { name: "ESP, which has no ports", header: frame("0800", IPV4("32", "00000001 00000001")), want: { proto: 50, src_port: null } },
    {
      name: "MPLS",
      header: frame("8847", concat(hex("00010040 00011140"), IPV4("06", TCP))),
      want: { ip_version: 4, dst_port: 443, mpls_labels: [16, 17] },
    },
    {
      name: "VXLAN",
      header: frame("0800", IPV4("11", `c000 12b5 0072 0000 08000000 00000700 020000000001020000000002 86dd ${ipv6Text("06", TCP)}`)),
      want: {
        src_addr: "10.0.0.1",
        proto: 17,
        dst_port: 4789,
        tcp_flags: null,
        vni: 7,
        inner_src_addr: "2001:db8::1",
        inner_dst_addr: "2001:db8::2",
        inner_proto: 6,
        inner_src_port: 40_000,
        inner_dst_port: 443,
      },
    },
    {
      name: "no tunnel",
      header: frame("0800", IPV4("06", TCP)),
      want: { vni: 0, inner_src_addr: null, inner_proto: null, inner_src_port: null, mpls_labels: null },
    },
    { name: "PPPoE", header: frame("8864", concat(hex("11 00 0001 0066 0021"), IPV4("06", TCP))), want: { ip_version: 4, dst_port: 443 } },
    {
      name: "ARP: the frame counts",
      header: frame("0806", new Uint8Array(46)),
      want: { ip_version: 0, src_addr: null, proto: null, bytes: 64, frame_bytes: 64 },
    },
    { name: "TCP cut before its flags", header: frame("0800", IPV4("06", "9c40 01bb 0000")), want: { src_port: 40_000, tcp_flags: null } },
    { name: "TCP cut before its ports", header: frame("0800", IPV4("06", "9c40")), want: { proto: 6, src_port: null, tcp_flags: null } },
    { name: "IPv4 cut off", header: frame("0800", hex("45000064")), want: { ip_version: 0, src_addr: null } },
    {
      name: "an IPv4 header shorter than it can be",
      header: frame("0800", hex("4400006400010000400600000a0000010a000002")),
      want: { ip_version: 0 },
    },
    {
      name: "IPv4 without a total length: what the frame leaves",
      header: frame("0800", IPV4("06", TCP, { total: "0000" })),
      want: { bytes: 40, frame_bytes: 58 },
    },
  ])("read $name", ({ header, want }) => {
    expect(one(rawHeader(header))).toMatchObject({
      ...want,
      packets: 1,
      flows: 1,
      sampling_rate: 100,
      sampling_source: "record",
      flow_type: "sflow5",
    });
  });

  it.each([
    { name: "IPv4", protocol: 11, header: IPV4("06", TCP), want: { ip_version: 4, dst_port: 443, src_mac: null } },
    { name: "IPv6", protocol: 12, header: IPV6("06", TCP), want: { ip_version: 6, dst_port: 443 } },
    { name: "POS", protocol: 14, header: concat(hex("ff030021"), IPV4("06", TCP)), want: { ip_version: 4, frame_bytes: 48 } },
    { name: "X.25, which is not read", protocol: 6, header: IPV4("06", TCP), want: { ip_version: 0, frame_bytes: 44 } },
  ])("may begin at the network layer: $name", ({ protocol, header, want }) => {
    expect(one(rawHeader(header, { protocol }))).toMatchObject(want);
  });
});

describe("sFlow samples", () => {
  const packet = rawHeader(frame("0800", IPV4("06", TCP)), { frameBytes: 118 });

  it("name the agent as exporter and keep the UDP source beside it", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(sflow({ samples: [flowSample([packet])] }))).toMatchObject([
      {
        exporter: "198.51.100.1",
        exporter_source: "192.0.2.1",
        obs_domain: 3,
        time_export: null,
        time_source: "received",
        time_start: "2026-09-21T14:13:20.000Z",
        frame_bytes: 118,
      },
    ]);
    expect(decoder.stats()).toMatchObject({ exporter: "198.51.100.1", exporterSource: "192.0.2.1", obsDomain: 3 });
    const v6 = concat(hex("00000002"), hex("20010db8000000000000000000000009"));
    expect(decoder.decode(sflow({ samples: [flowSample([packet])], agent: v6 }))).toMatchObject([{ exporter: "2001:db8::9" }]);
    expect(decoder.decode(sflow({ samples: [flowSample([packet])], agent: hex("00000000") }))).toMatchObject([{ exporter: "192.0.2.1" }]);
  });

  it("merge the records of one packet into one row", () => {
    const records = [
      packet,
      block(1001, hex("00000064 00000000 000000c8 00000000")),
      block(1002, hex("00000001 c0000209 00000018 00000010")),
      block(1003, hex("00000001 c0000209 0000fc00 00000000 00000000 00000001 00000002 00000002 0000fde8 0000fde9")),
      block(0x0001_0001, hex("deadbeef")), // another enterprise's
    ];
    expect(new TestDecoder().decode(sflow({ samples: [flowSample(records)] }))).toMatchObject([
      { src_vlan: 100, dst_vlan: 200, next_hop: "192.0.2.9", src_mask: 24, dst_mask: 16, src_as: 64_512, dst_as: 65_001, dst_port: 443 },
    ]);
  });

  it("read sampled IPv4 and IPv6 structures where there is no header", () => {
    expect(one(block(3, hex("00000064 00000006 0a000001 0a000002 00009c40 000001bb 00000012 00000008")))).toMatchObject({
      src_addr: "10.0.0.1",
      bytes: 100,
      proto: 6,
      src_port: 40_000,
      dst_port: 443,
      tcp_flags: 18,
      tos: 8,
    });
    expect(
      one(
        block(
          4,
          hex("00000064 00000011 20010db8000000000000000000000001 20010db8000000000000000000000002 00000035 00009c40 00000000 00000000"),
        ),
      ),
    ).toMatchObject({
      dst_addr: "2001:db8::2",
      src_port: 53,
      ip_version: 6,
    });
  });

  it.each([
    { name: "ifIndex", input: 7, output: 9, want: { in_if: 7, out_if: 9, forwarding_status: 0 } },
    { name: "internal", input: 0x3fff_ffff, output: 0, want: { in_if: 0, out_if: 0 } },
    { name: "dropped by an access list", input: 1, output: 0x4000_0102, want: { out_if: 0, forwarding_status: 129 } },
    { name: "dropped for a reason without a name", input: 1, output: 0x4000_0100, want: { out_if: 0, forwarding_status: 128 } },
    { name: "ten outputs", input: 1, output: 0x8000_000a, want: { out_if: 0, forwarding_status: 0 } },
  ])("tell interfaces from what else is in their words: $name", ({ input, output, want }) => {
    expect(one(packet, { input, output })).toMatchObject(want);
  });

  it("have 32-bit interfaces when expanded", () => {
    const head = new ByteWriter().u32(1).u32(0).u32(1).u32(50).u32(0).u32(0).u32(0).u32(1_285_816_721).u32(0).u32(0xffff_ffff).u32(1);
    const decoder = new TestDecoder();
    expect(decoder.decode(sflow({ samples: [block(3, concat(head.build(), packet))] }))).toMatchObject([
      { in_if: 1_285_816_721, out_if: 0, sampling_rate: 50 },
    ]);
  });

  it("of rate 0 stand for themselves", () => {
    expect(one(packet, { rate: 0 })).toMatchObject({ sampling_rate: 1 });
  });

  it("of unknown kinds are counted and stepped over", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(sflow({ samples: [block(0x0001_0001, new Uint8Array(4)), flowSample([packet])] }))).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ dataRecords: 1, skipped: { other_samples: 1 }, dropped: {} });
  });

  it.each([
    {
      name: "more samples than there are",
      datagram: sflow({ samples: [flowSample([packet])], count: 4_000_000_000 }),
      rows: 1,
      dropped: { truncated_records: 1 },
    },
    {
      name: "more records than there are",
      datagram: sflow({ samples: [flowSample([packet], { count: 4_000_000_000 })] }),
      rows: 1,
      dropped: {},
    },
    {
      name: "a sample too short for its own fields",
      datagram: sflow({ samples: [block(1, new Uint8Array(8)), flowSample([packet])] }),
      rows: 1,
      dropped: { bad_sample: 1 },
    },
    {
      name: "a sample longer than the datagram",
      datagram: sflow({ samples: [flowSample([packet]), block(1, new Uint8Array(8), 4_000_000_000)] }),
      rows: 1,
      dropped: { truncated_records: 1, bad_sample: 1 },
    },
    {
      name: "bytes behind the samples",
      datagram: concat(sflow({ samples: [flowSample([packet])] }), new Uint8Array(332)),
      rows: 1,
      dropped: {},
    },
    {
      name: "an AS path longer than its record",
      datagram: sflow({
        samples: [flowSample([packet, block(1003, hex("00000001 c0000209 0000fc00 00000000 00000000 00000001 00000002 ffffffff"))])],
      }),
      rows: 1,
      dropped: {},
    },
    {
      name: "a header longer than its record",
      datagram: sflow({
        samples: [flowSample([block(1, concat(hex("00000001 00000076 00000004 ffffffff"), frame("0800", IPV4("06", TCP))))])],
      }),
      rows: 1,
      dropped: {},
    },
  ])("that lie cost only what is not there: $name", ({ datagram, rows, dropped }) => {
    const decoder = new TestDecoder();
    expect(decoder.decode(datagram)).toHaveLength(rows);
    expect(decoder.stats().dropped).toEqual(dropped);
  });

  it("fill batch after batch", () => {
    const decoder = new TestDecoder({}, 3);
    const samples = Array.from({ length: 10 }, () => flowSample([packet]));
    const rows = decoder.decode(sflow({ samples }));
    expect(rows).toHaveLength(10);
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(1); // each has the common columns
  });
});
