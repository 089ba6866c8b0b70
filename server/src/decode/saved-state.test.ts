/** Templates and facts survive a restart: what is saved is taken back, and what is not ours or damaged is left alone. */
import fc from "fast-check";
import { FlowBatch, parseAddress, readFlow, type FlowValue } from "../flow/index.ts";
import { Decoder, detectContainer, exportTimeMs, readCapture, type DatagramContext } from "./index.ts";
import { loadCaptureCases, readCaptureFile, type CaptureCase } from "./testing/captures.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, ipfixOptions, netflow9, netflow9Options, set, specs, template } from "./testing/messages.ts";

const DAY_MS = 24 * 3_600_000;
const RECORD = hex("0a000001 0a000002 00000064");
const TEMPLATE = template(256, specs("8:4 12:4 1:4"));
const DATA = set(256, RECORD);
const RATE = [set(1, netflow9Options(300, specs("1:4"), specs("34:4"))), set(300, hex("00000000 00000064"))];
const APPLICATIONS = [set(1, netflow9Options(301, specs("1:4"), specs("95:4 96:4"))), set(301, hex("00000000 03000050 68747470"))];

function restored(lines: Iterable<string>, nowMs = RECEIVED_MS, limits = {}): TestDecoder {
  const decoder = new TestDecoder({ limits });
  expect(decoder.decoder.restoreState(lines, nowMs)).toBeDefined();
  return decoder;
}

describe("a decoder with a saved state", () => {
  it("decodes the first data set, with rate and names", () => {
    const before = new TestDecoder();
    const fields = template(257, specs("8:4 12:4 1:4 95:4"));
    before.decode(netflow9([set(0, TEMPLATE), set(0, fields), ...RATE, ...APPLICATIONS], { domain: 7 }));
    const after = restored(before.decoder.saveState());
    expect(after.decode(netflow9([DATA, set(257, concat(RECORD, hex("03000050")))], { domain: 7 }))).toMatchObject([
      { bytes: 100, sampling_rate: 100, sampling_source: "domain", app_name: null },
      { bytes: 100, sampling_rate: 100, sampling_source: "domain", app_name: "http" },
    ]);
    expect(after.decode(netflow9([DATA], { domain: 7 }), { port: 9 })).toHaveLength(1); // another source port of the same domain
    expect(after.decode(netflow9([DATA], { domain: 8 }))).toHaveLength(0);
    expect(after.decoder.facts()).toEqual(before.decoder.facts());
  });

  it("times flows by the boot time that it was told before", () => {
    const before = new TestDecoder();
    const boot = new Uint8Array(8);
    new DataView(boot.buffer).setBigUint64(0, BigInt(RECEIVED_MS - 50_000));
    before.decode(
      ipfix([
        set(2, template(256, specs("22:4 21:4 1:4"))),
        set(3, ipfixOptions(300, 1, specs("149:4 160:8"))),
        set(300, concat(hex("00000000"), boot)),
      ]),
    );
    expect(restored(before.decoder.saveState()).decode(ipfix([set(256, hex("00002710 00004e20 00000001"))]))).toMatchObject([
      { time_start: new Date(RECEIVED_MS - 40_000).toISOString(), time_source: "uptime" },
    ]);
  });

  it("shows no session, until it sends something", () => {
    const before = new TestDecoder();
    before.decode(netflow9([set(0, TEMPLATE), DATA]));
    const after = restored(before.decoder.saveState(), RECEIVED_MS + 1_000);
    expect(after.decoder.stats()).toEqual([]);
    after.decode(netflow9([DATA]), { receivedMs: RECEIVED_MS + 2_000 });
    expect(after.stats()).toMatchObject({ datagrams: 1, rows: 1, templates: 1, firstSeenMs: RECEIVED_MS + 2_000 });
  });

  it("follows a layout that changes after the restart", () => {
    const before = new TestDecoder();
    before.decode(ipfix([set(2, TEMPLATE)]));
    const after = restored(before.decoder.saveState());
    expect(after.decode(ipfix([set(2, template(256, specs("12:4 8:4 2:4"))), DATA]))).toMatchObject([
      { src_addr: "10.0.0.2", bytes: 0, packets: 100 },
    ]);
    expect(after.stats().templates).toBe(1);
  });

  it("hands facts out again when they are told again, valid since they were first", () => {
    const before = new TestDecoder();
    before.decode(netflow9(RATE));
    before.decoder.takeChangedFacts(RECEIVED_MS, 10);
    const after = restored(before.decoder.saveState());
    expect(after.decoder.takeChangedFacts(RECEIVED_MS + 1_000, 10)).toEqual([]);
    after.decode(netflow9(RATE), { receivedMs: RECEIVED_MS + 2_000 });
    expect(after.decoder.takeChangedFacts(RECEIVED_MS + 2_000, 10)).toMatchObject([
      { kind: "sampling", validFromMs: RECEIVED_MS, toldMs: RECEIVED_MS + 2_000 },
    ]);
  });

  it("has forgotten sessions that were silent for too long", () => {
    const before = new TestDecoder();
    before.decode(ipfix([set(2, TEMPLATE)]), { port: 1 });
    before.decode(ipfix([set(2, TEMPLATE)], { domain: 1 }), { port: 2, receivedMs: RECEIVED_MS + DAY_MS });
    const after = restored(before.decoder.saveState(), RECEIVED_MS + 7.5 * DAY_MS);
    expect(after.decode(ipfix([DATA]), { port: 1 })).toHaveLength(0);
    expect(after.decode(ipfix([DATA], { domain: 1 }), { port: 2 })).toHaveLength(1);
  });

  it("has nothing of a TCP connection, whose templates ended with it", () => {
    const before = new TestDecoder();
    const batch = new FlowBatch(4);
    const context: DatagramContext = { source: parseAddress("192.0.2.1"), sourcePort: 1, connection: 5, receivedMs: RECEIVED_MS };
    before.decoder.decode(ipfix([set(2, TEMPLATE), DATA]), context, { batch, flush: () => batch.reset() });
    expect(batch.rows).toBe(1);
    expect([...before.decoder.saveState()]).toHaveLength(1);
  });

  it("keeps to its limits", () => {
    const before = new TestDecoder();
    for (let id = 256; id < 656; id++) before.decode(ipfix([set(2, template(id, specs("8:4 12:4 1:4")))]), { port: id % 40 });
    const after = restored(before.decoder.saveState(), RECEIVED_MS, { maxSessions: 20, maxTemplates: 50, maxFieldsPerTemplate: 2 });
    expect([...after.decoder.saveState()]).toHaveLength(1);
    const roomier = restored(before.decoder.saveState(), RECEIVED_MS, { maxSessions: 20, maxTemplates: 50 });
    expect([...roomier.decoder.saveState()].join("").match(/"data"/g)!.length).toBeLessThanOrEqual(50);
  });

  it("notes every change that is worth saving", () => {
    const test = new TestDecoder();
    const changes = (bytes: Uint8Array): boolean => {
      const before = test.decoder.stateChanges();
      test.decode(bytes);
      return test.decoder.stateChanges() !== before;
    };
    const withdrawal = set(2, hex("0100 0000"));
    expect([[DATA], [set(2, TEMPLATE)], [set(2, TEMPLATE), DATA], [withdrawal]].map((sets) => changes(ipfix(sets)))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect([changes(netflow9(RATE)), changes(netflow9([RATE[1]!]))]).toEqual([true, false]);
  });
});

describe("a saved state", () => {
  const state = (): string[] => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, TEMPLATE), ...RATE, ...APPLICATIONS]));
    return [...decoder.decoder.saveState()];
  };

  it.each([
    { name: "nothing", lines: [] },
    { name: "another program's file", lines: ["# Sillage", "collector:"] },
    { name: "another JSON", lines: ['{"state":"something"}'] },
    { name: "a later version", lines: ['{"state":"sillage decoder","version":2}', ...state().slice(1)] },
  ])("is refused as a whole when it is $name", ({ lines }) => {
    const decoder = new TestDecoder();
    expect(decoder.decoder.restoreState(lines, RECEIVED_MS)).toBeUndefined();
    expect(decoder.decode(netflow9([DATA]))).toEqual([]);
  });

  it("gives what can be read of it", () => {
    const [header, session] = state();
    const decoder = new TestDecoder();
    const lines = [header!, "{", '{"session":{"flowType":9}}', '{"session":3,"templates":[[]]}', "[]", session!];
    expect(decoder.decoder.restoreState(lines, RECEIVED_MS)).toEqual({ sessions: 1, templates: 3, facts: 1, refused: 4 });
    expect(decoder.decode(netflow9([DATA]))).toHaveLength(1);
  });

  it("never breaks the decoder, whatever became of it", () => {
    const lines = state();
    const text = lines.join("\n");
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(8), fc.string({ maxLength: 8 }), (at, cut, put) => {
        const decoder = new TestDecoder();
        decoder.decoder.restoreState((text.slice(0, at) + put + text.slice(at + cut)).split("\n"), RECEIVED_MS);
        decoder.decode(netflow9([DATA, ...RATE, set(0, TEMPLATE), DATA]));
        expect(decoder.stats()).toMatchObject({ optionsRecords: 1 });
        expect(Array.from(decoder.decoder.saveState()).length).toBeGreaterThanOrEqual(3);
      }),
      { numRuns: 2_000, seed: 4 },
    );
  });

  it.each<{ name: string; line: (session: Record<string, unknown>) => unknown }>([
    { name: "templates that are none", line: (s) => ({ ...s, templates: [["data", 1, "AQAAAgAIAAQ="], ["data", 1, ""], ["data", 1, "AQAAAA=="], ["x", 1, "AQAAAQAIAAQ="], ["data", -1, "AQAAAQAIAAQ="], 5] }) }, // prettier-ignore
    { name: "facts that are none", line: (s) => ({ ...s, facts: [["sampling", 1.5, "", "", {}, 1, 1], ["x", 1, "", "", {}, 1, 1], ["other", "a", 5, "", {}, 1, 1], ["other", "a", "", "", { x: [] }, 1, 1], ["other", "x".repeat(300), "", "", {}, 1, 1], null] }) }, // prettier-ignore
  ])("of $name gives nothing", ({ line }) => {
    const [header, session] = state();
    const saved = JSON.parse(session!) as Record<string, unknown>;
    const decoder = new TestDecoder();
    const result = decoder.decoder.restoreState([header!, JSON.stringify(line({ ...saved, templates: [], facts: [] }))], RECEIVED_MS);
    expect(result).toEqual({ sessions: 1, templates: 0, facts: 0, refused: 6 });
  });
});

const cases = (loadCaptureCases() ?? []).filter(({ protocol }) => /v9|ipfix/i.test(protocol));
const ifAny = cases.length > 0 ? describe : describe.skip;

ifAny("a restart in the middle of a capture", () => {
  it.each(cases.map((one) => [one.id, one] as const))("%s loses nothing", (_, one) => {
    const datagrams = readCase(one);
    for (const at of new Set([1, Math.floor(datagrams.length / 2), datagrams.length - 1])) {
      const before = new Decoder({ clampTimes: false });
      rowsOf(before, datagrams.slice(0, at));
      if (before.stats().some(({ waitingSets }) => waitingSets > 0)) continue; // what waits for a template waits in memory
      const after = new Decoder({ clampTimes: false });
      expect(after.restoreState(before.saveState(), datagrams[0]!.context.receivedMs)).toMatchObject({ refused: 0 });
      expect(rowsOf(after, datagrams.slice(at))).toEqual(rowsOf(before, datagrams.slice(at)));
    }
  });
});

interface Arrival {
  readonly bytes: Uint8Array;
  readonly context: DatagramContext;
}

function readCase(one: CaptureCase): Arrival[] {
  const arrivals: Arrival[] = [];
  for (const file of one.files) {
    const bytes = readCaptureFile(file);
    // As over UDP: templates of a stream's connection would end with it.
    readCapture(bytes, detectContainer(bytes, file), ({ bytes: datagram, source, sourcePort, capturedMs }) => {
      arrivals.push({
        bytes: datagram.slice(),
        context: { source: source.slice(), sourcePort, receivedMs: capturedMs ?? exportTimeMs(datagram) ?? 0 },
      });
    });
  }
  return arrivals;
}

function rowsOf(decoder: Decoder, arrivals: readonly Arrival[]): Record<string, FlowValue>[] {
  const rows: Record<string, FlowValue>[] = [];
  const batch = new FlowBatch(256);
  const flush = (): void => {
    for (let row = 0; row < batch.rows; row++) rows.push(readFlow(batch, row));
    batch.reset();
  };
  for (const { bytes, context } of arrivals) decoder.decode(bytes, context, { batch, flush });
  flush();
  return rows;
}
