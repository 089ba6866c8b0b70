import fc from "fast-check";
import { TcpStreams, type StreamedMessage } from "./tcp-streams.ts";
import { concat, ipfix, set } from "./testing/messages.ts";
import type { TcpSegment } from "./transport-packet.ts";

const SOURCE = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1);
const message = (sequence: number, bytes = 40): Uint8Array => ipfix([set(300, new Uint8Array(bytes).fill(sequence))], { sequence });

interface SegmentOptions {
  readonly port?: number;
  readonly isSyn?: boolean;
}

function segment(sequence: number, bytes: Uint8Array, { port = 4_000, isSyn = false }: SegmentOptions = {}): TcpSegment {
  return {
    ...{ transport: "tcp", bytes, isSyn, source: SOURCE, destination: SOURCE, sourcePort: port, destinationPort: 4739 },
    sequence: sequence >>> 0,
  };
}

function read(segments: readonly TcpSegment[]): { messages: StreamedMessage[]; streams: TcpStreams } {
  const messages: StreamedMessage[] = [];
  const streams = new TcpStreams((each) => messages.push({ ...each, bytes: each.bytes.slice() }));
  segments.forEach((each, i) => {
    streams.add(each, i);
  });
  streams.end();
  return { messages, streams };
}

/** A stream in segments of so many bytes, beginning at a sequence number. */
function cut(stream: Uint8Array, size: number, first = 1_000, options: SegmentOptions = {}): TcpSegment[] {
  const segments: TcpSegment[] = [];
  for (let at = 0; at < stream.length; at += size) segments.push(segment(first + at, stream.slice(at, at + size), options));
  return segments;
}

const syn = (first = 1_000, port = 4_000): TcpSegment => segment(first, new Uint8Array(0), { isSyn: true, port });
const sequences = (messages: readonly StreamedMessage[]): number[] => messages.map(({ bytes }) => new DataView(bytes.buffer).getUint32(8));

describe("TCP streams of a capture", () => {
  const sent = Array.from({ length: 6 }, (_, i) => message(i));
  const stream = concat(...sent);

  it("are put in order again, whatever is repeated, late or overlaps, across the wrap of the numbers", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 7, max: 200 }),
        fc.constantFrom(1_000, 0xffff_ff80),
        fc.infiniteStream(fc.nat()),
        (size, first, random) => {
          const segments = cut(stream, size, first);
          const overlapping = segments.map((_, i) => segment(first + i * size, stream.slice(i * size, i * size + size + 9)));
          const shuffled = [...segments, ...overlapping].map((each) => ({ each, key: random.next().value! % 7 }));
          shuffled.sort((a, b) => a.key - b.key);
          const { messages, streams } = read([syn(first), ...shuffled.map(({ each }) => each)]);
          expect(messages.map(({ bytes }) => bytes)).toEqual(sent);
          expect([streams.foreignSegments, streams.lostBytes]).toEqual([0, 0]);
        },
      ),
    );
  });

  it("lose the messages around a gap and go on where a segment begins with one", () => {
    const segments = cut(stream, 60); // a message has 60 bytes
    const { messages, streams } = read([syn(), segments[0]!, ...segments.slice(2)]);
    expect(sequences(messages)).toEqual([0, 2, 3, 4, 5]);
    expect(streams.lostBytes).toBe(60);
    const shifted = cut(stream, 90); // only every second segment begins with a message
    const late = read([syn(), shifted[0]!, shifted[2]!, shifted[3]!]);
    expect(sequences(late.messages)).toEqual([0, 3, 4, 5]);
    expect(late.streams.lostBytes).toBe(30 + 90);
  });

  it("are read from the middle of a connection", () => {
    const { messages, streams } = read(cut(stream.subarray(30), 30));
    expect(sequences(messages)).toEqual([1, 2, 3, 4, 5]);
    expect(streams.foreignSegments).toBe(1);
  });

  it("are told apart by connection, also when a port is used again", () => {
    const { messages } = read([
      syn(),
      ...cut(stream, 60),
      syn(), // repeated
      syn(9_000_000),
      ...cut(stream, 60, 9_000_000),
      ...cut(stream, 60, 1_000, { port: 4_001 }),
      ...cut(stream, 60, 3_000_000_000, { port: 4_001 }), // without its SYN
    ]);
    expect(messages.map(({ connection }) => connection)).toEqual([1, 2, 3, 4].flatMap((n) => Array<number>(6).fill(n)));
  });

  it("of something else are counted and not read", () => {
    const text = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const { messages, streams } = read([syn(), ...cut(text, 10), segment(5, new Uint8Array(0), { port: 9 })]);
    expect([messages.length, streams.foreignSegments, streams.lostBytes]).toEqual([0, 4, 0]);
  });

  it("that lose their framing go on at the next segment that begins with a message", () => {
    const broken = concat(message(0), new Uint8Array(33), message(1), message(2));
    const { messages, streams } = read([syn(), ...cut(broken.subarray(0, 93), 93), ...cut(broken.subarray(93), 60, 1_093)]);
    expect([sequences(messages), streams.lostBytes]).toEqual([[0, 1, 2], 33]);
  });

  it("count what is cut off at the end", () => {
    expect(read([syn(), ...cut(stream.subarray(0, 100), 100)]).streams.lostBytes).toBe(40);
  });

  it("stay within bounds when a capture is made to fill the memory", () => {
    const far = Array.from({ length: 5_000 }, (_, i) => segment(100_000 + i * 2_000, message(1, 1_000)));
    const { messages } = read([syn(), ...far]);
    expect(messages).toHaveLength(5_000); // each a segment behind a gap of its own
    const many = Array.from({ length: 5_000 }, (_, i) => segment(i, message(1), { port: i }));
    expect(read(many).messages).toHaveLength(5_000);
  });
});
