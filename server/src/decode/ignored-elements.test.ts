import { TestDecoder } from "./testing/decode.ts";
import { ipfix, ipfixOptions, netflow9, netflow9Options, set, template, type Spec } from "./testing/messages.ts";

const SOURCE: Spec = [8, 4];

/** Decodes two records of the elements, from an exporter. */
function send(decoder: TestDecoder, specs: readonly Spec[], sender: Parameters<TestDecoder["decode"]>[1] = {}): void {
  const bytes = specs.reduce((sum, [, length]) => sum + length, 0);
  decoder.decode(ipfix([set(2, template(256, specs)), set(256, new Uint8Array(bytes * 2))]), sender);
}

describe("ignored elements", () => {
  it("are listed by exporter with their records, the most frequent first", () => {
    const decoder = new TestDecoder();
    const [nbar, url, mine]: Spec[] = [
      [9357, 8, 9],
      [462, 2],
      [7, 1, 4_242_424],
    ];
    send(decoder, [SOURCE, nbar!, mine!], { source: "192.0.2.1", port: 1 });
    send(decoder, [SOURCE, mine!], { source: "192.0.2.1", port: 2 });
    send(decoder, [SOURCE, url!], { source: "192.0.2.2" });
    expect(decoder.decoder.ignoredElements()).toEqual([
      { exporter: "192.0.2.1", kind: "element", enterprise: 4_242_424, id: 7, name: undefined, records: 4 },
      { exporter: "192.0.2.1", kind: "element", enterprise: 9, id: 9357, name: "appHTTPUriStatistics", records: 2 },
      { exporter: "192.0.2.2", kind: "element", enterprise: 0, id: 462, name: "httpMessageVersion", records: 2 },
    ]);
  });

  it("have one number in NetFlow v9 and IPFIX", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(0, template(256, [SOURCE, [57_590, 2]])), set(256, new Uint8Array(6))]));
    decoder.decode(ipfix([set(2, template(256, [SOURCE, [118, 2, 35_632]])), set(256, new Uint8Array(6))]));
    expect(decoder.decoder.ignoredElements()).toMatchObject([{ enterprise: 35_632, id: 118, name: "L7_PROTO", records: 2 }]);
  });

  it("are not what options tell, nor the scopes of v9", () => {
    const decoder = new TestDecoder();
    decoder.decode(netflow9([set(1, netflow9Options(256, [[1, 4]], [[462, 2]])), set(256, new Uint8Array(6))]));
    decoder.decode(ipfix([set(3, ipfixOptions(256, 1, [[149, 4], [462, 2]])), set(256, new Uint8Array(6))])); // prettier-ignore
    expect(decoder.decoder.ignoredElements()).toEqual([]);
  });

  it("are counted apart within the limits of a session and of all, and the rest is counted as that", () => {
    const decoder = new TestDecoder({ limits: { maxIgnoredElementsPerSession: 2, maxIgnoredElements: 3 } });
    const three: Spec[] = [1, 2, 3].map((id) => [id, 1, 4_242_424]);
    send(decoder, [SOURCE, ...three], { port: 1 });
    send(decoder, [SOURCE, ...three], { port: 2 });
    expect(decoder.decoder.ignoredElements()).toMatchObject([
      { id: 1, records: 4 },
      { id: 2, records: 2 },
    ]);
    expect(decoder.decoder.givenUp().elements).toBe(3);
  });

  it("of a session that had to go give their room to others", () => {
    const decoder = new TestDecoder({ limits: { maxSessions: 1, maxIgnoredElements: 1 } });
    send(decoder, [SOURCE, [1, 1, 4_242_424]], { port: 1 });
    send(decoder, [SOURCE, [2, 1, 4_242_424]], { port: 2 });
    expect(decoder.decoder.ignoredElements()).toMatchObject([{ id: 2, records: 2 }]);
    expect(decoder.decoder.givenUp().elements).toBe(0);
  });
});
