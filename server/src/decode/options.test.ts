/** What exporters tell about themselves in options: facts, kept while there is room. */
import type { ExporterFact } from "./index.ts";
import { loadCaptureCases } from "./testing/captures.ts";
import { decodeCase } from "./testing/decode-capture.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, ipfixOptions, netflow9, netflow9Options, set, specs, type Spec } from "./testing/messages.ts";

type Essence = Partial<Pick<ExporterFact, "kind" | "key" | "name" | "description" | "value" | "protocol">>;

/** A text in a field of fixed length, filled up with NULs. */
const text = (value: string, length: number): Uint8Array => {
  const utf8 = new TextEncoder().encode(value);
  return concat(utf8, new Uint8Array(length - utf8.length));
};
const options9 = (scope: readonly Spec[], fields: readonly Spec[], records: Uint8Array): Uint8Array =>
  netflow9([set(1, netflow9Options(300, scope, fields)), set(300, records)]);
const options10 = (scopes: number, fields: readonly Spec[], records: Uint8Array): Uint8Array =>
  ipfix([set(3, ipfixOptions(300, scopes, fields)), set(300, records)]);

describe("options tell", () => {
  it.each<{ name: string; bytes: Uint8Array; want: readonly Essence[] }>([
    {
      name: "names of interfaces, by an element (ASR 9000: as their description)",
      bytes: options9(
        specs("1:4"),
        specs("10:4 83:16"),
        concat(hex("c1c4be43 0000004a"), text("TenGigE0/0/0/1", 16), hex("c1c4be43 0000004b"), text("TenGigE0/0/0/2", 16)),
      ),
      want: [
        { kind: "interface", key: "74", name: "TenGigE0/0/0/1", description: "TenGigE0/0/0/1", protocol: "" },
        { kind: "interface", key: "75", name: "TenGigE0/0/0/2" },
      ],
    },
    {
      name: "names of interfaces, by the scope of v9",
      bytes: options9(specs("2:2"), specs("82:8 83:8"), concat(hex("0007"), text("eth7", 8), text("uplink", 8))),
      want: [{ kind: "interface", key: "7", name: "eth7", description: "uplink" }],
    },
    {
      name: "names of variable length, in one byte and in three",
      bytes: options10(1, specs("10:4 82:v 83:v"), concat(hex("00000007 04"), text("eth7", 4), hex("ff0005"), text("a wan", 5))),
      want: [{ kind: "interface", key: "7", name: "eth7", description: "a wan" }],
    },
    {
      name: "no interface 0 (softflowd)",
      bytes: options9(specs("2:4"), specs("34:4 35:1 82:8"), concat(hex("00000000 00000064 01"), text("any", 8))),
      want: [{ kind: "sampling", key: "", value: { sampling_rate: 100, selectorAlgorithm: 1 }, protocol: "netflow9" }],
    },
    {
      name: "applications with name, description and classes",
      bytes: options10(
        1,
        specs("95:4 96:8 94:8 372:8 373:8"),
        concat(hex("0d000001"), text("web", 8), text("browsing", 8), text("net", 8), text("sub", 8)),
      ),
      want: [
        {
          kind: "application",
          key: "13:1",
          name: "web",
          description: "browsing",
          value: { applicationCategoryName: "net", applicationSubCategoryName: "sub" },
        },
      ],
    },
    {
      name: "applications of an enterprise (Fortinet)",
      bytes: options9(specs("1:4"), specs("95:9 96:8"), concat(hex("00000000 14 00003044 0000a203"), text("Chat", 8))),
      want: [{ kind: "application", key: "20:12356:41475", name: "Chat" }],
    },
    {
      name: "attributes of applications that only their vendor knows",
      bytes: options10(1, specs("95:4 12232:8:9 1:2:4242"), concat(hex("0d000001"), text("browsing", 8), hex("0102"))),
      want: [{ kind: "application", key: "13:1", name: "", value: { appCategoryName: "browsing", "4242.1": 258 } }],
    },
    {
      name: "VRFs, though the id is scope and field (ASR 9000)",
      bytes: options10(1, specs("234:4 235:4 236:8 90:8"), concat(hex("60000001 60000001"), text("blue", 8), hex("0000fde8 00000064"))),
      want: [{ kind: "vrf", key: "1610612737", name: "blue", value: { mplsVpnRouteDistinguisher: "65000:100" } }],
    },
    {
      name: "samplers with their names",
      bytes: options9(specs("1:4"), specs("48:1 84:8 49:1 50:4"), concat(hex("00000000 03"), text("fast", 8), hex("02 00000200"))),
      want: [{ kind: "sampler", key: "3", name: "fast", value: { sampling_rate: 512, selectorAlgorithm: 2 } }],
    },
    {
      name: "names of selectors in records of their own",
      bytes: options10(1, specs("302:2 335:8"), concat(hex("0003"), text("one", 8))),
      want: [{ kind: "sampler", key: "3", name: "one", value: {} }],
    },
    {
      name: "totals of the exporting process",
      bytes: options10(1, specs("144:4 40:8 41:4 42:2"), hex("00000001 0000000100000000 00000002 0003")),
      want: [
        {
          kind: "statistics",
          key: "",
          value: { exportedOctetTotalCount: 2 ** 32, exportedMessageTotalCount: 2, exportedFlowRecordTotalCount: 3 },
        },
      ],
    },
    {
      name: "the boot time, of another domain too",
      bytes: options10(1, specs("149:4 160:8"), hex("00000005 0000018db59d2e00")),
      want: [{ kind: "boot", key: "domain 5", value: { systemInitTimeMilliseconds: 1_708_148_993_536 } }],
    },
    {
      name: "anything else, by name where the element is known, without what never stays the same",
      bytes: options10(
        2,
        specs("149:4 144:4 36:2 130:4 82:8 322:4 9999:2:4242 9998:12:4242"),
        concat(hex("00000000 00000009 003c c0000201"), text("any", 8), hex("11111111 0102 ff00ff00ff00ff00ff00ff00")),
      ),
      want: [
        {
          kind: "other",
          key: "observationDomainId=0 exportingProcessId=9",
          value: {
            flowActiveTimeout: 60,
            exporterIPv4Address: "192.0.2.1",
            interfaceName: "any",
            "4242.9999": 258,
            "4242.9998": "ff00ff00ff00ff00ff00ff00",
          },
        },
      ],
    },
    {
      name: "each element once, the first",
      bytes: options10(
        1,
        specs("10:4 82:4 210:3 82:4 83:4"),
        concat(hex("00000007"), text("one", 4), hex("ffffff"), text("two", 4), text("why", 4)),
      ),
      want: [{ kind: "interface", key: "7", name: "one", description: "why" }],
    },
    {
      name: "texts without control characters and broken bytes",
      bytes: options10(1, specs("10:4 82:12"), hex("00000007 65 1b 74 68 ff 00 3c 2f 62 3e 20 00")),
      want: [{ kind: "interface", key: "7", name: "eth\ufffd</b>" }],
    },
  ])("$name", ({ bytes, want }) => {
    const decoder = new TestDecoder();
    decoder.decode(bytes);
    expect(decoder.decoder.facts()).toEqual(
      want.map((fact) => expect.objectContaining({ exporter: "192.0.2.1", validFromMs: RECEIVED_MS, ...fact }) as unknown),
    );
    expect(decoder.stats()).toMatchObject({ dropped: {}, dataRecords: 0 });
  });

  it("the whole of a record or nothing: a broken one costs itself and the rest of its set", () => {
    const decoder = new TestDecoder();
    decoder.decode(options10(1, specs("10:4 82:v"), hex("00000007 03 616263 00000008 09 616263")));
    expect(decoder.decoder.facts()).toMatchObject([{ kind: "interface", key: "7", name: "abc" }]);
    expect(decoder.stats()).toMatchObject({ optionsRecords: 1, dropped: { bad_record: 1 } });
  });

  it("totals that show in the statistics of the session", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(options9(specs("1:4"), specs("42:4"), hex("00000000 00000009")))).toEqual([]);
    expect(decoder.stats().exporterTotals).toEqual({ exportedFlowRecordTotalCount: 9, toldMs: RECEIVED_MS });
  });
});

const named = (name: string): Uint8Array => options9(specs("2:4"), specs("82:8"), concat(hex("00000007"), text(name, 8)));
const HOUR_MS = 3_600_000;

describe("facts", () => {
  it("change with what is told, and are valid from then on", () => {
    const decoder = new TestDecoder();
    decoder.decode(named("old"));
    decoder.decode(named("old"), { receivedMs: RECEIVED_MS + 1_000 });
    expect(decoder.decoder.facts()).toMatchObject([{ name: "old", validFromMs: RECEIVED_MS, toldMs: RECEIVED_MS + 1_000 }]);
    decoder.decode(named("new"), { receivedMs: RECEIVED_MS + 2_000, port: 9 });
    expect(decoder.decoder.facts()).toMatchObject([{ name: "new", validFromMs: RECEIVED_MS + 2_000 }]);
  });

  it("are put together from tables that tell parts", () => {
    const decoder = new TestDecoder();
    decoder.decode(options9(specs("1:4"), specs("95:4 96:4"), concat(hex("00000000 0d000001"), text("web", 4))));
    decoder.decode(options9(specs("1:4"), specs("95:4 372:4"), concat(hex("00000000 0d000001"), text("net", 4))));
    expect(decoder.decoder.facts()).toMatchObject([{ key: "13:1", name: "web", value: { applicationCategoryName: "net" } }]);
  });

  it("are handed out as changes once, and again each day that they are told", () => {
    const decoder = new TestDecoder();
    const taken = (nowMs: number): string[] => decoder.decoder.takeChangedFacts(nowMs, 100).map(({ name }) => name);
    decoder.decode(named("eth0"));
    expect(taken(RECEIVED_MS)).toEqual(["eth0"]);
    decoder.decode(named("eth0"), { receivedMs: RECEIVED_MS + HOUR_MS });
    expect(taken(RECEIVED_MS + HOUR_MS)).toEqual([]);
    decoder.decode(named("eth1"), { receivedMs: RECEIVED_MS + HOUR_MS });
    expect(taken(RECEIVED_MS + HOUR_MS)).toEqual(["eth1"]);
    decoder.decode(named("eth1"), { receivedMs: RECEIVED_MS + 26 * HOUR_MS });
    expect(taken(RECEIVED_MS + 26 * HOUR_MS)).toEqual(["eth1"]);
  });

  it("that never stay the same are handed out every ten minutes at most, the latest", () => {
    const decoder = new TestDecoder();
    const tell = (flows: number, afterMs: number): unknown[] => {
      const bytes = new Uint8Array(8);
      bytes[7] = flows;
      decoder.decode(options9(specs("1:4"), specs("42:4"), bytes), { receivedMs: RECEIVED_MS + afterMs });
      return decoder.decoder.takeChangedFacts(RECEIVED_MS + afterMs, 100).map(({ value }) => value["exportedFlowRecordTotalCount"]);
    };
    expect([tell(1, 0), tell(2, 60_000), tell(2, 500_000), tell(2, 660_000), tell(3, 700_000)]).toEqual([[1], [], [], [2], []]);
  });

  it("that change soon after they were handed out are so in time, also when they are not told again", () => {
    const decoder = new TestDecoder();
    const taken = (nowMs: number): string[] => decoder.decoder.takeChangedFacts(nowMs, 100).map(({ name }) => name);
    decoder.decode(named("eth0"));
    expect(taken(RECEIVED_MS)).toEqual(["eth0"]);
    decoder.decode(named("eth1"), { receivedMs: RECEIVED_MS + 60_000 });
    expect(taken(RECEIVED_MS + 61_000)).toEqual([]);
    expect(taken(RECEIVED_MS + HOUR_MS)).toEqual(["eth1"]);
    expect(taken(RECEIVED_MS + 2 * HOUR_MS)).toEqual([]);
  });

  it("make room for newer ones beyond their limits, those told longest ago first, and are counted", () => {
    const decoder = new TestDecoder({ limits: { maxFactsOfKind: 100 } });
    const tell = (index: number, receivedMs: number): void => {
      const record = concat(Uint8Array.of(0, 0, index >> 8, index & 255), text(`eth${index}`, 8));
      decoder.decode(options9(specs("2:4"), specs("82:8"), record), { receivedMs });
    };
    for (let index = 1; index <= 1_000; index++) {
      tell(index, RECEIVED_MS + index);
      tell(1, RECEIVED_MS + index);
    }
    const facts = decoder.decoder.facts();
    expect(facts.length).toBeLessThanOrEqual(100);
    expect(facts.length + decoder.decoder.givenUp().facts).toBe(1_000);
    expect(facts.map(({ name }) => name)).toEqual(expect.arrayContaining(["eth1", "eth1000", "eth999"]));
  });

  it("keep so many entries and no more, however many elements are told of one key", () => {
    const decoder = new TestDecoder();
    const ELEMENTS = 200;
    for (let id = 1; id <= ELEMENTS; id++)
      decoder.decode(ipfix([set(3, ipfixOptions(300, 1, [...specs("10:4"), [id, 4, 9_999]])), set(300, hex("00000007 00000001"))]));
    decoder.decode(ipfix([set(3, ipfixOptions(300, 1, [...specs("10:4"), [1, 4, 9_999]])), set(300, hex("00000007 00000002"))]));
    const [fact] = decoder.decoder.facts();
    expect(Object.keys(fact!.value)).toHaveLength(64);
    expect(Object.values(fact!.value)).toContain(2);
  });

  it("take no more memory than allowed, whoever tells them", () => {
    const decoder = new TestDecoder({ limits: { maxFactBytes: 100_000 } });
    for (let i = 0; i < 2_000; i++)
      decoder.decode(named(`eth${i}`), { source: `198.51.${i >> 8}.${i & 255}`, receivedMs: RECEIVED_MS + i });
    const facts = decoder.decoder.facts();
    expect(facts.length).toBeLessThan(200);
    expect(facts.map(({ exporter }) => exporter)).toContain("198.51.7.207");
    expect(facts.map(({ exporter }) => exporter)).not.toContain("198.51.0.1");
  });

  it("go with the last session of their exporter", () => {
    const decoder = new TestDecoder({ limits: { maxSessions: 4 } });
    decoder.decode(named("eth0"));
    for (let port = 1; port < 9; port++) decoder.decode(named("eth0"), { port, source: "192.0.2.9", receivedMs: RECEIVED_MS + 1 });
    expect(decoder.decoder.facts()).toMatchObject([{ exporter: "192.0.2.9" }]);
  });
});

const cases = loadCaptureCases() ?? [];
const ifAny = cases.length > 0 ? describe : describe.skip;

ifAny("real exporters tell", () => {
  it.each<{ id: string; count: Readonly<Record<string, number>>; some: Essence }>([
    { id: "nf9-cisco-asr9k-options", count: { interface: 19 }, some: { kind: "interface", key: "74", name: "TenGigE0_0_1_0" } },
    {
      id: "nf9-cisco-nbar-options",
      count: { application: 15 },
      some: { kind: "application", key: "1:8", name: "egp", description: "Exterior Gateway Protocol" },
    },
    {
      id: "ipfix-juniper-mx240-options",
      count: { boot: 1, other: 1, sampling: 1, statistics: 1 },
      some: { kind: "sampling", key: "", value: { sampling_rate: 1_000 } },
    },
    {
      id: "nf9-fortigate-521",
      count: { other: 1, sampling: 1, statistics: 1 },
      some: { kind: "other", key: "system=1", value: { flowActiveTimeout: 1_800, flowIdleTimeout: 15 } },
    },
    {
      id: "lab-softflowd-ipfix",
      count: { boot: 1, other: 1, sampling: 1 },
      some: { kind: "sampling", value: { sampling_rate: 1, selectorAlgorithm: 1 } },
    },
  ])("$id", ({ id, count, some }) => {
    const { decoder } = decodeCase(cases.find((one) => one.id === id)!);
    const facts = decoder.facts();
    const counts: Record<string, number> = {};
    for (const { kind } of facts) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual(count);
    expect(facts).toContainEqual(expect.objectContaining(some));
  });
});
