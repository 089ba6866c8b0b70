import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, netflow9, set, template, type Spec } from "./testing/messages.ts";

/** One IPFIX record of the given fields. */
function record(fields: readonly (readonly [element: number, value: string, enterprise?: number])[]): Record<string, unknown> {
  const specs = fields.map(
    ([element, value, enterprise]): Spec =>
      [element, hex(value).length, ...(enterprise === undefined ? [] : ([enterprise] as const))] as Spec,
  );
  const [row] = new TestDecoder().decode(ipfix([set(2, template(256, specs)), set(256, concat(...fields.map(([, value]) => hex(value))))]));
  return row!;
}

const SOURCE = [8, "0a000001"] as const;

describe("fields", () => {
  it.each([
    { name: "counters of 1 byte", fields: [[1, "07"]], want: { bytes: 7 } },
    { name: "counters of 3 bytes", fields: [[1, "010000"]], want: { bytes: 65_536 } },
    { name: "counters of 5 bytes", fields: [[1, "0100000001"]], want: { bytes: 4_294_967_297 } },
    { name: "counters of 8 bytes, beyond 2^53", fields: [[1, "0100000000000001"]], want: { bytes: "72057594037927937" } },
    {
      name: "interfaces of 2 and 8 bytes",
      fields: [
        [10, "0007"],
        [14, "0000000000000009"],
      ],
      want: { in_if: 7, out_if: 9 },
    },
    { name: "a counter of 9 bytes as no counter", fields: [[1, "010203040506070809"]], want: { bytes: 0 } },
    {
      name: "total bytes where delta bytes are zero",
      fields: [
        [1, "00000000"],
        [85, "00000009"],
      ],
      want: { bytes: 9 },
    },
    {
      name: "delta bytes where both are there",
      fields: [
        [85, "00000009"],
        [1, "00000005"],
      ],
      want: { bytes: 5 },
    },
    {
      name: "the initiator's counters before layer 2 and output ones",
      fields: [
        [23, "09"],
        [352, "08"],
        [231, "07"],
        [298, "03"],
      ],
      want: { bytes: 7, packets: 3, frame_bytes: 8 },
    },
    {
      name: "output counters of an egress flow",
      fields: [
        [1, "00000000"],
        [23, "0000002a"],
        [2, "00"],
        [24, "02"],
      ],
      want: { bytes: 42, packets: 2 },
    },
    {
      name: "the first of repeated elements",
      fields: [
        [7, "0001"],
        [7, "0002"],
      ],
      want: { src_port: 1 },
    },
    {
      name: "IPv4 beside an all-zero IPv6",
      fields: [
        [27, "00000000000000000000000000000000"],
        [12, "0a000002"],
      ],
      want: { src_addr: "10.0.0.1", dst_addr: "10.0.0.2", ip_version: 4 },
    },
    {
      name: "physical interfaces where the logical are zero",
      fields: [
        [10, "00000000"],
        [252, "00000005"],
      ],
      want: { in_if: 5 },
    },
    { name: "a DSCP as the upper bits of the ToS", fields: [[195, "2e"]], want: { tos: 0xb8 } },
    { name: "two bytes of TCP flags without the data offset", fields: [[6, "5112"]], want: { tcp_flags: 0x112 } },
    { name: "a VLAN without its priority", fields: [[58, "6064"]], want: { src_vlan: 100 } },
    {
      name: "MAC addresses",
      fields: [
        [56, "02005e100001"],
        [80, "ffffffffffff"],
      ],
      want: { src_mac: "02:00:5e:10:00:01", dst_mac: "ff:ff:ff:ff:ff:ff" },
    },
    { name: "a forwarding status of 4 bytes", fields: [[89, "00000040"]], want: { forwarding_status: 64 } },
    { name: "the record's own sampling interval", fields: [[34, "00000064"]], want: { sampling_rate: 100, sampling_source: "record" } },
    {
      name: "packets taken and left out",
      fields: [
        [305, "00000001"],
        [306, "00000063"],
      ],
      want: { sampling_rate: 100, sampling_source: "record" },
    },
    { name: "no sampling rate", fields: [[34, "00000000"]], want: { sampling_rate: 0, sampling_source: "unknown" } },
    { name: "the flows of an aggregate", fields: [[3, "0005"]], want: { flows: 5 } },
    { name: "one flow where the count is empty", fields: [[3, "0000"]], want: { flows: 1 } },
    {
      name: "a next hop of the other family where the first is zero",
      fields: [
        [15, "00000000"],
        [62, "20010db8000000000000000000000001"],
      ],
      want: { next_hop: "2001:db8::1" },
    },
    {
      name: "ICMP type and code of their own, and no ports",
      fields: [
        [4, "01"],
        [7, "0000"],
        [11, "448d"],
        [176, "08"],
        [177, "01"],
      ],
      want: { icmp_type: 8, icmp_code: 1, src_port: null, dst_port: null },
    },
    {
      name: "ICMP in one field",
      fields: [
        [4, "3a"],
        [139, "8000"],
      ],
      want: { icmp_type: 128, icmp_code: 0 },
    },
    {
      name: "ICMP in the destination port",
      fields: [
        [4, "01"],
        [7, "0000"],
        [11, "0301"],
      ],
      want: { icmp_type: 3, icmp_code: 1, dst_port: null },
    },
    {
      name: "ICMP in the source port, as old Ciscos",
      fields: [
        [4, "01"],
        [7, "0800"],
        [11, "0000"],
      ],
      want: { icmp_type: 8, icmp_code: 0, src_port: null },
    },
    {
      name: "ICMP type in the source port and code in the destination port, as fprobe",
      fields: [
        [4, "01"],
        [7, "0003"],
        [11, "000d"],
      ],
      want: { icmp_type: 3, icmp_code: 13, src_port: null, dst_port: null },
    },
    {
      name: "an ICMP echo request as fprobe says it",
      fields: [
        [4, "01"],
        [7, "0008"],
        [11, "0000"],
      ],
      want: { icmp_type: 8, icmp_code: 0 },
    },
    {
      name: "no ICMP in a row of TCP",
      fields: [
        [4, "06"],
        [32, "0000"],
        [7, "0001"],
        [11, "0050"],
      ],
      want: { icmp_type: null, icmp_code: null, dst_port: 80 },
    },
    {
      name: "the protocol inside a tunnel, and its ports, where the outer ones come first (Huawei)",
      fields: [
        [4, "04"],
        [7, "0000"],
        [11, "0000"],
        [4, "06"],
        [7, "c000"],
        [11, "0050"],
      ],
      want: { proto: 6, src_port: 49_152, dst_port: 80 },
    },
    {
      name: "the last of repeated translated addresses",
      fields: [
        [225, "0a000001"],
        [225, "c0000201"],
        [227, "c000"],
        [227, "0400"],
      ],
      want: { nat_src_addr: "192.0.2.1", nat_src_port: 1024 },
    },
    {
      name: "translated addresses of the family that has one, and none where both are zero",
      fields: [
        [225, "00000000"],
        [281, "20010db8000000000000000000000001"],
        [226, "00000000"],
      ],
      want: { nat_src_addr: "2001:db8::1", nat_dst_addr: null },
    },
    { name: "the next header where there is no protocol", fields: [[193, "3a"]], want: { proto: 58 } },
    {
      name: "a ToS after the device, also as a DSCP",
      fields: [[98, "2e"]],
      want: { tos_out: 0xb8 },
    },
    {
      name: "labels of 3 and 4 bytes, without places that were not used",
      fields: [
        [70, "00fa10"],
        [71, "00064fff"],
        [72, "000000"],
        [73, "000001"],
        [74, "0000"],
      ],
      want: { mpls_labels: [4001, 100, 0] },
    },
    { name: "a label stack up to its bottom", fields: [[316, "00fa0040 00064140 00001000"]], want: { mpls_labels: [4000, 100] } },
    { name: "the labels of their own before the stack", fields: [[70, "00fa11"], [316, "00064140"]], want: { mpls_labels: [4001] } }, // prettier-ignore
    { name: "a route distinguisher as a number", fields: [[90, "0000fde800000064"]], want: { mpls_vpn_rd: 0xfde8_0000_0064 } },
    { name: "an application id of 4 bytes", fields: [[95, "0d0001b5"]], want: { app_id: 0x0d00_01b5 } },
    {
      name: "of an application id of 9 bytes the last 8 (FortiOS)",
      fields: [[95, "140000304400000010"]],
      want: { app_id: 0x3044_0000_0010 },
    },
    { name: "20 bits of flow label, in 3 and 4 bytes", fields: [[31, "f12345"]], want: { ipv6_flow_label: 0x1_2345 } },
    { name: "20 bits of flow label of 4 bytes", fields: [[31, "0ff12345"]], want: { ipv6_flow_label: 0x1_2345 } },
    { name: "a VNI without the kind of its tunnel", fields: [[351, "0100000000001389"]], want: { vni: 5001 } },
    { name: "VRFs, also VRF 0", fields: [[234, "00000000"], [235, "00000007"]], want: { in_vrf: 0, out_vrf: 7 } }, // prettier-ignore
    { name: "an end reason and fragments", fields: [[136, "03"], [88, "0000"], [197, "40"], [54, "0001e240"]], want: { end_reason: 3, frag_offset: 0, frag_flags: 64, frag_id: 123_456 } }, // prettier-ignore
    { name: "a fixed text up to its padding", fields: [[147, "6775657374000000"]], want: { wlan_ssid: "guest" } },
    {
      name: "what the template does not say as unknown",
      fields: [],
      want: { proto: null, src_port: null, tcp_flags: null, tos: null, src_mask: null, flow_direction: null, dst_addr: null },
    },
    {
      name: "zeros that were said as zeros",
      fields: [
        [4, "00"],
        [5, "00"],
        [61, "00"],
        [9, "00"],
      ],
      want: { proto: 0, tos: 0, flow_direction: 0, src_mask: 0 },
    },
  ] as { name: string; fields: [number, string][]; want: Record<string, unknown> }[])("read $name", ({ fields, want }) => {
    expect(record([SOURCE, ...fields])).toMatchObject(want);
  });

  it("of a record win over what the message says for all, for that record only", () => {
    const decoder = new TestDecoder();
    const own = template(256, [
      [8, 4],
      [149, 4],
    ]);
    const plain = template(257, [[8, 4]]);
    const bytes = ipfix(
      [
        set(2, concat(own, plain)),
        set(257, hex("0a000001 0a000002")),
        set(256, hex("0a000003 00000009 0a000004 00000000")),
        set(257, hex("0a000005")),
      ],
      { domain: 77 },
    );
    expect(decoder.decode(bytes).map(({ obs_domain: domain, template_id: id }) => [domain, id])).toEqual([
      [77, 257],
      [77, 257],
      [9, 256],
      [0, 256],
      [77, 257],
    ]);
  });

  it.each([
    {
      name: "flags of the first packet and of the rest (CERT)",
      fields: [
        [14, "02", 6_871],
        [15, "11", 6_871],
      ],
      want: { tcp_flags: 0x13 },
    },
    {
      name: "the flow inside a tunnel (VMware)",
      fields: [
        [881, "c0a80001", 6_876],
        [882, "c0a80002", 6_876],
        [880, "06", 6_876],
        [886, "c000", 6_876],
        [887, "0050", 6_876],
      ],
      want: {
        src_addr: "10.0.0.1",
        inner_src_addr: "192.168.0.1",
        inner_dst_addr: "192.168.0.2",
        inner_proto: 6,
        inner_src_port: 49_152,
        inner_dst_port: 80,
      },
    },
    {
      name: "no flow inside a tunnel where there was none",
      fields: [
        [881, "00000000", 6_876],
        [882, "00000000", 6_876],
        [880, "00", 6_876],
        [886, "0000", 6_876],
      ],
      want: { inner_src_addr: null, inner_proto: null, inner_src_port: null },
    },
    {
      name: "names of nProbe",
      fields: [
        [187, "612e62", 35_632],
        [205, "632e64", 35_632],
        [188, "652e66", 35_632],
        [119, "544c53", 35_632],
      ],
      want: { http_host: "a.b", dns_query: "c.d", tls_sni: "e.f", app_name: "TLS" },
    },
    {
      name: "the host of Cisco's AVC behind the application's id",
      fields: [[12_235, "030000503400612e62", 9]],
      want: { http_host: "a.b" },
    },
    { name: "a VPN of an SD-WAN", fields: [[4_321, "0000000000000064", 41_916]], want: { in_vrf: 100 } },
    {
      name: "IANA's element before a vendor's",
      fields: [
        [187, "612e62", 35_632],
        [460, "632e64"],
      ],
      want: { http_host: "c.d" },
    },
  ] as { name: string; fields: [number, string, number?][]; want: Record<string, unknown> }[])(
    "of vendors read $name",
    ({ fields, want }) => {
      // prettier-ignore
      expect(record([SOURCE, ...fields])).toMatchObject(want);
    },
  );

  it("tell each record's family where a template has both", () => {
    const decoder = new TestDecoder();
    const layout = template(256, [
      [8, 4],
      [12, 4],
      [27, 16],
      [28, 16],
    ]);
    const v6 = hex("00000000 00000000 20010db8000000000000000000000001 20010db8000000000000000000000002");
    const v4 = hex("0a000001 0a000002 00000000000000000000000000000000 00000000000000000000000000000000");
    const none = new Uint8Array(40);
    expect(decoder.decode(ipfix([set(2, layout), set(256, concat(v6, v4, none))]))).toMatchObject([
      { ip_version: 6, src_addr: "2001:db8::1", dst_addr: "2001:db8::2" },
      { ip_version: 4, src_addr: "10.0.0.1", dst_addr: "10.0.0.2" },
      { ip_version: 4, src_addr: "0.0.0.0", dst_addr: "0.0.0.0" },
    ]);
  });

  it("take a prefix for the address where an exporter aggregates", () => {
    const layout = template(256, [
      [44, 4],
      [9, 1],
      [45, 4],
      [1, 4],
    ]);
    expect(new TestDecoder().decode(ipfix([set(2, layout), set(256, hex("0a000000 08 c0a80000 00000009"))]))).toMatchObject([
      { src_addr: "10.0.0.0", src_mask: 8, dst_addr: "192.168.0.0", ip_version: 4, bytes: 9 },
    ]);
  });

  it("do not read an IPv4 address of another length", () => {
    const [row] = new TestDecoder().decode(
      ipfix([
        set(
          2,
          template(256, [
            [8, 50],
            [1, 4],
          ]),
        ),
        set(256, concat(new Uint8Array(50).fill(7), hex("00000001"))),
      ]),
    );
    expect(row).toMatchObject({ src_addr: null, bytes: 1 });
  });
});

const iso = (ms: number): string => new Date(ms).toISOString();
const u64 = (value: bigint): string => value.toString(16).padStart(16, "0");
const NTP_OFFSET = 2_208_988_800n;
const seconds = BigInt(RECEIVED_MS / 1000);

describe("times", () => {
  it.each([
    {
      name: "milliseconds",
      fields: [
        [152, u64(seconds * 1000n - 5500n)],
        [153, u64(seconds * 1000n - 500n)],
      ],
      want: [-5500, -500, "absolute"],
    },
    {
      name: "seconds",
      fields: [
        [150, (seconds - 9n).toString(16)],
        [151, (seconds - 1n).toString(16)],
      ],
      want: [-9000, -1000, "absolute"],
    },
    {
      name: "NTP microseconds",
      fields: [
        [154, u64(((seconds - 2n + NTP_OFFSET) << 32n) + 0x8000_0000n)],
        [155, u64((seconds + NTP_OFFSET) << 32n)],
      ],
      want: [-1500, 0, "absolute"],
    },
    {
      name: "NTP nanoseconds",
      fields: [
        [156, u64((seconds - 2n + NTP_OFFSET) << 32n)],
        [157, u64(((seconds - 1n + NTP_OFFSET) << 32n) + 0x4000_0000n)],
      ],
      want: [-2000, -750, "absolute"],
    },
    {
      name: "microseconds before the export",
      fields: [
        [158, "001e8480"],
        [159, "000f4240"],
      ],
      want: [-2000, -1000, "absolute"],
    },
    {
      name: "a duration where there is no start",
      fields: [
        [153, u64(seconds * 1000n)],
        [161, "000003e8"],
      ],
      want: [-1000, 0, "absolute"],
    },
    {
      name: "the observation time, with a duration",
      fields: [
        [323, u64(seconds * 1000n - 100n)],
        [161, "00000064"],
      ],
      want: [-200, -100, "observation"],
    },
    { name: "the export time where nothing is said", fields: [], want: [0, 0, "export"] },
    {
      name: "the export time and the difference of two uptimes without a boot time",
      fields: [
        [22, "00000064"],
        [21, "000001f4"],
      ],
      want: [-400, 0, "export"],
    },
    {
      name: "uptimes with the boot time in the record",
      fields: [
        [160, u64(seconds * 1000n - 60_000n)],
        [22, "00002710"],
        [21, "00004e20"],
      ],
      want: [-50_000, -40_000, "uptime"],
    },
    {
      name: "the next in the chain where the first is zero",
      fields: [
        [152, u64(0n)],
        [153, u64(0n)],
        [150, (seconds - 9n).toString(16)],
        [151, (seconds - 1n).toString(16)],
      ],
      want: [-9000, -1000, "absolute"],
    },
    {
      name: "a start behind its end as the end",
      fields: [
        [152, u64(seconds * 1000n)],
        [153, u64(seconds * 1000n - 10n)],
      ],
      want: [-10, -10, "absolute"],
    },
    {
      name: "a number that is no time as none",
      fields: [
        [152, "ffffffffffffffff"],
        [153, "ffffffffffffffff"],
      ],
      want: [0, 0, "export"],
    },
  ] as { name: string; fields: [number, string][]; want: [number, number, string] }[])(
    "read $name",
    ({ fields, want: [start, end, source] }) => {
      expect(record([SOURCE, ...fields])).toMatchObject({
        time_start: iso(RECEIVED_MS + start),
        time_end: iso(RECEIVED_MS + end),
        time_source: source,
      });
    },
  );

  const UPTIMES = template(256, [
    [8, 4],
    [22, 4],
    [21, 4],
  ]);
  const decodeV9 = (
    times: string,
    { uptimeMs, exportSeconds = RECEIVED_MS / 1000, clampTimes = true }: { uptimeMs: number; exportSeconds?: number; clampTimes?: boolean },
  ): TestDecoder => {
    const decoder = new TestDecoder({ clampTimes });
    decoder.decode(netflow9([set(0, UPTIMES), set(256, hex(`0a000001${times}`))], { uptimeMs, exportSeconds }));
    return decoder;
  };

  it.each([
    { name: "plain", times: "000f3e58 000f4240", uptimeMs: 1_000_000, want: [-1000, 0] },
    { name: "a flow that began before the counter", times: "ffffffff 00000a11", uptimeMs: 3_381, want: [-3_382, -804] },
    { name: "an end a little after the export", times: "000f4240 000f4628", uptimeMs: 1_000_000, want: [0, 1000] },
    { name: "a counter that wrapped since", times: "fffffc18 00000000", uptimeMs: 1_000, want: [-2000, -1000] },
  ])("of uptimes are signed differences of 32 bits: $name", ({ times, uptimeMs, want: [start, end] }) => {
    expect(decodeV9(times, { uptimeMs }).rows).toMatchObject([
      { time_start: iso(RECEIVED_MS + start!), time_end: iso(RECEIVED_MS + end!), time_source: "uptime" },
    ]);
  });

  it("that cannot be true are replaced by the receipt, keeping the duration, and counted", () => {
    const decoder = decodeV9("000f0000 000f03e8", { uptimeMs: 1_000_000, exportSeconds: 502 });
    const age = 1_000_000 - 0x0f_03e8;
    expect(decoder.rows).toMatchObject([
      { time_start: iso(RECEIVED_MS - age - 1000), time_end: iso(RECEIVED_MS - age), time_source: "received", time_export: iso(502_000) },
    ]);
    expect(decoder.stats().clampedTimes).toBe(1);
  });

  it("days in the future become the receipt", () => {
    expect(decodeV9("30000000 30000000", { uptimeMs: 1_000 }).rows).toMatchObject([
      { time_start: iso(RECEIVED_MS), time_end: iso(RECEIVED_MS), time_source: "received" },
    ]);
  });

  it.each([
    { name: "uptimes", elements: [22, 21], bytes: 4, good: ["000f3a70", "000f404c"], bad: ["000f4240", "7fffffff"] },
    {
      name: "milliseconds",
      elements: [152, 153],
      bytes: 8,
      good: ["000001a0c4506430", "000001a0c4506a0c"],
      bad: ["0000000000000000", "000001a0c4506a0c"],
    },
  ])("are the same beside a record that takes the long way: $name", ({ elements, bytes, good, bad }) => {
    const fields = template(256, [[8, 4], ...elements.map((element): Spec => [element, bytes])]);
    const decode = (...records: readonly string[][]): Record<string, unknown>[] =>
      new TestDecoder().decode(netflow9([set(0, fields), set(256, hex(records.map((times) => `0a000001 ${times.join(" ")}`).join(" ")))]));
    const [alone] = decode(good);
    const [first, second, third] = decode(good, bad, good);
    expect(alone).toMatchObject({ time_start: "2026-09-21T14:13:18.000Z", time_end: "2026-09-21T14:13:19.500Z" });
    expect([first, third]).toEqual([alone, alone]);
    expect(second).not.toMatchObject({ time_start: alone!["time_start"] });
  });

  it.each([
    { name: "a start before a turn of the lower word", exportSeconds: 1_099_511_628, first: -10_000, last: -1 },
    { name: "an end behind one", exportSeconds: 1_099_511_627, first: -20, last: 1_000 },
  ])("by uptime carry into the upper word: $name", ({ exportSeconds, first, last }) => {
    const exportMs = exportSeconds * 1000;
    expect(Math.floor((exportMs + first) / 2 ** 32)).toBe(Math.floor((exportMs + last) / 2 ** 32) - 1);
    const fields = template(256, [
      [8, 4],
      [22, 4],
      [21, 4],
    ]);
    const at = (ms: number): string => (1_000_000 + ms).toString(16).padStart(8, "0");
    const [row] = new TestDecoder().decode(
      netflow9([set(0, fields), set(256, hex(`0a000001 ${at(first)} ${at(last)}`))], { exportSeconds }),
      { receivedMs: exportMs },
    );
    expect(row).toMatchObject({
      time_start: new Date(exportMs + first).toISOString(),
      time_end: new Date(exportMs + last).toISOString(),
      time_source: "uptime",
    });
  });

  it("are left alone when reading files", () => {
    const decoder = decodeV9("000f0000 000f03e8", { uptimeMs: 1_000_000, exportSeconds: 86_400, clampTimes: false });
    expect(decoder.rows).toMatchObject([{ time_end: iso(86_400_000 - (1_000_000 - 0x0f_03e8)), time_source: "uptime" }]);
    expect(decoder.stats().clampedTimes).toBe(0);
  });
});
