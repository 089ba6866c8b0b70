import { encodeNetflow5, type DemoFlow } from "../demo/index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex } from "./testing/messages.ts";

const FLOW: DemoFlow = {
  ipVersion: 4,
  srcAddr: "10.0.0.1",
  dstAddr: "198.51.100.2",
  proto: 6,
  srcPort: 40_000,
  dstPort: 443,
  tcpFlags: 0x1b,
  tos: 8,
  bytes: 4_000_000_000,
  packets: 3,
  inIf: 65_535,
  outIf: 2,
  srcAs: 64_500,
  dstAs: 0,
  srcMask: 24,
  dstMask: 0,
  vlan: 0,
  startMs: RECEIVED_MS - 2_000,
  endMs: RECEIVED_MS - 500,
};

interface Header {
  readonly sequence?: number;
  readonly engine?: number;
  readonly samplingInterval?: number;
}

const datagram = (flows: readonly DemoFlow[], { sequence = 0, engine = 0, samplingInterval = 0 }: Header = {}): Uint8Array =>
  encodeNetflow5({ flows, exportMs: RECEIVED_MS, bootMs: RECEIVED_MS - 1_000_000, sequence, engine, samplingInterval });

describe("NetFlow v5", () => {
  it("fills every column it knows", () => {
    const [row] = new TestDecoder().decode(datagram([FLOW], { engine: 0x0102, samplingInterval: 100 }), { port: 9_999 });
    expect(row).toMatchObject({
      time_received: "2026-09-21T14:13:20.000Z",
      time_export: "2026-09-21T14:13:20.000Z",
      time_start: "2026-09-21T14:13:18.000Z",
      time_end: "2026-09-21T14:13:19.500Z",
      time_source: "uptime",
      exporter: "192.0.2.1",
      exporter_source: "192.0.2.1",
      exporter_port: 9_999,
      flow_type: "netflow5",
      obs_domain: 0x0102,
      template_id: 0,
      src_addr: "10.0.0.1",
      dst_addr: "198.51.100.2",
      ip_version: 4,
      proto: 6,
      src_port: 40_000,
      dst_port: 443,
      tcp_flags: 0x1b,
      tos: 8,
      bytes: 4_000_000_000,
      packets: 3,
      flows: 1,
      in_if: 65_535,
      out_if: 2,
      src_as: 64_500,
      dst_as: 0,
      next_hop: "0.0.0.0",
      src_mask: 24,
      dst_mask: 0,
      sampling_rate: 100, // without the mode in the upper bits
      sampling_source: "header",
      icmp_type: null,
      flow_direction: null,
    });
  });

  it("says nothing about sampling when the header does not", () => {
    expect(new TestDecoder().decode(datagram([FLOW]))).toMatchObject([{ sampling_rate: 0, sampling_source: "unknown" }]);
  });

  it("decodes as many records as there are, whatever the header counts", () => {
    const decoder = new TestDecoder();
    const bytes = datagram([FLOW, FLOW]);
    new DataView(bytes.buffer).setUint16(2, 55_582);
    expect(decoder.decode(bytes)).toHaveLength(2);
    expect(decoder.stats().dropped).toEqual({ truncated_records: 1 });
  });

  it("ignores bytes behind the records that the header counts", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(concat(datagram([FLOW]), hex("ffffffffffff")))).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ dropped: {}, skipped: { trailing_bytes: 6 } });
  });

  it("decodes datagrams that were glued together", () => {
    const decoder = new TestDecoder();
    expect(
      decoder.decode(concat(datagram([FLOW]), datagram([FLOW, FLOW], { sequence: 1 }), datagram([FLOW], { sequence: 3 }))),
    ).toHaveLength(4);
    expect(decoder.stats()).toMatchObject({ datagrams: 1, dataRecords: 4, sequence: { lost: 0 }, bytes: 3 * 24 + 4 * 48 });
  });

  it.each([
    { name: "no datagram is missing", sequences: [0, 1, 2, 3], lost: 0 },
    { name: "one is missing", sequences: [0, 1, 3], lost: 1 },
    { name: "one comes late", sequences: [0, 2, 1, 3], lost: 0 },
    { name: "the number wraps", sequences: [0xffff_fffe, 0xffff_ffff, 0, 1], lost: 0 },
    { name: "the exporter restarts", sequences: [500_000, 500_001, 0, 1], lost: 0 },
  ])("counts lost flows: $name", ({ sequences, lost }) => {
    const decoder = new TestDecoder();
    for (const sequence of sequences) decoder.decode(datagram([FLOW], { sequence }));
    expect(decoder.stats().sequence.lost).toBe(lost);
  });

  it("counts lost flows for each engine of a router by itself", () => {
    const decoder = new TestDecoder();
    for (const sequence of [10, 11, 12]) {
      decoder.decode(datagram([FLOW], { sequence, engine: 1 }));
      decoder.decode(datagram([FLOW], { sequence: sequence + 5_000, engine: 2 }));
    }
    expect(decoder.decoder.stats().map(({ obsDomain, sequence }) => [obsDomain, sequence.lost])).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });

  it("follows an exporter that numbers the last flow of a datagram instead of the first (Open vSwitch)", () => {
    const decoder = new TestDecoder();
    let last = -1;
    for (const count of [1, 3, 2, 5, 1]) {
      last += count;
      decoder.decode(
        datagram(
          Array.from({ length: count }, () => FLOW),
          { sequence: last >>> 0 },
        ),
      );
    }
    expect(decoder.stats().sequence).toMatchObject({ lost: 0, reordered: 0, duplicates: 0, restarts: 0 });
  });
});

describe("datagrams of other kinds", () => {
  it.each([
    { name: "nothing", bytes: hex(""), cause: "empty_datagram" },
    { name: "one byte", bytes: hex("05"), cause: "empty_datagram" },
    { name: "NetFlow v2, which never was", bytes: hex("0002 0001 00000000"), cause: "unknown_version" },
    { name: "sFlow v2", bytes: hex("00000002 00000001"), cause: "unsupported_sflow" },
    { name: "DNS", bytes: hex("a1b2 0100 0001 0000"), cause: "unknown_version" },
    { name: "zeros", bytes: new Uint8Array(32), cause: "unknown_version" },
    { name: "a cut v5 header", bytes: hex("0005 0001 00000000"), cause: "truncated_header" },
    { name: "a cut v9 header", bytes: hex("0009 0001 00000000"), cause: "truncated_header" },
    { name: "a cut IPFIX header", bytes: hex("000a 0010 00000000"), cause: "truncated_header" },
    { name: "an IPFIX length below its header", bytes: hex("000a 000f 00000000 00000000 00000000"), cause: "truncated_header" },
    { name: "a cut sFlow header", bytes: hex("00000005 00000001 c0000201"), cause: "truncated_header" },
    { name: "an sFlow agent of unknown type", bytes: concat(hex("00000005 00000009"), new Uint8Array(40)), cause: "truncated_header" },
  ])("are counted by cause: $name", ({ bytes, cause }) => {
    const decoder = new TestDecoder();
    expect(decoder.decode(bytes)).toEqual([]);
    expect(decoder.stats()).toMatchObject({
      protocol: "unknown",
      datagrams: 1,
      bytes: bytes.length,
      dropped: { [cause]: 1 },
      droppedBytes: { [cause]: bytes.length },
    });
    expect(decoder.stats().lastError).toBeTruthy();
  });
});
