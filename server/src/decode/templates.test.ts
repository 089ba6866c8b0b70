import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, ipfixOptions, netflow9, netflow9Options, set, template, type Spec } from "./testing/messages.ts";

/** Source address, destination address, bytes. */
const FLOW: readonly Spec[] = [
  [8, 4],
  [12, 4],
  [1, 4],
];
const RECORD = hex("0a000001 0a000002 00000064");
const FLOW_TEMPLATE = template(256, FLOW);

describe("templates", () => {
  it("decode data behind them in the same datagram and in later ones", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(netflow9([set(0, FLOW_TEMPLATE), set(256, RECORD)]))).toMatchObject([
      { src_addr: "10.0.0.1", dst_addr: "10.0.0.2", bytes: 100, template_id: 256 },
    ]);
    expect(decoder.decode(netflow9([set(256, concat(RECORD, RECORD))]))).toHaveLength(2);
  });

  it("are waited for: data in front of them, in the same datagram too, is decoded when they come", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(ipfix([set(256, RECORD)], { exportSeconds: 1_789_999_000 }))).toEqual([]);
    expect(decoder.stats()).toMatchObject({ waitingSets: 1, waitingTemplates: [{ templateId: 256, sets: 1 }], dataRecords: 0 });
    const rows = decoder.decode(ipfix([set(256, RECORD), set(2, FLOW_TEMPLATE)]));
    expect(rows).toHaveLength(2);
    expect(rows[0]!["time_export"]).toBe(new Date(1_789_999_000_000).toISOString()); // the context of its own message
    expect(decoder.stats()).toMatchObject({ waitingSets: 0, dataRecords: 2, dropped: {} });
  });

  it("make room for newer data when too much waits, and count what was given up", () => {
    const decoder = new TestDecoder({ limits: { maxWaitingBytesPerSession: 1_000 } });
    for (let i = 0; i < 5; i++) decoder.decode(ipfix([set(256, RECORD)]));
    expect(decoder.stats()).toMatchObject({ waitingSets: 3, dropped: { waiting_full: 2 }, droppedBytes: { waiting_full: 24 } });
    expect(decoder.decode(ipfix([set(2, FLOW_TEMPLATE)]))).toHaveLength(3);
  });

  it("are waited for until the time is over", () => {
    const decoder = new TestDecoder({ limits: { maxWaitingMs: 60_000 } });
    decoder.decode(ipfix([set(256, RECORD)]));
    decoder.decoder.expire(RECEIVED_MS + 59_000);
    expect(decoder.stats().waitingSets).toBe(1);
    decoder.decoder.expire(RECEIVED_MS + 61_000);
    expect(decoder.stats()).toMatchObject({
      waitingSets: 0,
      dropped: { template_never_came: 1 },
      droppedBytes: { template_never_came: 12 },
    });
  });

  it("belong to a session: the same id means something else in another observation domain", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, FLOW_TEMPLATE)], { domain: 1 }));
    decoder.decode(netflow9([set(0, template(256, [[4, 1]]))], { domain: 2 }));
    expect(decoder.decode(netflow9([set(256, RECORD)], { domain: 1 }))).toHaveLength(1);
    expect(decoder.decode(netflow9([set(256, RECORD)], { domain: 3 }))).toHaveLength(0);
  });

  it("are found from another source port of the exporter, when its ports agree", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, FLOW_TEMPLATE)]), { port: 1_000 });
    decoder.decode(netflow9([set(0, FLOW_TEMPLATE)]), { port: 1_001 });
    expect(decoder.decode(netflow9([set(256, RECORD)]), { port: 1_002 })).toHaveLength(1);
    expect(decoder.decode(netflow9([set(256, RECORD)]), { port: 1_002, source: "192.0.2.99" })).toHaveLength(0);
  });

  it("of another source port are not used for a set that they do not fit", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, FLOW_TEMPLATE)]), { port: 1_000 });
    const longer = template(256, [
      [8, 4],
      [12, 4],
      [1, 4],
      [2, 4],
      [4, 1],
    ]);
    const record = [192, 0, 2, 1, 192, 0, 2, 2, 0, 0, 0, 100, 0, 0, 0, 7, 17];
    expect(decoder.decode(netflow9([set(256, record)]), { port: 1_001 })).toHaveLength(0);
    expect(decoder.decode(netflow9([set(0, longer)]), { port: 1_001 })).toMatchObject([{ bytes: 100, packets: 7, proto: 17 }]);
  });

  it("are not guessed where the source ports of an exporter disagree: its data waits for the port's own", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, FLOW_TEMPLATE)]), { port: 1_000 });
    decoder.decode(
      netflow9([
        set(
          0,
          template(256, [
            [8, 4],
            [4, 1],
            [1, 4],
          ]),
        ),
      ]),
      { port: 1_001 },
    );
    expect(decoder.decode(netflow9([set(256, RECORD)]), { port: 1_002 })).toHaveLength(0);
    expect(decoder.decode(netflow9([set(256, RECORD)]), { port: 1_000 })).toHaveLength(1);
    expect(decoder.decode(netflow9([set(0, FLOW_TEMPLATE)]), { port: 1_002 })).toHaveLength(1);
    expect(decoder.decode(netflow9([set(256, RECORD)]), { port: 1_003 })).toHaveLength(0);
    decoder.decoder.expire(Number.POSITIVE_INFINITY);
    expect(decoder.decoder.stats().map(({ dropped }) => dropped)).toEqual([{}, {}, {}, { ambiguous_template: 1 }]);
  });

  it("decode what waits on a sibling's port", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(256, RECORD)]), { port: 1_000 });
    expect(decoder.decode(netflow9([set(0, FLOW_TEMPLATE)]), { port: 1_001 })).toMatchObject([{ exporter_port: 1_000 }]);
  });

  it("are replaced when their layout changes, and not decoded with the old one again", () => {
    const decoder = new TestDecoder();
    decoder.decode(ipfix([set(2, FLOW_TEMPLATE)]));
    decoder.decode(
      ipfix([
        set(
          2,
          template(256, [
            [12, 4],
            [8, 4],
            [2, 4],
          ]),
        ),
      ]),
    );
    expect(decoder.decode(ipfix([set(256, RECORD)]))).toMatchObject([
      { src_addr: "10.0.0.2", dst_addr: "10.0.0.1", bytes: 0, packets: 100 },
    ]);
    expect(decoder.stats().templates).toBe(1);
  });

  it("are counted when their layout changes, not when they are repeated or shared by ports", () => {
    const decoder = new TestDecoder();
    const other = template(256, [
      [12, 4],
      [8, 4],
      [2, 4],
    ]);
    for (const layout of [FLOW_TEMPLATE, FLOW_TEMPLATE, other, other, FLOW_TEMPLATE]) decoder.decode(ipfix([set(2, layout)]));
    expect(decoder.stats().layoutChanges).toBe(2);
    decoder.decode(ipfix([set(2, other)]), { port: 9 });
    expect(decoder.decoder.stats().map(({ layoutChanges }) => layoutChanges)).toEqual([2, 0]);
  });

  it("are forgotten when withdrawn; withdrawing all is not legal over UDP and ignored", () => {
    const decoder = new TestDecoder();
    decoder.decode(ipfix([set(2, FLOW_TEMPLATE)]));
    decoder.decode(ipfix([set(2, hex("0002 0000"))]));
    expect(decoder.decode(ipfix([set(256, RECORD)]))).toHaveLength(1);
    decoder.decode(ipfix([set(2, hex("0100 0000"))]));
    expect(decoder.decode(ipfix([set(256, RECORD)]))).toHaveLength(0);
    expect(decoder.stats()).toMatchObject({ templates: 0, skipped: { withdrawals: 2 } });
  });

  it.each([
    { name: "no byte a record", bytes: template(256, [[8, 0]]), cause: "bad_template" },
    { name: "no field (v9)", bytes: hex("0100 0000"), cause: "bad_template" },
    { name: "more fields than bytes", bytes: hex("0100 ffff 0008 0004"), cause: "bad_template" },
    {
      name: "a record longer than a set can be",
      bytes: template(256, [
        [8, 65_000],
        [9, 65_000],
      ]),
      cause: "bad_template",
    },
    {
      name: "more fields than the limit",
      bytes: template(
        256,
        Array.from({ length: 1_001 }, (_, i): Spec => [i + 1, 1]),
      ),
      cause: "template_too_large",
    },
  ])("are refused with $name; the others of the set are kept", ({ bytes, cause }) => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, concat(template(257, FLOW), bytes))]));
    expect(decoder.stats()).toMatchObject({ templates: 1, dropped: { [cause]: 1 } });
    expect(decoder.decode(netflow9([set(257, RECORD)]))).toHaveLength(1);
  });

  it("are capped for each session and in total, the least recently used go", () => {
    const decoder = new TestDecoder({ limits: { maxTemplatesPerSession: 10, maxTemplates: 15 } });
    for (let id = 256; id < 356; id++) decoder.decode(ipfix([set(2, template(id, FLOW))]), { receivedMs: RECEIVED_MS + id });
    expect(decoder.stats().templates).toBe(10);
    expect(decoder.decode(ipfix([set(355, RECORD)]))).toHaveLength(1);
    for (let id = 256; id < 356; id++)
      decoder.decode(ipfix([set(2, template(id, FLOW))]), { port: 9, receivedMs: RECEIVED_MS + 1_000 + id });
    const kept = decoder.decoder.stats().reduce((sum, { templates }) => sum + templates, 0);
    expect(kept).toBeLessThanOrEqual(15);
    expect(decoder.decoder.givenUp().templates).toBe(200 - kept);
  });

  it("and sessions are capped: new sources push out those that never sent a flow", () => {
    const decoder = new TestDecoder({ limits: { maxSessions: 20 } });
    decoder.decode(ipfix([set(2, FLOW_TEMPLATE), set(256, RECORD)]));
    for (let port = 1; port <= 500; port++) decoder.decode(ipfix([set(2, FLOW_TEMPLATE)]), { port, source: "203.0.113.5" });
    expect(decoder.decoder.stats().length).toBeLessThanOrEqual(20);
    expect(decoder.decoder.givenUp().sessions).toBeGreaterThanOrEqual(481);
    expect(decoder.decode(ipfix([set(256, RECORD)]))).toHaveLength(1);
  });

  it("and what a session counted is told when it is given up, with what still waited in it", () => {
    const decoder = new TestDecoder({ limits: { maxSessions: 2 } });
    for (let port = 1; port <= 3; port++) decoder.decode(ipfix([set(256, RECORD)]), { port, receivedMs: RECEIVED_MS + port });
    expect(decoder.decoder.takeEnded()).toMatchObject([
      { sourcePort: 1, datagrams: 1, waitingSets: 0, waitingBytes: 0, dropped: { waiting_full: 1 } },
    ]);
    expect(decoder.decoder.takeEnded()).toEqual([]);
  });
});

describe("options", () => {
  it("of v9 are counted and stepped over; a scope is no element", () => {
    const decoder = new TestDecoder();
    const options = netflow9Options(
      300,
      [[1, 4]],
      [
        [34, 4],
        [35, 1],
      ],
    );
    decoder.decode(netflow9([set(1, options), set(300, hex("0000000a 000003e8 02 0000000b 000003e8 02 0000"))]));
    expect(decoder.rows).toEqual([]);
    expect(decoder.stats()).toMatchObject({ optionsRecords: 2, dataRecords: 0, dropped: {} });
  });

  it("of v9 may have a scope of length 0", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(1, netflow9Options(300, [[1, 0]], [[34, 4]])), set(300, hex("000003e8"))]));
    expect(decoder.stats()).toMatchObject({ optionsRecords: 1, dropped: {} });
  });

  it("of IPFIX tell the boot time, which flows timed by uptime need", () => {
    const decoder = new TestDecoder();
    const bootMs = RECEIVED_MS - 50_000;
    const boot = new Uint8Array(8);
    new DataView(boot.buffer).setBigUint64(0, BigInt(bootMs));
    const uptimes = template(256, [
      [22, 4],
      [21, 4],
      [1, 4],
    ]);
    const record = hex("00002710 00004e20 00000001"); // 10 s and 20 s after boot
    expect(decoder.decode(ipfix([set(2, uptimes), set(256, record)]))).toMatchObject([
      { time_start: new Date(RECEIVED_MS - 10_000).toISOString(), time_end: new Date(RECEIVED_MS).toISOString(), time_source: "export" },
    ]);
    decoder.decode(
      ipfix([
        set(
          3,
          ipfixOptions(300, 1, [
            [149, 4],
            [160, 8],
          ]),
        ),
        set(300, concat(hex("00000000"), boot)),
      ]),
    );
    expect(decoder.decode(ipfix([set(256, record)]))).toMatchObject([
      { time_start: new Date(bootMs + 10_000).toISOString(), time_end: new Date(bootMs + 20_000).toISOString(), time_source: "uptime" },
    ]);
  });
});

describe("sets", () => {
  it.each([
    { name: "zeros behind the last set", tail: new Uint8Array(64), skipped: { trailing_bytes: 64 } },
    { name: "three bytes of padding that are not zero", tail: hex("0d0001"), skipped: { trailing_bytes: 3 } },
    { name: "a reserved set id", tail: set(7, hex("00000000")), skipped: { reserved_sets: 1 } },
  ])("$name cost nothing", ({ tail, skipped }) => {
    const decoder = new TestDecoder();
    expect(decoder.decode(netflow9([set(0, FLOW_TEMPLATE), set(256, RECORD), tail]))).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ dropped: {}, skipped });
  });

  it("with padding up to a byte less than a record are whole", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(ipfix([set(2, FLOW_TEMPLATE), set(256, concat(RECORD, hex("ffffffffffffffffffffff")))]))).toHaveLength(1);
    expect(decoder.stats().dropped).toEqual({});
  });

  it("longer than the datagram give their whole records", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(ipfix([set(2, FLOW_TEMPLATE), set(256, concat(RECORD, RECORD, hex("0a00")), 900)]))).toHaveLength(2);
    expect(decoder.stats().dropped).toEqual({ set_overrun: 1 });
  });

  it("with a length below 4 end the datagram, what came before is kept", () => {
    const decoder = new TestDecoder();
    expect(decoder.decode(netflow9([set(0, FLOW_TEMPLATE), set(256, RECORD), set(256, RECORD, 3)]))).toHaveLength(1);
    expect(decoder.stats()).toMatchObject({ dropped: { bad_set_length: 1 }, droppedBytes: { bad_set_length: 16 } });
  });

  it.each([
    { name: "a set with a length below 4", sets: [set(256, RECORD), set(256, RECORD, 3)] },
    { name: "a set that is cut off", sets: [set(256, RECORD), set(256, RECORD, 900)] },
    { name: "a variable-length field that leaves the set", sets: [set(257, hex("02 6162 09 61"))] },
    { name: "a message that is longer than the datagram", sets: [set(256, RECORD)], length: 900 },
  ])("$name drops records that are not counted as lost, too", ({ sets, length }) => {
    const decoder = new TestDecoder();
    decoder.decode(ipfix([set(2, concat(FLOW_TEMPLATE, template(257, [[460, 65_535]])))]));
    for (let sequence = 0; sequence < 20; sequence++) decoder.decode(ipfix([set(256, RECORD)], { sequence }));
    decoder.decode(ipfix(sets, { sequence: 20, ...(length === undefined ? {} : { length }) }));
    decoder.decode(ipfix([set(256, RECORD)], { sequence: 23 }));
    expect(decoder.stats().sequence).toMatchObject({ unit: "records", lost: 0 });
  });

  it("of variable length are read record by record, with the short and the long form of the length", () => {
    const decoder = new TestDecoder();
    const layout = template(256, [
      [8, 4],
      [462, 65_535],
      [1, 65_535],
      [12, 4],
    ]);
    const short = concat(hex("0a000001 03 616263 02 0100 0a000002"));
    const long = concat(hex("0a000003 ff012c"), new Uint8Array(300), hex("00 0a000004"));
    expect(decoder.decode(ipfix([set(2, layout), set(256, concat(short, long))]))).toMatchObject([
      { src_addr: "10.0.0.1", dst_addr: "10.0.0.2", bytes: 256 },
      { src_addr: "10.0.0.3", dst_addr: "10.0.0.4", bytes: 0 },
    ]);
    expect(decoder.decoder.ignoredElements()).toMatchObject([{ enterprise: 0, id: 462, name: "httpMessageVersion", records: 2 }]);
  });

  it("whose variable-length field leaves them lose that record and the rest of the set only", () => {
    const decoder = new TestDecoder();
    const layout = template(256, [
      [8, 4],
      [460, 65_535],
    ]);
    expect(
      decoder.decode(ipfix([set(2, layout), set(256, hex("0a000001 00 0a000002 09 616263")), set(256, hex("0a000003 00"))])),
    ).toMatchObject([{ src_addr: "10.0.0.1" }, { src_addr: "10.0.0.3" }]);
    expect(decoder.stats()).toMatchObject({ dropped: { bad_record: 1 }, droppedBytes: { bad_record: 8 } });
  });

  it("skip enterprise fields by their length and count them", () => {
    const decoder = new TestDecoder();
    const layout = template(256, [
      [1, 4, 4_242_424],
      [8, 4],
      [77, 65_535, 6_871],
      [1, 4],
    ]);
    expect(decoder.decode(ipfix([set(2, layout), set(256, hex("ffffffff 0a000001 02 0000 00000009"))]))).toMatchObject([
      { src_addr: "10.0.0.1", bytes: 9 },
    ]);
    expect(decoder.decoder.ignoredElements()).toMatchObject([
      { enterprise: 4_242_424, id: 1, records: 1 },
      { enterprise: 6_871, id: 77, records: 1 },
    ]);
  });

  it("that describe no traffic become no rows", () => {
    const decoder = new TestDecoder();
    decoder.decode(ipfix([set(2, template(256, [[82, 8]])), set(256, new Uint8Array(16))]));
    expect(decoder.stats()).toMatchObject({ dataRecords: 2, rows: 0, skipped: { not_traffic: 2 } });
  });

  it("larger than the batch are written in turns", () => {
    const decoder = new TestDecoder({}, 7);
    const records = concat(...Array.from({ length: 100 }, () => RECORD));
    expect(decoder.decode(ipfix([set(2, FLOW_TEMPLATE), set(256, records)]))).toHaveLength(100);
    expect(decoder.stats()).toMatchObject({ dataRecords: 100, rows: 100 });
  });
});
