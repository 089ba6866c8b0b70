/** Sequence numbers are followed over a restart: what is missing between two decoders is lost. */
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { hex, ipfix, netflow9, set, specs, template } from "./testing/messages.ts";

const TEMPLATE = template(256, specs("8:4 12:4 1:4"));
const DATA = set(256, hex("0a000001 0a000002 00000064"));
const HOUR_MS = 3_600_000;

function decoderBefore(): TestDecoder {
  const decoder = new TestDecoder();
  decoder.decode(netflow9([set(0, TEMPLATE), DATA], { sequence: 0 }));
  for (let sequence = 1; sequence < 10; sequence++) decoder.decode(netflow9([DATA], { sequence }));
  return decoder;
}

/** A decoder that goes on behind another. */
function decoderAfter({ decoder: before }: TestDecoder, sinceMs = RECEIVED_MS - HOUR_MS): TestDecoder {
  const after = new TestDecoder();
  after.decoder.restoreState(before.saveState(), RECEIVED_MS);
  after.decoder.resumeSequences(JSON.parse(JSON.stringify(before.saveSequences())) as unknown[], sinceMs);
  return after;
}

describe("a decoder that goes on behind another", () => {
  it("counts what came in between as lost, and shows nobody before the first datagram", () => {
    const after = decoderAfter(decoderBefore());
    expect(after.decoder.stats()).toEqual([]);
    after.decode(netflow9([DATA], { sequence: 14 }));
    expect(after.stats()).toMatchObject({ datagrams: 1, rows: 1, templates: 1, sequence: { unit: "datagrams", lost: 4 } });
  });

  it("carries the numbers on when nothing came in its own time", () => {
    const third = decoderAfter(decoderAfter(decoderBefore()));
    third.decode(netflow9([DATA], { sequence: 12 }));
    expect(third.stats()).toMatchObject({ sequence: { lost: 2 } });
  });

  it("concludes nothing when that was too long ago", () => {
    const after = decoderAfter(decoderBefore(), RECEIVED_MS + 1);
    after.decode(netflow9([DATA], { sequence: 14 }));
    expect(after.stats()).toMatchObject({ sequence: { lost: 0 } });
  });

  it("knows an exporter that began anew by its uptime", () => {
    const before = new TestDecoder();
    before.decode(netflow9([set(0, TEMPLATE), DATA], { sequence: 0, uptimeMs: 900_000_000 }));
    const after = decoderAfter(before);
    after.decode(netflow9([DATA], { sequence: 500, uptimeMs: 1_000 }));
    expect(after.stats()).toMatchObject({ sequence: { lost: 0, restarts: 1 } });
  });

  it("takes what can be right and nothing else", () => {
    const before = new TestDecoder();
    before.decode(ipfix([set(2, TEMPLATE), DATA], { sequence: 5 }));
    const [good] = before.decoder.saveSequences();
    const bad = [
      null,
      5,
      [],
      {},
      { ...good, rule: "none" },
      { ...good, next: -1 },
      { ...good, source: "10.0.0.1" },
      { ...good, lastMs: null },
    ];
    const after = new TestDecoder();
    expect(after.decoder.resumeSequences([...bad, good], 0)).toBe(1);
  });
});
