import { contextOf, TestDecoder } from "./testing/decode.ts";
import { ipfix, ipfixOptions, set, template } from "./testing/messages.ts";

const SOURCE = 8;
const BYTES = 1;
const announcement = ipfix([
  set(
    2,
    template(256, [
      [SOURCE, 4],
      [BYTES, 4],
    ]),
  ),
]);
/** The other layout of template 256. */
const otherAnnouncement = ipfix([
  set(
    2,
    template(256, [
      [BYTES, 4],
      [SOURCE, 4],
    ]),
  ),
]);
const data = (sequence = 0): Uint8Array => ipfix([set(256, [192, 0, 2, 7, 0, 0, 1, 0])], { sequence });
const withdrawal = (setId: number, id: number): Uint8Array => ipfix([set(setId, [id >> 8, id & 255, 0, 0])]);

describe("IPFIX over TCP", () => {
  it("keeps templates to their connection", () => {
    const test = new TestDecoder();
    test.decode(announcement, { connection: 1 });
    expect(test.decode(data(), { connection: 1 })).toMatchObject([{ src_addr: "192.0.2.7", bytes: 256 }]);
    expect(test.decode(data(), { connection: 2 })).toEqual([]); // also of the same exporter and domain
    expect(test.decode(data(), { connection: 0 })).toEqual([]);
    test.decode(otherAnnouncement, { connection: 2 });
    expect(test.rows.at(-1)).toMatchObject({ src_addr: "0.0.1.0" }); // what waited was read with its own
    expect(test.decode(data(1), { connection: 1 })).toMatchObject([{ src_addr: "192.0.2.7" }]);
  });

  it("forgets the templates of an ended connection, and gives up what waits for one", () => {
    const test = new TestDecoder();
    test.decode(announcement, { connection: 1 });
    test.decode(ipfix([set(300, [1, 2, 3, 4])]), { connection: 1 });
    test.decoder.closeConnection(contextOf({ connection: 1 }));
    expect(test.stats()).toMatchObject({ templates: 0, waitingSets: 0, dropped: { template_never_came: 1 } });
    expect(test.decode(data(), { connection: 2 })).toEqual([]);
  });

  it("counts an exporter's connections one after the other as one session, those at a time apart", () => {
    const test = new TestDecoder();
    for (let connection = 1; connection <= 50; connection++) {
      test.decode(announcement, { connection, port: 40_000 + connection });
      test.decode(data(7_000_000 * connection), { connection, port: 40_000 + connection });
      test.decoder.closeConnection(contextOf({ connection }));
    }
    expect(test.stats()).toMatchObject({ sourcePort: 0, datagrams: 100, rows: 50, sequence: { lost: 0 } });
    for (const connection of [51, 52]) test.decode(announcement, { connection });
    expect(test.decoder.stats().map(({ sourcePort, datagrams }) => [sourcePort, datagrams])).toEqual([
      [0, 101],
      [1, 1],
    ]);
    expect(test.rows.every((row) => row["exporter_port"] === 0)).toBe(true);
  });

  it("does not take a datagram from port 0 for a message of an ended connection", () => {
    const test = new TestDecoder();
    test.decode(announcement, { connection: 1 });
    test.decoder.closeConnection(contextOf({ connection: 1 }));
    test.decode(announcement, { port: 0 });
    test.decode(announcement, { connection: 2 });
    expect(test.decoder.stats().map(({ datagrams }) => datagrams)).toEqual([2, 1]);
  });

  it.each([
    { what: "one template", message: withdrawal(2, 256), over: 1, rows: 0, templates: 1 },
    { what: "all data templates", message: withdrawal(2, 2), over: 1, rows: 0, templates: 1 },
    { what: "all options templates", message: withdrawal(3, 3), over: 1, rows: 1, templates: 1 },
    { what: "all data templates over UDP, where that is not valid", message: withdrawal(2, 2), over: 0, rows: 1, templates: 2 },
  ])("withdraws $what", ({ message, over, rows, templates }) => {
    const test = new TestDecoder();
    test.decode(announcement, { connection: over });
    test.decode(
      ipfix([
        set(
          3,
          ipfixOptions(400, 1, [
            [149, 4],
            [160, 8],
          ]),
        ),
      ]),
      { connection: over },
    );
    test.decode(message, { connection: over });
    expect(test.stats().templates).toBe(templates);
    expect(test.decode(data(), { connection: over })).toHaveLength(rows);
  });

  it("counts bytes that became no message for their exporter", () => {
    const test = new TestDecoder();
    test.decoder.closeConnection(contextOf({ connection: 1 }), { cause: "lost_framing", bytes: 77 });
    test.decoder.closeConnection(contextOf({ connection: 2 }), { cause: "cut_off_message", bytes: 0 });
    expect(test.stats()).toMatchObject({
      protocol: "unknown",
      bytes: 77,
      dropped: { lost_framing: 1 },
      droppedBytes: { lost_framing: 77 },
    });
  });

  it("keeps sessions within the cap when a connection invents domains", () => {
    const test = new TestDecoder({ limits: { maxSessions: 10 } });
    for (let domain = 0; domain < 1_000; domain++) test.decode(ipfix([], { domain }), { connection: 1 });
    expect(test.decoder.stats().length).toBeLessThanOrEqual(10);
    test.decode(announcement, { connection: 1 });
    expect(test.decode(data(), { connection: 1 })).toHaveLength(1);
    test.decoder.closeConnection(contextOf({ connection: 1 }));
    expect(test.decoder.stats().reduce((sum, { templates }) => sum + templates, 0)).toBe(0);
  });
});
