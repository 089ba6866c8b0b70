import { ByteWriter } from "../demo/index.ts";
import { FlowBatch, formatAddress, parseAddress } from "../flow/index.ts";
import { Decoder, type InterfaceCounters } from "./index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex } from "./testing/messages.ts";
import { block, flowSample, frame, IPV4, rawHeader, sflow, TCP } from "./testing/sflow.ts";

/** Generic interface counters; 64-bit ones beyond 2^53, so that a double would lose them. */
const INTERFACE = hex(`00000007 00000006 00000002540be400 00000001 00000003
  0020000000000001 00000065 00000066 00000067 00000068 00000069 0000006a
  fffffffffffffffe 000000c9 000000ca 000000cb 000000cc 000000cd 00000001`);
const NAME = concat(hex("00000004"), new TextEncoder().encode("eth0"));

const compact = (source: number, ...records: readonly Uint8Array[]): Uint8Array =>
  block(2, concat(new ByteWriter().u32(1).u32(source).u32(records.length).build(), ...records));
const expanded = (type: number, index: number, ...records: readonly Uint8Array[]): Uint8Array =>
  block(4, concat(new ByteWriter().u32(1).u32(type).u32(index).u32(records.length).build(), ...records));

function decode(...samples: readonly Uint8Array[]): { rows: InterfaceCounters[]; decoder: Decoder } {
  const rows: InterfaceCounters[] = [];
  const decoder = new Decoder();
  const batch = new FlowBatch(8);
  const context = { source: parseAddress("192.0.2.1"), sourcePort: 6343, receivedMs: RECEIVED_MS };
  decoder.decode(sflow({ samples }), context, { batch, flush: () => batch.reset(), counters: (row) => void rows.push(row) });
  return { rows, decoder };
}

const namesOf = (decoder: Decoder): unknown[] => decoder.facts().map(({ kind, key, name }) => ({ kind, key, name }));

describe("interface counters", () => {
  it("are exact, with who counted them", () => {
    const { rows, decoder } = decode(compact(0x0000_0007, block(1, INTERFACE)));
    const [{ exporter, exporterSource, ...row }] = rows as [InterfaceCounters];
    expect([formatAddress(exporter), formatAddress(exporterSource)]).toEqual(["198.51.100.1", "192.0.2.1"]);
    expect(row).toEqual({
      receivedMs: RECEIVED_MS,
      subAgent: 3,
      sourceType: 0,
      sourceIndex: 7,
      uptimeMs: 1_000,
      ifIndex: 7,
      ifType: 6,
      speed: 10_000_000_000n,
      direction: 1,
      isAdminUp: true,
      isOperUp: true,
      inOctets: 0x0020_0000_0000_0001n,
      inUnicastPackets: 101,
      inMulticastPackets: 102,
      inBroadcastPackets: 103,
      inDiscards: 104,
      inErrors: 105,
      inUnknownProtocols: 106,
      outOctets: 0xffff_ffff_ffff_fffen,
      outUnicastPackets: 201,
      outMulticastPackets: 202,
      outBroadcastPackets: 203,
      outDiscards: 204,
      outErrors: 205,
      isPromiscuous: true,
    });
    expect(decoder.stats()).toMatchObject([{ counterSamples: 1, rows: 0, dataRecords: 0, skipped: {}, dropped: {} }]);
  });

  it("of expanded samples have sources of 32 bits", () => {
    expect(decode(expanded(0, 1_285_816_721, block(1, INTERFACE))).rows).toMatchObject([
      { sourceType: 0, sourceIndex: 1_285_816_721, ifIndex: 7 },
    ]);
    expect(decode(compact(0x0200_0009, block(1, INTERFACE))).rows).toMatchObject([{ sourceType: 2, sourceIndex: 9 }]);
  });

  it("are read beside flow samples, and without anybody who takes them", () => {
    const packet = flowSample([rawHeader(frame("0800", IPV4("06", TCP)))]);
    const decoder = new TestDecoder();
    expect(decoder.decode(sflow({ samples: [packet, compact(7, block(1, INTERFACE)), packet] }))).toHaveLength(2);
    expect(decoder.stats()).toMatchObject({ counterSamples: 1, dataRecords: 2, dropped: {} });
  });

  it("stand beside other records, which are counted by format", () => {
    const { rows, decoder } = decode(compact(7, block(2, new Uint8Array(52)), block(1, INTERFACE), block(2207, new Uint8Array(32))));
    expect(rows).toHaveLength(1);
    expect(decoder.ignoredElements()).toMatchObject([
      { kind: "sflow_counters", enterprise: 0, id: 2, name: "ethernet_counters", records: 1 },
      { kind: "sflow_counters", enterprise: 0, id: 2207, name: "ovs_dp_stats", records: 1 },
    ]);
  });

  it("name their interface where the port has a name", () => {
    expect(namesOf(decode(compact(9, block(1005, NAME), block(1, INTERFACE))).decoder)).toEqual([
      { kind: "interface", key: "7", name: "eth0" },
    ]);
    expect(namesOf(decode(compact(9, block(1005, NAME))).decoder)).toEqual([{ kind: "interface", key: "9", name: "eth0" }]);
    expect(namesOf(decode(compact(0x0200_0009, block(1005, NAME))).decoder)).toEqual([]);
  });

  it.each([
    { name: "a sample without its fixed bytes", sample: block(2, new Uint8Array(8)), rows: 0, dropped: { bad_sample: 1 } },
    { name: "an expanded one", sample: block(4, new Uint8Array(12)), rows: 0, dropped: { bad_sample: 1 } },
    { name: "counters that are cut off", sample: compact(7, block(1, INTERFACE.slice(0, 87))), rows: 0, dropped: {} },
    { name: "a name longer than its record", sample: compact(7, block(1005, hex("ffffffff 65746830"))), rows: 0, dropped: {} },
    {
      name: "more records than there are",
      sample: block(2, concat(hex("00000001 00000007 ffffffff"), block(1, INTERFACE))),
      rows: 1,
      dropped: {},
    },
    { name: "a record longer than its sample", sample: compact(7, block(1, INTERFACE, 0xffff_ffff)), rows: 1, dropped: {} },
  ])("that lie cost only themselves: $name", ({ sample, rows, dropped }) => {
    const result = decode(sample, compact(7, block(1, INTERFACE)));
    expect(result.rows).toHaveLength(rows + 1);
    expect(result.decoder.stats()).toMatchObject([{ dropped }]);
    expect(namesOf(result.decoder)).toEqual([]);
  });
});
