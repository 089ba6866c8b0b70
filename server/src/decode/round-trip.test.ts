import fc from "fast-check";
import {
  encodeNetflow1,
  encodeNetflow5,
  encodeNetflow6,
  encodeNetflow7,
  encodeNetflow8,
  encodeSflow,
  encodeTemplated,
  IPFIX_TEMPLATES,
  NETFLOW9_TEMPLATES,
  type DemoFlow,
} from "../demo/index.ts";
import { formatAddress } from "../flow/index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const ipv4 = bytesOf(4).map((bytes) => bytes.join("."));
/** Any IPv6 address but those that are IPv4 or nothing in disguise. */
const ipv6 = bytesOf(14).map((bytes) => formatAddress(Uint8Array.from([0x20, 0x01, ...bytes])));
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** A flow of the given family, small enough for 32-bit counters. */
function flowOf(ipVersion: 4 | 6): fc.Arbitrary<DemoFlow> {
  const address = ipVersion === 4 ? ipv4 : ipv6;
  return fc
    .record({
      srcAddr: address,
      dstAddr: address,
      // Not ICMP: its ports become type and code.
      proto: u8.filter((proto) => proto !== 1 && proto !== 58),
      srcPort: u16,
      dstPort: u16,
      tcpFlags: u8,
      tos: u8,
      bytes: u32,
      packets: u32,
      inIf: u16,
      outIf: u16,
      srcAs: u16,
      dstAs: u16,
      srcMask: fc.integer({ min: 0, max: ipVersion === 4 ? 32 : 128 }),
      dstMask: fc.integer({ min: 0, max: ipVersion === 4 ? 32 : 128 }),
      vlan: fc.integer({ min: 0, max: 4_095 }),
      ageMs: fc.integer({ min: 0, max: 1_000_000 }),
      durationMs: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ ageMs, durationMs, ...rest }) => ({
      ...rest,
      ipVersion,
      endMs: RECEIVED_MS - ageMs,
      startMs: RECEIVED_MS - ageMs - durationMs,
    }));
}

/** What every protocol but sFlow must give back. */
function wanted(flow: DemoFlow): Record<string, unknown> {
  return {
    ip_version: flow.ipVersion,
    src_addr: flow.srcAddr,
    dst_addr: flow.dstAddr,
    proto: flow.proto,
    src_port: flow.srcPort,
    dst_port: flow.dstPort,
    tcp_flags: flow.tcpFlags,
    tos: flow.tos,
    bytes: flow.bytes,
    packets: flow.packets,
    in_if: flow.inIf,
    out_if: flow.outIf,
    src_as: flow.srcAs,
    dst_as: flow.dstAs,
    src_mask: flow.srcMask,
    dst_mask: flow.dstMask,
    time_start: new Date(flow.startMs).toISOString(),
    time_end: new Date(flow.endMs).toISOString(),
    flows: 1,
  };
}

const clock = { exportMs: RECEIVED_MS, bootMs: RECEIVED_MS - 1_000, sequence: 0 };

describe("what is encoded is decoded", () => {
  it.each([
    ["NetFlow v5", 30, (flows: DemoFlow[]) => encodeNetflow5({ ...clock, flows, engine: 7, samplingInterval: 0 })],
    ["NetFlow v6", 27, (flows: DemoFlow[]) => encodeNetflow6({ ...clock, flows, engine: 7 })],
    ["NetFlow v7", 27, (flows: DemoFlow[]) => encodeNetflow7({ ...clock, flows })],
  ] as const)("in %s", (_, maxLength, encode) => {
    fc.assert(
      fc.property(fc.array(flowOf(4), { minLength: 1, maxLength }), (flows) => {
        expect(new TestDecoder().decode(encode(flows))).toMatchObject(flows.map(wanted));
      }),
    );
  });

  it("in NetFlow v1, which has no AS and no masks", () => {
    fc.assert(
      fc.property(fc.array(flowOf(4), { minLength: 1, maxLength: 24 }), (flows) => {
        const rows = new TestDecoder().decode(encodeNetflow1({ ...clock, flows }));
        expect(rows).toMatchObject(flows.map((flow) => ({ ...wanted(flow), src_as: 0, dst_as: 0, src_mask: null, dst_mask: null })));
      }),
    );
  });

  const ABSENT = {
    ip_version: 0,
    src_addr: null,
    dst_addr: null,
    proto: null,
    src_port: null,
    dst_port: null,
    tos: null,
    in_if: 0,
    out_if: 0,
  };
  const ALSO_ABSENT = { src_as: 0, dst_as: 0, src_mask: null, dst_mask: null, tcp_flags: null };
  it.each([
    [1, "src_as dst_as in_if out_if"],
    [2, "proto src_port dst_port"],
    [3, "ip_version src_addr src_mask src_as in_if"],
    [4, "ip_version dst_addr dst_mask dst_as out_if"],
    [5, "ip_version src_addr src_mask src_as in_if dst_addr dst_mask dst_as out_if"],
    [6, "ip_version dst_addr out_if tos"],
    [7, "ip_version src_addr dst_addr in_if out_if tos"],
    [8, "ip_version src_addr dst_addr in_if out_if tos proto src_port dst_port"],
    [9, "src_as dst_as in_if out_if tos"],
    [10, "proto src_port dst_port in_if out_if tos"],
    [11, "ip_version src_addr src_mask src_as in_if tos"],
    [12, "ip_version dst_addr dst_mask dst_as out_if tos"],
    [13, "ip_version src_addr src_mask src_as in_if dst_addr dst_mask dst_as out_if tos"],
    [14, "ip_version src_addr src_mask in_if dst_addr dst_mask out_if tos proto src_port dst_port"],
  ])("in NetFlow v8, aggregation %i: %s", (scheme, columns) => {
    const aggregated = fc
      .record({ flow: flowOf(4), flows: fc.integer({ min: 1, max: 0xffff_ffff }) })
      .map(({ flow, flows }) => ({ ...flow, flows }));
    fc.assert(
      fc.property(fc.array(aggregated, { minLength: 1, maxLength: 32 }), (flows) => {
        const rows = new TestDecoder().decode(encodeNetflow8({ ...clock, flows, engine: 0x0203, scheme }));
        expect(rows).toMatchObject(
          flows.map((flow) => {
            const all = wanted(flow);
            const carried = ["bytes", "packets", "time_start", "time_end", ...columns.split(" ")].map((name) => [name, all[name]]);
            const counted = scheme >= 6 && scheme <= 8 ? 1 : flow.flows;
            return { ...ABSENT, ...ALSO_ABSENT, ...Object.fromEntries(carried), flows: counted, template_id: scheme, obs_domain: 0x0203 };
          }),
        );
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["NetFlow v9", 9, NETFLOW9_TEMPLATES],
    ["IPFIX", 10, IPFIX_TEMPLATES],
  ] as const)("in %s, both families in one message", (_, version, templates) => {
    fc.assert(
      fc.property(fc.array(flowOf(4), { maxLength: 20 }), fc.array(flowOf(6), { maxLength: 20 }), (flows4, flows6) => {
        const sets = [
          { template: templates[4], flows: flows4 },
          { template: templates[6], flows: flows6 },
        ];
        const message = encodeTemplated({ ...clock, version, obsDomain: 9, templates: [templates[4], templates[6]], sets });
        const rows = new TestDecoder({}, 16).decode(message);
        expect(rows).toMatchObject(
          [...flows4, ...flows6].map((flow) => ({ ...wanted(flow), src_vlan: flow.vlan, flow_direction: 0, end_reason: 1 })),
        );
      }),
    );
  });

  it("in sFlow, one packet a row", () => {
    const sample = fc
      .oneof(flowOf(4), flowOf(6))
      .map((flow): DemoFlow => ({ ...flow, packets: 1, bytes: 60 + (flow.bytes % 1_441), proto: flow.proto % 2 === 0 ? 6 : 17 }));
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 12 }), fc.integer({ min: 1, max: 0xffff_ffff }), (samples, samplingRate) => {
        const rows = new TestDecoder().decode(
          encodeSflow({ agent: "192.0.2.77", subAgent: 1, sequence: 1, uptimeMs: 5, sampleSequence: 0, samplingRate, samples }),
        );
        expect(rows).toMatchObject(
          samples.map((flow) => ({
            exporter: "192.0.2.77",
            ip_version: flow.ipVersion,
            src_addr: flow.srcAddr,
            dst_addr: flow.dstAddr,
            proto: flow.proto,
            src_port: flow.srcPort,
            dst_port: flow.dstPort,
            tcp_flags: flow.proto === 6 ? flow.tcpFlags : null,
            tos: flow.tos,
            bytes: flow.bytes,
            frame_bytes: flow.bytes + 18 + (flow.vlan === 0 ? 0 : 4),
            packets: 1,
            in_if: flow.inIf,
            out_if: flow.outIf,
            src_vlan: flow.vlan,
            sampling_rate: samplingRate,
          })),
        );
      }),
    );
  });
});
