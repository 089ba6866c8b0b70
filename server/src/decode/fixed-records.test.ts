import {
  encodeNetflow1,
  encodeNetflow5,
  encodeNetflow6,
  encodeNetflow7,
  encodeNetflow8,
  TrafficModel,
  type AggregatedFlow,
} from "../demo/index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex } from "./testing/messages.ts";

/** Uptime 1,000,000 ms, clock 2026-09-21T14:13:20.500Z, one record unless said. */
const header = (version: string, rest = "", count = "0001"): string => `${version} ${count} 000f4240 6ab13b80 1dcd6500 ${rest}`;
/** sequence 7, engine 1/2, aggregation of version 2, sampling mode 1 of 1 in 100. */
const header8 = (scheme: string, count = "0001"): string => header("0008", `00000007 01 02 ${scheme} 02 4064 ffff`, count);

/** First and last: 2,000 and 500 ms before the export. */
const TIMES = "000f3a70 000f404c";
const TIMED = { time_start: "2026-09-21T14:13:18.500Z", time_end: "2026-09-21T14:13:20.000Z", time_source: "uptime" };
/** dFlows 5, dPkts 6, dOctets 7. */
const SUMS = `00000005 00000006 00000007 ${TIMES}`;
const SUMMED = { flows: 5, packets: 6, bytes: 7, ...TIMED };
/** Nothing is known of these in a record that does not carry them; zero would be a value. */
const UNKNOWN = {
  src_addr: null,
  dst_addr: null,
  ip_version: 0,
  proto: null,
  src_port: null,
  dst_port: null,
  tcp_flags: null,
  icmp_type: null,
  tos: null,
  in_if: 0,
  out_if: 0,
  src_as: 0,
  dst_as: 0,
  src_mask: null,
  dst_mask: null,
  next_hop: null,
  sampling_rate: 0,
};
const FLOW = {
  ip_version: 4,
  src_addr: "10.0.0.1",
  dst_addr: "198.51.100.2",
  next_hop: "192.0.2.3",
  in_if: 4,
  out_if: 5,
  packets: 6,
  bytes: 7,
  flows: 1,
  src_port: 1000,
  dst_port: 443,
  proto: 6,
  tos: 0x20,
  tcp_flags: 0x1b,
  ...TIMED,
};
const FLOW_START = `0a000001 c6336402 c0000203 0004 0005 00000006 00000007 ${TIMES} 03e8 01bb`;

describe("records of fixed layout", () => {
  it.each([
    {
      name: "NetFlow v1",
      bytes: `${header("0001")} ${FLOW_START} ffff 06 20 1b ffffffffffffff`,
      want: { ...UNKNOWN, ...FLOW, flow_type: "netflow1", obs_domain: 0, template_id: 0 },
    },
    {
      name: "NetFlow v6",
      bytes: `${header("0006", "00000007 0102 ffff")} ${FLOW_START} ff 1b 06 20 fbf4 fbf5 18 10 0e 12 c00002fe`,
      want: { ...UNKNOWN, ...FLOW, flow_type: "netflow6", obs_domain: 0x0102, src_as: 64_500, dst_as: 64_501, src_mask: 24, dst_mask: 16 },
    },
    {
      name: "NetFlow v7",
      bytes: `${header("0007", "00000007 ffffffff")} ${FLOW_START} ff 1b 06 20 fbf4 fbf5 18 10 ffff c00002fe`,
      want: { ...UNKNOWN, ...FLOW, flow_type: "netflow7", obs_domain: 0, src_as: 64_500, dst_as: 64_501, src_mask: 24, dst_mask: 16 },
    },
  ])("are read: $name", ({ bytes, want }) => {
    const decoder = new TestDecoder();
    expect(decoder.decode(hex(bytes))).toMatchObject([want]);
    expect(decoder.stats()).toMatchObject({ dropped: {}, skipped: {}, dataRecords: 1 });
  });

  it.each([
    {
      scheme: "01",
      name: "AS",
      record: `${SUMS} fbf4 fbf5 0004 0005`,
      want: { ...SUMMED, src_as: 64_500, dst_as: 64_501, in_if: 4, out_if: 5 },
    },
    {
      scheme: "02",
      name: "protocol and port",
      record: `${SUMS} 06 ff ffff 03e8 01bb`,
      want: { ...SUMMED, proto: 6, src_port: 1000, dst_port: 443 },
    },
    {
      scheme: "03",
      name: "source prefix",
      record: `${SUMS} 0a010000 10 ff fbf4 0004 ffff`,
      want: { ...SUMMED, ip_version: 4, src_addr: "10.1.0.0", src_mask: 16, src_as: 64_500, in_if: 4 },
    },
    {
      scheme: "04",
      name: "destination prefix",
      record: `${SUMS} c6336400 18 ff fbf5 0005 ffff`,
      want: { ...SUMMED, ip_version: 4, dst_addr: "198.51.100.0", dst_mask: 24, dst_as: 64_501, out_if: 5 },
    },
    {
      scheme: "05",
      name: "prefix",
      record: `${SUMS} 0a010000 c6336400 18 10 ffff fbf4 fbf5 0004 0005`,
      want: {
        ...SUMMED,
        ip_version: 4,
        src_addr: "10.1.0.0",
        dst_addr: "198.51.100.0",
        dst_mask: 24,
        src_mask: 16,
        src_as: 64_500,
        dst_as: 64_501,
        in_if: 4,
        out_if: 5,
      },
    },
    {
      scheme: "06",
      name: "destination",
      record: `c6336402 00000006 00000007 ${TIMES} 0005 20 ff 00000001 c00002fe`,
      want: { ...SUMMED, flows: 1, ip_version: 4, dst_addr: "198.51.100.2", out_if: 5, tos: 0x20 },
    },
    {
      scheme: "07",
      name: "source and destination",
      record: `c6336402 0a000001 00000006 00000007 ${TIMES} 0005 0004 20 ff ffff 00000001 c00002fe`,
      want: { ...SUMMED, flows: 1, ip_version: 4, src_addr: "10.0.0.1", dst_addr: "198.51.100.2", in_if: 4, out_if: 5, tos: 0x20 },
    },
    {
      scheme: "08",
      name: "full flow",
      record: `c6336402 0a000001 01bb 03e8 00000006 00000007 ${TIMES} 0005 0004 20 06 ff ff 00000001 c00002fe`,
      want: {
        ...SUMMED,
        flows: 1,
        ip_version: 4,
        src_addr: "10.0.0.1",
        dst_addr: "198.51.100.2",
        proto: 6,
        src_port: 1000,
        dst_port: 443,
        in_if: 4,
        out_if: 5,
        tos: 0x20,
      },
    },
    {
      scheme: "09",
      name: "AS and ToS",
      record: `${SUMS} fbf4 fbf5 0004 0005 20 ff ffff`,
      want: { ...SUMMED, src_as: 64_500, dst_as: 64_501, in_if: 4, out_if: 5, tos: 0x20 },
    },
    {
      scheme: "0a",
      name: "protocol, port and ToS",
      record: `${SUMS} 06 20 ffff 03e8 01bb 0004 0005`,
      want: { ...SUMMED, proto: 6, tos: 0x20, src_port: 1000, dst_port: 443, in_if: 4, out_if: 5 },
    },
    {
      scheme: "0b",
      name: "source prefix and ToS",
      record: `${SUMS} 0a010000 10 20 fbf4 0004 ffff`,
      want: { ...SUMMED, ip_version: 4, src_addr: "10.1.0.0", src_mask: 16, tos: 0x20, src_as: 64_500, in_if: 4 },
    },
    {
      scheme: "0c",
      name: "destination prefix and ToS",
      record: `${SUMS} c6336400 18 20 fbf5 0005 ffff`,
      want: { ...SUMMED, ip_version: 4, dst_addr: "198.51.100.0", dst_mask: 24, tos: 0x20, dst_as: 64_501, out_if: 5 },
    },
    {
      scheme: "0d",
      name: "prefix and ToS",
      record: `${SUMS} 0a010000 c6336400 18 10 20 ff fbf4 fbf5 0004 0005`,
      want: {
        ...SUMMED,
        ip_version: 4,
        src_addr: "10.1.0.0",
        dst_addr: "198.51.100.0",
        dst_mask: 24,
        src_mask: 16,
        tos: 0x20,
        src_as: 64_500,
        dst_as: 64_501,
        in_if: 4,
        out_if: 5,
      },
    },
    {
      scheme: "0e",
      name: "prefix and port",
      record: `${SUMS} 0a010000 c6336400 18 10 20 06 03e8 01bb 0004 0005`,
      want: {
        ...SUMMED,
        ip_version: 4,
        src_addr: "10.1.0.0",
        dst_addr: "198.51.100.0",
        dst_mask: 24,
        src_mask: 16,
        tos: 0x20,
        proto: 6,
        src_port: 1000,
        dst_port: 443,
        in_if: 4,
        out_if: 5,
      },
    },
  ])("are read: NetFlow v8, aggregation by $name", ({ scheme, record, want }) => {
    const decoder = new TestDecoder();
    // Twice, so that a record of another length would be seen.
    const rows = decoder.decode(hex(`${header8(scheme, "0002")} ${record} ${record}`));
    const row = {
      ...UNKNOWN,
      ...want,
      flow_type: "netflow8",
      sampling_rate: 100,
      sampling_source: "header",
      obs_domain: 0x0102,
      template_id: Number.parseInt(scheme, 16),
    };
    expect(rows).toMatchObject([row, row]);
    expect(decoder.stats()).toMatchObject({ dropped: {}, skipped: {}, dataRecords: 2 });
  });

  it("take ICMP from the destination port, and from the source port where only that is set", () => {
    const ports = (text: string): string => `${SUMS} 01 000000 ${text}`;
    const rows = new TestDecoder().decode(hex(`${header8("02", "0002")} ${ports("1234 0800")} ${ports("0303 0000")}`));
    expect(rows).toMatchObject([
      { icmp_type: 8, icmp_code: 0, src_port: null, dst_port: null },
      { icmp_type: 3, icmp_code: 3, src_port: null, dst_port: null },
    ]);
  });

  it.each([
    { name: "an aggregation that does not exist", scheme: "0f 02" },
    { name: "aggregation 0", scheme: "00 02" },
    { name: "another version of the aggregations", scheme: "01 03" },
  ])("of $name are counted, and what came before is kept", ({ scheme }) => {
    const decoder = new TestDecoder();
    const unknown = `${header("0008", `00000007 01 02 ${scheme} 00000000`)} ${SUMS} fbf4 fbf5 0004 0005`;
    expect(decoder.decode(hex(`${header8("01")} ${SUMS} fbf4 fbf5 0004 0005 ${unknown}`))).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ dropped: { unknown_aggregation: 1 }, droppedBytes: { unknown_aggregation: 56 }, bytes: 112 });
  });
});

const clock = { exportMs: RECEIVED_MS, bootMs: RECEIVED_MS - 1_000_000 };
const flows = new TrafficModel(3)
  .next(40, RECEIVED_MS)
  .filter(({ ipVersion }) => ipVersion === 4)
  .slice(0, 4)
  .map((flow): AggregatedFlow => ({ ...flow, flows: 3 }));
const SCHEMES = Array.from({ length: 14 }, (_, i) => i + 1);
const PLAIN = [
  { name: "NetFlow v1", header: 16, record: 48, encode: () => encodeNetflow1({ ...clock, flows }) },
  { name: "NetFlow v6", header: 24, record: 52, encode: (sequence = 0) => encodeNetflow6({ ...clock, sequence, flows, engine: 1 }) },
  { name: "NetFlow v7", header: 24, record: 52, encode: (sequence = 0) => encodeNetflow7({ ...clock, sequence, flows }) },
];
const RECORD_BYTES = [28, 28, 32, 32, 40, 32, 40, 44, 32, 32, 32, 32, 40, 40];
const ALL = [
  ...PLAIN,
  ...SCHEMES.map((scheme) => ({
    name: `NetFlow v8, aggregation ${scheme}`,
    header: 28,
    record: RECORD_BYTES[scheme - 1]!,
    encode: (sequence = 0) => encodeNetflow8({ ...clock, sequence, flows, engine: 1, scheme }),
  })),
];

describe("datagrams of fixed layout", () => {
  it.each(ALL)("cut anywhere keep their whole records: $name", ({ header: headerBytes, record, encode }) => {
    const whole = encode();
    expect(whole).toHaveLength(headerBytes + 4 * record);
    for (let length = 2; length < whole.length; length++) {
      const decoder = new TestDecoder();
      const rows = decoder.decode(whole.subarray(0, length));
      if (length < headerBytes) expect(decoder.stats()).toMatchObject({ protocol: "unknown", dropped: { truncated_header: 1 } });
      else expect(decoder.stats()).toMatchObject({ dropped: { truncated_records: 1 }, bytes: length });
      expect(rows).toHaveLength(Math.max(0, Math.floor((length - headerBytes) / record)));
    }
  });

  it.each(ALL)("glued together are decoded one after the other: $name", ({ encode }) => {
    const decoder = new TestDecoder();
    expect(decoder.decode(concat(encode(0), encode(4), encode(8)))).toHaveLength(12);
    expect(decoder.stats()).toMatchObject({ datagrams: 1, dataRecords: 12, sequence: { lost: 0 }, dropped: {}, skipped: {} });
  });

  it.each([
    { name: "another version", at: 1, value: 9 },
    { name: "no record", at: 3, value: 0 },
    { name: "a clock of another year", at: 8, value: 0x60 },
  ])("followed by bytes that are none are not taken further: $name", ({ at, value }) => {
    const decoder = new TestDecoder();
    const glued = encodeNetflow5({ ...clock, flows, sequence: 4, engine: 0, samplingInterval: 0 });
    glued[at] = value;
    expect(decoder.decode(concat(encodeNetflow5({ ...clock, flows, sequence: 0, engine: 0, samplingInterval: 0 }), glued))).toHaveLength(4);
    expect(decoder.stats()).toMatchObject({ dropped: {}, skipped: { trailing_bytes: glued.length } });
  });

  it.each(ALL.slice(1))("tell by their sequence how many records are missing: $name", ({ encode }) => {
    const decoder = new TestDecoder();
    for (const sequence of [0, 4, 12, 16]) decoder.decode(encode(sequence));
    expect(decoder.stats()).toMatchObject({ sequence: { lost: 4 }, dataRecords: 16 });
  });

  it("of NetFlow v8 are numbered for each aggregation by itself", () => {
    const decoder = new TestDecoder();
    for (const sequence of [0, 4, 8]) {
      decoder.decode(encodeNetflow8({ ...clock, sequence, flows, engine: 1, scheme: 1 }));
      decoder.decode(encodeNetflow8({ ...clock, sequence: 700 + sequence, flows, engine: 1, scheme: 5 }));
    }
    expect(decoder.stats()).toMatchObject({ sequence: { lost: 0 }, dataRecords: 24 });
  });

  it("of NetFlow v1 have no sequence, so no loss is told", () => {
    const decoder = new TestDecoder();
    for (let i = 0; i < 3; i++) decoder.decode(encodeNetflow1({ ...clock, flows }));
    expect(decoder.stats()).toMatchObject({ sequence: { lost: 0 }, datagrams: 3 });
  });
});
