/** Where the sampling rate of a flow comes from, and which word wins. */
import { encodeNetflow5, encodeSflow, type DemoFlow } from "../demo/index.ts";
import { parseAddress } from "../flow/index.ts";
import type { SamplingOverrides } from "./index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { hex, ipfix, set, template, type Spec } from "./testing/messages.ts";

/** Rates by interface of one exporter; interface 0: the exporter's own. */
function operatorSays(exporter: string, rates: Readonly<Record<number, number>>): SamplingOverrides {
  const bytes = parseAddress(exporter);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 4);
  const isIt = (address: Uint32Array): boolean => address.every((word, i) => word === words[i]);
  return {
    rateOf: (address, inIf) => (isIt(address) ? (rates[inIf] ?? rates[0] ?? 0) : 0),
    hasInterfaces: (address) => isIt(address) && Object.keys(rates).some((inIf) => inIf !== "0"),
  };
}

/** Interface, bytes, sampling interval. */
const SAYS_RATE: readonly Spec[] = [
  [10, 4],
  [1, 4],
  [34, 4],
];
const RECORDS = hex("00000001 00000064 0000000a  00000002 00000064 00000000  00000003 00000064 0000000a");

const FLOW: DemoFlow = {
  ipVersion: 4,
  srcAddr: "10.0.0.1",
  dstAddr: "10.0.0.2",
  proto: 17,
  srcPort: 40_000,
  dstPort: 53,
  tcpFlags: 0,
  tos: 0,
  bytes: 100,
  packets: 1,
  inIf: 1,
  outIf: 9,
  srcAs: 0,
  dstAs: 0,
  srcMask: 0,
  dstMask: 0,
  vlan: 0,
  startMs: RECEIVED_MS,
  endMs: RECEIVED_MS,
};
const FLOWS = [FLOW, { ...FLOW, inIf: 2 }];
const NETFLOW5 = encodeNetflow5({ flows: FLOWS, exportMs: RECEIVED_MS, bootMs: 0, sequence: 0, engine: 0, samplingInterval: 100 });
const SFLOW = encodeSflow({
  agent: "192.0.2.1",
  subAgent: 0,
  sequence: 0,
  uptimeMs: 1_000,
  sampleSequence: 0,
  samplingRate: 100,
  samples: FLOWS,
});

describe("the operator's rate", () => {
  const datagram = ipfix([set(2, template(256, SAYS_RATE)), set(256, RECORDS)]);

  it("of an exporter wins over what its records say", () => {
    const decoder = new TestDecoder({ samplingOverrides: operatorSays("192.0.2.1", { 0: 50 }) });
    const ordered = { sampling_rate: 50, sampling_source: "operator" };
    expect(decoder.decode(datagram)).toMatchObject([ordered, ordered, ordered]);
    expect(decoder.decode(datagram, { source: "192.0.2.2" })).toMatchObject([
      { sampling_rate: 10, sampling_source: "record" },
      { sampling_rate: 0, sampling_source: "unknown" },
      { sampling_rate: 10, sampling_source: "record" },
    ]);
  });

  it("of an interface wins for flows that came in by it", () => {
    const decoder = new TestDecoder({ samplingOverrides: operatorSays("192.0.2.1", { 1: 7, 2: 8 }) });
    expect(decoder.decode(datagram)).toMatchObject([
      { in_if: 1, sampling_rate: 7, sampling_source: "operator" },
      { in_if: 2, sampling_rate: 8, sampling_source: "operator" },
      { in_if: 3, sampling_rate: 10, sampling_source: "record" },
    ]);
  });

  it.each([
    { name: "the header of NetFlow v5", bytes: NETFLOW5, source: "header" },
    { name: "a sample of sFlow", bytes: SFLOW, source: "record" },
  ])("wins over $name, too", ({ bytes, source }) => {
    expect(new TestDecoder({ samplingOverrides: operatorSays("192.0.2.1", { 0: 50 }) }).decode(bytes)).toMatchObject([
      { sampling_rate: 50, sampling_source: "operator" },
      { sampling_rate: 50, sampling_source: "operator" },
    ]);
    expect(new TestDecoder({ samplingOverrides: operatorSays("192.0.2.1", { 2: 8 }) }).decode(bytes)).toMatchObject([
      { in_if: 1, sampling_rate: 100, sampling_source: source },
      { in_if: 2, sampling_rate: 8, sampling_source: "operator" },
    ]);
  });

  it("may be replaced at any time", () => {
    const decoder = new TestDecoder();
    const rates = (): unknown[] => decoder.decode(datagram).map(({ sampling_rate }) => sampling_rate);
    expect(rates()).toEqual([10, 0, 10]);
    decoder.decoder.configure({ samplingOverrides: operatorSays("192.0.2.1", { 0: 50, 3: 60 }) });
    expect(rates()).toEqual([50, 50, 60]);
    decoder.decoder.configure({ samplingOverrides: undefined });
    expect(rates()).toEqual([10, 0, 10]);
  });
});
