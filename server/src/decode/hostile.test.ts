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
  TrafficModel,
  type DemoFlow,
} from "../demo/index.ts";
import { FlowBatch, parseAddress } from "../flow/index.ts";
import { Decoder, readCapture, detectContainer, type FlowSink } from "./index.ts";
import { loadCaptureCases, readCaptureFile } from "./testing/captures.ts";
import { expectBalance, RECEIVED_MS } from "./testing/decode.ts";
import { ipfix, set } from "./testing/messages.ts";

const CONTEXT = { source: parseAddress("192.0.2.1"), sourcePort: 2055, receivedMs: RECEIVED_MS };

/** As long as the longest column. */
const ZEROS = new Uint8Array(512 * 16);

/** A sink that checks what the decoder promises about its rows. */
class CheckedSink implements FlowSink {
  readonly batch = new FlowBatch(512);
  rows = 0;

  flush(): void {
    expect(this.batch.rows).toBeLessThanOrEqual(this.batch.capacity);
    this.batch.settle();
    for (const column of this.batch.columns) {
      // Nothing is written behind the rows or into a column that is not marked.
      const stray = column.u8.subarray(column.touched ? this.batch.rows * column.width : 0);
      if (Buffer.compare(stray, ZEROS.subarray(0, stray.length)) !== 0) throw new Error(`${column.name} has bytes that no row owns`);
    }
    this.rows += this.batch.rows;
    this.batch.reset();
  }
}

/** Decodes hostile bytes after the datagrams of a peaceful session, so that templates are known. */
function attack(peace: readonly Uint8Array[], hostile: Iterable<Uint8Array>): void {
  const decoder = new Decoder();
  const sink = new CheckedSink();
  for (const datagram of peace) decoder.decode(datagram, CONTEXT, sink);
  let bytes = 0;
  for (const datagram of hostile) {
    bytes += datagram.length;
    decoder.decode(datagram, CONTEXT, sink);
    expectBalance(decoder);
    if (sink.batch.rows > 400) sink.flush();
  }
  sink.flush();
  const stats = decoder.stats();
  expect(stats.flatMap(({ dropped, lastError }) => ("internal_error" in dropped ? [lastError] : []))).toEqual([]);
  // A record takes at least a byte: no row is invented.
  expect(sink.rows).toBeLessThanOrEqual(bytes + peace.reduce((sum, { length }) => sum + length, 0));
  expect(stats.reduce((sum, { rows }) => sum + rows, 0)).toBe(sink.rows);
}

/** Every capture of a protocol that is read, as datagrams. */
function captures(): [string, Uint8Array[]][] {
  return (loadCaptureCases() ?? []).map(({ id, files }) => {
    const datagrams: Uint8Array[] = [];
    for (const file of files) {
      const bytes = readCaptureFile(file);
      readCapture(bytes, detectContainer(bytes, file), (datagram) => datagrams.push(datagram.bytes));
    }
    return [id, datagrams.slice(0, 6)];
  });
}

/** Our own datagrams, so that the tests bite without the captures. */
function ownDatagrams(): Uint8Array[] {
  const flows = new TrafficModel(5).next(60, RECEIVED_MS);
  const v4 = flows.filter(({ ipVersion }) => ipVersion === 4).slice(0, 12);
  const v6 = flows.filter(({ ipVersion }) => ipVersion === 6).slice(0, 4);
  const clock = { exportMs: RECEIVED_MS, bootMs: RECEIVED_MS - 1_000_000, sequence: 0 };
  const sets = (templates: typeof IPFIX_TEMPLATES | typeof NETFLOW9_TEMPLATES) => [
    { template: templates[4], flows: v4 },
    { template: templates[6], flows: v6 },
  ];
  return [
    encodeNetflow5({ ...clock, flows: v4, engine: 0, samplingInterval: 10 }),
    encodeTemplated({ ...clock, version: 9, obsDomain: 1, templates: Object.values(NETFLOW9_TEMPLATES), sets: sets(NETFLOW9_TEMPLATES) }),
    encodeTemplated({ ...clock, version: 10, obsDomain: 1, templates: Object.values(IPFIX_TEMPLATES), sets: sets(IPFIX_TEMPLATES) }),
    encodeSflow({
      agent: "192.0.2.1",
      subAgent: 0,
      sequence: 1,
      uptimeMs: 1,
      sampleSequence: 0,
      samplingRate: 10,
      samples: flows.slice(0, 8).map((flow): DemoFlow => ({ ...flow, packets: 1, bytes: 100 })),
    }),
    encodeNetflow1({ ...clock, flows: v4 }),
    encodeNetflow6({ ...clock, flows: v4, engine: 0 }),
    encodeNetflow7({ ...clock, flows: v4 }),
    ...Array.from({ length: 14 }, (_, i) =>
      encodeNetflow8({ ...clock, flows: v4.slice(0, 3).map((flow) => ({ ...flow, flows: 2 })), engine: 0, scheme: i + 1 }),
    ),
  ];
}

const sessions: [string, Uint8Array[]][] = [["our own datagrams", ownDatagrams()], ...captures()];

describe("hostile bytes", () => {
  it.each(sessions)("truncated anywhere: %s", (_, datagrams) => {
    attack(datagrams, truncations(datagrams));
    attack([], truncations(datagrams.slice(0, 2)));
  });

  it.each(sessions)("with bits flipped: %s", (_, datagrams) => {
    let state = 12_345;
    const random = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below;
    attack(datagrams, mutations(datagrams, random));
  });

  it("of any kind, and with any number written anywhere", () => {
    const [base] = sessions.map(([, datagrams]) => datagrams);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(1, 5, 6, 7, 8, 9, 10, 0), (bytes, version) => {
        const datagram = Uint8Array.from([0, version, 0, version === 0 ? 5 : 1, ...bytes]);
        attack(base!, [datagram]);
      }),
      { numRuns: 300 },
    );
  });

  it("cannot make the decoder remember without bound", () => {
    const decoder = new Decoder({ limits: { maxSessions: 50, maxTemplates: 200, maxWaitingBytes: 20_000 } });
    const sink = new CheckedSink();
    const [, v9] = ownDatagrams();
    for (let i = 0; i < 3_000; i++) {
      const datagram = v9!.slice();
      new DataView(datagram.buffer).setUint32(16, i); // another observation domain each time
      if (i % 2 === 0) new DataView(datagram.buffer).setUint16(20, 999); // and the template set is gone
      decoder.decode(datagram, { ...CONTEXT, sourcePort: i & 0xffff }, sink);
      sink.flush();
    }
    const stats = decoder.stats();
    expect(stats.length).toBeLessThanOrEqual(50);
    expect(stats.reduce((sum, { templates }) => sum + templates, 0)).toBeLessThanOrEqual(200);
    expect(stats.reduce((sum, { waitingSets }) => sum + waitingSets, 0)).toBeLessThanOrEqual(80);
    expect(decoder.byteBalance().received).toBe(3_000 * v9!.length); // also of the sessions given up
    expectBalance(decoder);
  });

  it("are not noted as waiting once their sets are given up", () => {
    // Sets of one byte for ever new templates, from 20 ports of each of 3 addresses; in the end only some of the sessions are kept.
    const decoder = new Decoder({
      limits: { maxSessions: 30, maxWaitingBytesPerSession: 2_600, maxWaitingBytes: 40_000, maxWaitingMs: 60_000 },
    });
    const sink = new CheckedSink();
    const waitingSets = (): number => decoder.stats().reduce((sum, session) => sum + session.waitingSets, 0);
    for (let i = 0; i < 600; i++) {
      const sets = Array.from({ length: 40 }, (_, n) => set(256 + ((i * 40 + n) % 60_000), [1]));
      const source = parseAddress(`192.0.2.${1 + (i % 3)}`);
      decoder.decode(ipfix(sets), { source, sourcePort: 1_000 + (i % 20), receivedMs: RECEIVED_MS + i * 10 }, sink);
      expect(waiterEntries(decoder).sessions).toBeLessThanOrEqual(waitingSets());
    }
    expect(waitingSets()).toBeGreaterThan(0);
    expect(decoder.givenUp().sessions).toBeGreaterThan(0);
    decoder.expire(Number.POSITIVE_INFINITY);
    expect(waiterEntries(decoder)).toEqual({ groups: 0, templates: 0, sessions: 0 });
  });

  it("leave errors of the sink to its owner, and the decoder usable", () => {
    const decoder = new Decoder();
    const batch = new FlowBatch(4);
    const sink = {
      batch,
      flush: (): void => {
        throw new Error("disk full");
      },
    };
    const [v5] = ownDatagrams();
    expect(() => decoder.decode(v5!, CONTEXT, sink)).toThrow("disk full");
    batch.reset();
    const working = new CheckedSink();
    decoder.decode(v5!, CONTEXT, working);
    working.flush();
    expect(working.rows).toBe(12);
  });

  it("find no end in a sink that does not empty its batch", () => {
    const decoder = new Decoder();
    const batch = new FlowBatch(4);
    const [v5, , , sflow] = ownDatagrams();
    for (const datagram of [v5!, sflow!]) decoder.decode(datagram, CONTEXT, { batch, flush: () => undefined });
    expectBalance(decoder);
    expect(decoder.stats().map(({ rows, dropped }) => [rows, dropped])).toEqual([
      [4, { sink_full: 8 }],
      [0, { sink_full: 8 }],
    ]);
  });
});

/** Size of the index of who waits for which template, level by level. */
function waiterEntries(decoder: Decoder): { groups: number; templates: number; sessions: number } {
  const groups = [...decoder["table"].waiting["waiters"].values()];
  const templates = groups.flatMap((group) => [...group.values()]);
  return { groups: groups.length, templates: templates.length, sessions: templates.reduce((sum, { size }) => sum + size, 0) };
}

function* truncations(datagrams: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const datagram of datagrams) for (let length = 0; length < datagram.length; length++) yield datagram.subarray(0, length);
}

function* mutations(datagrams: readonly Uint8Array[], random: (below: number) => number): Generator<Uint8Array> {
  for (let i = 0; i < 300; i++) {
    const datagram = datagrams[random(datagrams.length)]!.slice();
    if (datagram.length === 0) continue;
    // The first bytes hold the counts and lengths: hit them more often.
    for (let flips = 1 + random(6); flips > 0; flips--) {
      const at = random(3) === 0 ? random(Math.min(64, datagram.length)) : random(datagram.length);
      datagram[at]! ^= 1 << random(8);
    }
    yield datagram;
  }
}
