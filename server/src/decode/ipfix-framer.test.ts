import fc from "fast-check";
import { IpfixFramer, looksLikeIpfix } from "./ipfix-framer.ts";
import { concat, hex, ipfix, set } from "./testing/messages.ts";

function frame(chunks: readonly Uint8Array[]): { messages: Uint8Array[]; framer: IpfixFramer } {
  const framer = new IpfixFramer();
  const messages: Uint8Array[] = [];
  for (const chunk of chunks) framer.push(chunk, (message) => messages.push(message));
  return { messages, framer };
}

const message = (bytes: number, sequence = 0): Uint8Array => ipfix([set(300, new Uint8Array(bytes).fill(sequence))], { sequence });

describe("IpfixFramer", () => {
  it("gives the same messages however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }),
        (sizes, cuts) => {
          const sent = sizes.map((size, i) => message(size, i));
          const stream = concat(...sent);
          const chunks: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; at += cuts[i++ % cuts.length]!)
            chunks.push(stream.slice(at, at + cuts[i % cuts.length]!));
          const { messages, framer } = frame(chunks);
          expect(messages).toEqual(sent);
          expect([framer.pendingBytes, framer.lostBytes]).toEqual([0, 0]);
        },
      ),
    );
  });

  it("reads a stream that comes a byte at a time, and the longest message there is", () => {
    const sent = [ipfix([]), message(65_535 - 20), ipfix([])];
    const { messages } = frame(Array.from(concat(...sent), (byte) => Uint8Array.of(byte)));
    expect(messages).toEqual(sent);
  });

  it.each([
    { name: "another version", bytes: "0009 0010", lost: 4 },
    { name: "a length below the header's", bytes: "000a 000f 0000", lost: 6 },
    { name: "text", bytes: "474554202f20", lost: 6 },
  ])("loses its framing for good by $name", ({ bytes, lost }) => {
    for (const chunks of [[concat(ipfix([]), hex(bytes))], [ipfix([]), ...Array.from(hex(bytes), (byte) => Uint8Array.of(byte))]]) {
      const { messages, framer } = frame(chunks);
      expect([messages.length, framer.isBroken, framer.lostBytes, framer.pendingBytes]).toEqual([1, true, lost, 0]);
      framer.push(ipfix([]), () => messages.push(ipfix([])));
      expect([messages.length, framer.lostBytes]).toEqual([1, lost + 16]);
    }
  });

  it("holds what has begun, and no more than that", () => {
    const { messages, framer } = frame([concat(ipfix([]), hex("000a ffff 01"))]);
    expect([messages.length, framer.pendingBytes]).toEqual([1, 5]);
    expect(framer.pending).toEqual(hex("000a ffff 01"));
    expect(framer.pending.buffer.byteLength).toBeLessThan(4_096);
  });
});

describe("looksLikeIpfix", () => {
  it.each([
    { name: "a message without sets", bytes: ipfix([]), want: true },
    { name: "a template set", bytes: ipfix([set(2, [1, 0, 0, 1, 0, 8, 0, 4])]), want: true },
    { name: "a header whose sets are in the next segment", bytes: message(100).subarray(0, 16), want: true },
    { name: "a set longer than the message", bytes: ipfix([set(256, [1], 99)]), want: false },
    { name: "a reserved set", bytes: ipfix([set(9, [1])]), want: false },
    { name: "a DNS answer over TCP of 10 bytes", bytes: hex("000a 1234 8180 0001 0000 0000 0000 0000 0000 0000"), want: false },
    { name: "three bytes", bytes: hex("000a00"), want: false },
  ])("of $name: $want", ({ bytes, want }) => expect(looksLikeIpfix(bytes)).toBe(want));
});
