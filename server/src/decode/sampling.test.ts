/** Where the sampling rate of a flow comes from, and which word wins. */
import { encodeNetflow5, encodeSflow, type DemoFlow } from "../demo/index.ts";
import { parseAddress } from "../flow/index.ts";
import type { SamplingOverrides } from "./index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import {
  concat,
  hex,
  ipfix,
  ipfixOptions,
  netflow9,
  netflow9Options,
  set,
  specs,
  template,
  type MessageHeader,
  type Spec,
} from "./testing/messages.ts";

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
const SAYS_RATE = specs("10:4 1:4 34:4");
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

/** Big-endian integers, each in as many bytes as its field has. */
function record(fields: readonly Spec[], values: readonly number[]): Uint8Array {
  return concat(
    ...fields.map(([, length], i) => {
      const bytes = new Uint8Array(length);
      for (let at = length - 1, left = values[i]!; at >= 0; at--, left = Math.floor(left / 256)) bytes[at] = left % 256;
      return bytes;
    }),
  );
}

interface Options {
  /** In v9, types of scope. */
  readonly scope: readonly Spec[];
  readonly fields: readonly Spec[];
  /** Values of scope and fields, a list for each record. */
  readonly records: readonly (readonly number[])[];
}

/** A message with an options template (id 300) and its records. */
const options9 = ({ scope, fields, records }: Options, header?: MessageHeader): Uint8Array =>
  netflow9(
    [set(1, netflow9Options(300, scope, fields)), set(300, concat(...records.map((values) => record([...scope, ...fields], values))))],
    header,
  );
const options10 = ({ scope, fields, records }: Options, header?: MessageHeader): Uint8Array =>
  ipfix(
    [
      set(3, ipfixOptions(300, scope.length, [...scope, ...fields])),
      set(300, concat(...records.map((values) => record([...scope, ...fields], values)))),
    ],
    header,
  );

/** Input and output interface, sampler, bytes. */
const FLOW_FIELDS = specs("10:4 14:4 48:1 1:4");
/** The same without a sampler. */
const PLAIN_FIELDS = specs("10:4 14:4 1:4");
const flow = (inIf: number, outIf: number, sampler: number): Uint8Array => record(FLOW_FIELDS, [inIf, outIf, sampler, 100]);
const PLAIN_FLOW = record(PLAIN_FIELDS, [1, 2, 100]);
const flows9 = (flows: readonly Uint8Array[], header?: MessageHeader): Uint8Array =>
  netflow9([set(0, template(256, FLOW_FIELDS)), set(256, concat(...flows))], header);
const flows10 = (flows: readonly Uint8Array[], header?: MessageHeader): Uint8Array =>
  ipfix([set(2, template(256, FLOW_FIELDS)), set(256, concat(...flows))], header);
const plain9 = (header?: MessageHeader): Uint8Array => netflow9([set(0, template(257, PLAIN_FIELDS)), set(257, PLAIN_FLOW)], header);
const plain10 = (header?: MessageHeader): Uint8Array => ipfix([set(2, template(257, PLAIN_FIELDS)), set(257, PLAIN_FLOW)], header);

const rated = (rows: readonly Record<string, unknown>[]): string[] =>
  rows.map(({ sampling_rate, sampling_source }) => `${sampling_rate as number} ${sampling_source as string}`);

describe("a rate in options", () => {
  it.each<{ name: string; fields: readonly Spec[]; values: readonly number[]; want: number }>([
    { name: "the interval of v9", fields: specs("34:4 35:1"), values: [1_000, 2], want: 1_000 },
    { name: "an interval in two bytes", fields: specs("34:2"), values: [1_000], want: 1_000 },
    { name: "an interval in eight bytes", fields: specs("34:8"), values: [1_000], want: 1_000 },
    { name: "the random interval", fields: specs("49:1 50:4"), values: [2, 512], want: 512 },
    { name: "count-based sampling", fields: specs("304:2 305:4 306:4"), values: [1, 1, 99], want: 100 },
    { name: "count-based sampling of several in a row", fields: specs("304:1 305:4 306:4"), values: [1, 10, 990], want: 100 },
    { name: "count-based sampling that leaves nothing out", fields: specs("304:2 305:4 306:4"), values: [1, 1, 0], want: 1 },
    { name: "time-based sampling", fields: specs("304:2 307:4 308:4"), values: [2, 1_000, 9_000], want: 10 },
    { name: "n out of N", fields: specs("304:2 309:4 310:4"), values: [3, 2, 512], want: 256 },
    { name: "a probability", fields: specs("304:2 311:4 311:4"), values: [4, 0x3c23d70a, 0], want: 100 }, // 0.01 as float32
    { name: "parameters without an algorithm", fields: specs("305:4 306:4"), values: [1, 99], want: 100 },
    { name: "no parameters of its algorithm, but others", fields: specs("304:2 305:1 309:1 310:4"), values: [1, 1, 1, 256], want: 256 },
    {
      name: "what its algorithm says, not the largest",
      fields: specs("304:2 305:4 306:4 309:4 310:4"),
      values: [1, 1, 99, 1, 5_000],
      want: 100,
    },
    { name: "a filter", fields: specs("304:2 305:4"), values: [5, 0], want: 0 },
    { name: "nothing taken at all", fields: specs("304:2 305:4 306:4"), values: [1, 0, 99], want: 0 },
    { name: "a number too large for the column", fields: specs("34:8"), values: [2 ** 40], want: 0xffff_ffff },
  ])("may be $name", ({ fields, values, want }) => {
    const decoder = new TestDecoder();
    decoder.decode(options10({ scope: specs("143:4"), fields, records: [[9, ...values]] }));
    expect(rated(decoder.decode(plain10()))).toEqual([want === 0 ? "0 unknown" : `${want} domain`]);
  });

  it("may be a probability of 64 bits", () => {
    const decoder = new TestDecoder();
    const fields = specs("143:4 304:2 311:8");
    const bytes = record(fields, [9, 4, 0]);
    new DataView(bytes.buffer).setFloat64(6, 0.001);
    decoder.decode(ipfix([set(3, ipfixOptions(300, 1, fields)), set(300, bytes)]));
    expect(rated(decoder.decode(plain10()))).toEqual(["1000 domain"]);
  });
});

describe("the rate of a flow", () => {
  const samplers: Options = {
    scope: specs("1:4"),
    fields: specs("48:1 50:4 49:1 84:8 34:4"),
    records: [
      [7, 1, 1_000, 2, 0, 1_000],
      [7, 2, 4_000, 2, 0, 4_000],
    ],
  };

  it("is that of the sampler it names", () => {
    const decoder = new TestDecoder();
    decoder.decode(options9(samplers));
    expect(rated(decoder.decode(flows9([flow(1, 2, 1), flow(1, 2, 2), flow(1, 2, 1), flow(1, 2, 3)])))).toEqual([
      "1000 sampler",
      "4000 sampler",
      "1000 sampler",
      "0 unknown", // a sampler that no table tells
    ]);
  });

  it("is that of the IPFIX selector it names", () => {
    const decoder = new TestDecoder();
    decoder.decode(options10({ scope: specs("302:4"), fields: specs("304:2 309:4 310:4"), records: [[7, 3, 1, 300]] }));
    const fields = specs("302:8 1:4");
    const rows = decoder.decode(ipfix([set(2, template(256, fields)), set(256, record(fields, [7, 100]))]));
    expect(rated(rows)).toEqual(["300 sampler"]);
  });

  it("follows from options in front of it in the same datagram", () => {
    const decoder = new TestDecoder();
    const all = [...samplers.scope, ...samplers.fields];
    const sets = [
      set(1, netflow9Options(300, samplers.scope, samplers.fields)),
      set(300, record(all, samplers.records[0]!)),
      set(0, template(256, FLOW_FIELDS)),
      set(256, flow(1, 2, 1)),
    ];
    expect(rated(decoder.decode(netflow9(sets)))).toEqual(["1000 sampler"]);
  });

  it("is that of its template, which another domain may tell (Nokia)", () => {
    const decoder = new TestDecoder();
    const scope = specs("149:4 145:2");
    const fields = specs("304:2 305:4 306:4");
    decoder.decode(options10({ scope, fields, records: [[5, 257, 1, 1, 99]] }, { domain: 5 }));
    decoder.decode(options10({ scope, fields, records: [[6, 257, 1, 1, 49]] }, { domain: 5 }));
    expect(rated(decoder.decode(plain10({ domain: 5 })))).toEqual(["100 template"]);
    expect(rated(decoder.decode(plain10({ domain: 6 })))).toEqual(["50 template"]);
    expect(rated(decoder.decode(plain10({ domain: 7 })))).toEqual(["0 unknown"]);
  });

  it("is that of its template by the scope of v9", () => {
    const decoder = new TestDecoder();
    decoder.decode(options9({ scope: specs("5:2"), fields: specs("34:4"), records: [[257, 100]] }));
    expect(rated(decoder.decode(plain9()))).toEqual(["100 template"]);
    expect(rated(decoder.decode(flows9([flow(1, 2, 0)])))).toEqual(["0 unknown"]);
  });

  it.each<{ name: string; send: () => Uint8Array; flows: typeof flows9 }>([
    {
      name: "v9",
      send: () =>
        options9({
          scope: specs("2:4"),
          fields: specs("34:4 35:1"),
          records: [
            [1, 100, 2],
            [2, 200, 2],
            [0, 7, 1],
          ],
        }),
      flows: flows9,
    },
    {
      name: "IPFIX",
      send: () =>
        options10({
          scope: specs("10:4"),
          fields: specs("305:4 306:4"),
          records: [
            [1, 1, 99],
            [2, 1, 199],
            [0, 1, 6],
          ],
        }),
      flows: flows10,
    },
  ])("is that of the interface it came in by, else left by, else of interface 0 as a whole ($name)", ({ send, flows }) => {
    const decoder = new TestDecoder();
    decoder.decode(send());
    expect(rated(decoder.decode(flows([flow(1, 2, 0), flow(2, 1, 0), flow(9, 2, 0), flow(8, 9, 0)])))).toEqual([
      "100 interface",
      "200 interface",
      "200 interface",
      "7 domain",
    ]);
  });

  it.each<{ name: string; options: Uint8Array; flows: Uint8Array }>([
    {
      name: "Juniper: interval in system scope",
      options: options9({ scope: specs("1:4"), fields: specs("34:4"), records: [[7, 1_000]] }),
      flows: plain9(),
    },
    {
      name: "SRX: scope of no bytes",
      options: options9({ scope: specs("1:0"), fields: specs("34:4"), records: [[0, 1_000]] }),
      flows: plain9(),
    },
    {
      name: "softflowd: v9, interface 0",
      options: options9({ scope: specs("2:4"), fields: specs("34:4 35:1"), records: [[0, 1_000, 1]] }),
      flows: plain9(),
    },
    {
      name: "softflowd: IPFIX, metering process",
      options: options10({ scope: specs("143:4"), fields: specs("305:4 306:4"), records: [[77, 1, 999]] }),
      flows: plain10(),
    },
    { name: "line card", options: options9({ scope: specs("3:4"), fields: specs("34:4"), records: [[2, 1_000]] }), flows: plain9() },
  ])("is that of its domain as a whole ($name)", ({ options, flows }) => {
    const decoder = new TestDecoder();
    decoder.decode(options);
    expect(rated(decoder.decode(flows))).toEqual(["1000 domain"]);
  });

  it("is not read from the scope of v9, whose numbers are no elements", () => {
    const decoder = new TestDecoder();
    decoder.decode(options9({ scope: specs("1:4 2:4"), fields: specs("36:2"), records: [[34, 50, 60]] }));
    expect(rated(decoder.decode(plain9()))).toEqual(["0 unknown"]);
  });

  it("changes when the options do, for what arrives from then on", () => {
    const decoder = new TestDecoder();
    const rate = (interval: number): Uint8Array => options9({ scope: specs("1:4"), fields: specs("34:4"), records: [[7, interval]] });
    decoder.decode(rate(100));
    expect(rated(decoder.decode(plain9()))).toEqual(["100 domain"]);
    decoder.decode(rate(200));
    expect(rated(decoder.decode(plain9()))).toEqual(["200 domain"]);
  });

  it("is told from another source port of its domain, while the ports agree", () => {
    const decoder = new TestDecoder();
    const rate = (interval: number): Uint8Array => options9({ scope: specs("1:4"), fields: specs("34:4"), records: [[7, interval]] });
    decoder.decode(rate(100), { port: 1 });
    decoder.decode(rate(100), { port: 2 });
    expect(rated(decoder.decode(plain9(), { port: 3 }))).toEqual(["100 domain"]);
    decoder.decode(rate(50), { port: 2 });
    expect(rated(decoder.decode(plain9(), { port: 3 }))).toEqual(["0 unknown"]);
    expect(rated(decoder.decode(plain9(), { port: 1 }))).toEqual(["100 domain"]);
    expect(rated(decoder.decode(plain9(), { port: 2 }))).toEqual(["50 domain"]);
    expect(rated(decoder.decode(plain9(), { port: 3, source: "192.0.2.9" }))).toEqual(["0 unknown"]);
  });

  it("is told from another domain of the exporter, while the domains agree", () => {
    const decoder = new TestDecoder();
    const rate = (interval: number, domain: number): Uint8Array =>
      options10({ scope: specs("144:4"), fields: specs("34:4"), records: [[1, interval]] }, { domain });
    decoder.decode(rate(100, 0));
    expect(rated(decoder.decode(plain10({ domain: 524_288 })))).toEqual(["100 exporter"]);
    decoder.decode(rate(10, 65_536));
    expect(rated(decoder.decode(plain10({ domain: 524_288 })))).toEqual(["0 unknown"]);
    expect(rated(decoder.decode(plain9({ domain: 0 })))).toEqual(["0 unknown"]); // another protocol is another process
  });

  it("is told by domain 0 for the domain that its options name", () => {
    const decoder = new TestDecoder();
    decoder.decode(
      options10({
        scope: specs("149:4"),
        fields: specs("34:4"),
        records: [
          [5, 100],
          [6, 200],
        ],
      }),
    );
    expect(rated(decoder.decode(plain10({ domain: 5 })))).toEqual(["100 domain"]);
    expect(rated(decoder.decode(plain10({ domain: 6 })))).toEqual(["200 domain"]);
    expect(rated(decoder.decode(plain10({ domain: 7 })))).toEqual(["0 unknown"]);
  });

  it("is that of the samplers, where the record names none and they are all alike", () => {
    const decoder = new TestDecoder();
    decoder.decode(options9({ ...samplers, records: [samplers.records[0]!] }));
    expect(rated(decoder.decode(plain9()))).toEqual(["1000 exporter"]);
    expect(rated(decoder.decode(flows9([flow(1, 2, 9)])))).toEqual(["0 unknown"]);
    decoder.decode(options9(samplers));
    expect(rated(decoder.decode(plain9()))).toEqual(["0 unknown"]);
  });

  it("is the strongest word of all that are said", () => {
    const fields = specs("10:4 48:1 50:4 1:4");
    const send = (decoder: TestDecoder, values: readonly number[]): string[] =>
      rated(decoder.decode(netflow9([set(0, template(256, fields)), set(256, record(fields, values))])));
    const decoder = new TestDecoder();
    expect(send(decoder, [1, 1, 0, 9])).toEqual(["0 unknown"]);
    expect(send(decoder, [1, 1, 1, 9])).toEqual(["1 record"]); // nothing else is known
    decoder.decode(options9({ scope: specs("1:4"), fields: specs("34:4"), records: [[7, 60]] }));
    expect(send(decoder, [1, 1, 1, 9])).toEqual(["60 domain"]);
    decoder.decode(options9({ scope: specs("2:4"), fields: specs("34:4"), records: [[1, 50]] }));
    expect(send(decoder, [1, 1, 1, 9])).toEqual(["50 interface"]);
    decoder.decode(options9({ scope: specs("5:2"), fields: specs("34:4"), records: [[256, 40]] }));
    expect(send(decoder, [1, 1, 1, 9])).toEqual(["40 template"]);
    decoder.decode(options9({ scope: specs("1:4"), fields: specs("48:1 50:4"), records: [[7, 1, 30]] }));
    expect(send(decoder, [1, 1, 1, 9])).toEqual(["30 sampler"]);
    expect(send(decoder, [1, 1, 20, 9])).toEqual(["20 record"]);
    decoder.decoder.configure({ samplingOverrides: operatorSays("192.0.2.1", { 0: 10 }) });
    expect(send(decoder, [1, 1, 20, 9])).toEqual(["10 operator"]);
  });

  it("of MikroTik 6.49, which reverses the bytes of 305 and 306", () => {
    const fields = specs("305:4 306:4 1:4");
    const rows = new TestDecoder().decode(
      ipfix([
        set(2, template(256, fields)),
        set(256, concat(record(fields, [0x0100_0000, 0xff0f_0000, 9]), record(fields, [0x0100_0000, 0, 9]))),
      ]),
    );
    expect(rated(rows)).toEqual(["4096 record", "1 record"]);
  });

  it("is forgotten with the session that told it", () => {
    const decoder = new TestDecoder({ limits: { maxSessions: 4 } });
    decoder.decode(options9({ scope: specs("1:4"), fields: specs("34:4"), records: [[7, 100]] }), { port: 1 });
    expect(rated(decoder.decode(plain9(), { port: 2 }))).toEqual(["100 domain"]);
    for (let port = 10; port < 20; port++) decoder.decode(plain9(), { port, source: "192.0.2.9" });
    expect(rated(decoder.decode(plain9(), { port: 2 }))).toEqual(["0 unknown"]);
  });
});
