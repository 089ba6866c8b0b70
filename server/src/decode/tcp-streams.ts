/**
 * IPFIX messages out of the TCP segments of a capture: each direction of each connection is put in order again, retransmissions are left
 * out, and what looks like IPFIX is framed. A gap (a segment the capture does not have) costs the message it lies in: reading goes on where
 * a segment begins with a message. A capture may begin in the middle of a connection: reading begins the same way then.
 *
 * For recorded files only, but those may be hostile as well: streams and what waits for a missing segment are bounded.
 */
import { IpfixFramer, looksLikeIpfix } from "./ipfix-framer.ts";
import type { TcpSegment } from "./transport-packet.ts";

/** Directions of connections followed at once; the one that was silent longest is given up for a new one. */
const MAX_STREAMS = 1_024;
/** What may wait for a missing segment in one stream; beyond it the segment is given up. */
const MAX_PARKED_BYTES = 1_048_576;
const MAX_PARKED_SEGMENTS = 1_024;
/** A segment further back than this is no retransmission: the port is used by a new connection whose begin the capture does not have. */
const MAX_OLD_BYTES = 2 * MAX_PARKED_BYTES;

/** A message with where it came from. */
export interface StreamedMessage {
  readonly bytes: Uint8Array;
  readonly source: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Number of its connection, from 1; no two connections have the same. */
  readonly connection: number;
  readonly capturedMs: number;
}

type Visit = (message: StreamedMessage) => void;

interface Parked {
  readonly bytes: Uint8Array;
  readonly timeMs: number;
}

interface Stream {
  readonly connection: number;
  readonly from: Pick<StreamedMessage, "source" | "sourcePort" | "destinationPort">;
  /** Number of the first byte; undefined when the capture does not have the begin. */
  readonly first: number | undefined;
  /** Number of the next byte; undefined before the first. */
  next: number | undefined;
  /** Whether messages follow each other; else a segment that begins with one is looked for. */
  isReading: boolean;
  /** It began with something that is no IPFIX. */
  isForeign: boolean;
  framer: IpfixFramer;
  /** Whether the framer has seen a whole message. */
  hasMessages: boolean;
  /** Segments ahead of `next`, by the number of their first byte. */
  readonly parked: Map<number, Parked>;
  parkedBytes: number;
}

export class TcpStreams {
  private readonly visit: Visit;
  private readonly streams = new Map<string, Stream>();
  private connections = 0;
  /** Segments with payload that belong to no IPFIX. */
  foreignSegments = 0;
  /** Bytes of IPFIX streams that became no message: in gaps, or cut off at the end. */
  lostBytes = 0;

  constructor(visit: Visit) {
    this.visit = visit;
  }

  add(segment: TcpSegment, timeMs: number): void {
    const key = keyOf(segment);
    let stream = this.streams.get(key);
    if (!stream && !segment.isSyn && segment.bytes.length === 0) return;
    if (stream) this.streams.delete(key);
    if (stream && isOtherConnection(stream, segment)) {
      this.finish(stream);
      stream = undefined;
    }
    if (!stream && this.streams.size >= MAX_STREAMS) this.giveUpOldest();
    stream ??= this.begin(segment);
    this.streams.set(key, stream);
    if (segment.bytes.length === 0) return;
    stream.next ??= segment.sequence;
    this.place(stream, segment.sequence, { bytes: segment.bytes, timeMs });
  }

  /** Reads what still waits for a missing segment, and gives up what was cut off. */
  end(): void {
    for (const stream of this.streams.values()) this.finish(stream);
    this.streams.clear();
  }

  private begin({ source, sourcePort, destinationPort, isSyn, sequence }: TcpSegment): Stream {
    return {
      connection: ++this.connections,
      from: { source, sourcePort, destinationPort },
      first: isSyn ? sequence : undefined,
      next: isSyn ? sequence : undefined,
      isReading: isSyn,
      isForeign: false,
      framer: new IpfixFramer(),
      hasMessages: false,
      parked: new Map(),
      parkedBytes: 0,
    };
  }

  /** Reads a segment that is next, parks one that is ahead, leaves out what was read before. */
  private place(stream: Stream, sequence: number, segment: Parked): void {
    const ahead = (sequence - stream.next!) | 0;
    if (ahead > 0) {
      this.park(stream, sequence, segment);
      return;
    }
    const { bytes, timeMs } = segment;
    if (-ahead >= bytes.length) return;
    this.read(stream, bytes.subarray(-ahead), timeMs);
    this.readParked(stream);
  }

  private park(stream: Stream, sequence: number, segment: Parked): void {
    const before = stream.parked.get(sequence);
    if (before && before.bytes.length >= segment.bytes.length) return;
    stream.parked.set(sequence, segment);
    stream.parkedBytes += segment.bytes.length - (before?.bytes.length ?? 0);
    while (stream.parkedBytes > MAX_PARKED_BYTES || stream.parked.size > MAX_PARKED_SEGMENTS) this.jumpGap(stream);
  }

  /** Reads parked segments as long as the next byte is among them. */
  private readParked(stream: Stream): void {
    for (const sequence of parkedInOrder(stream)) {
      const ahead = (sequence - stream.next!) | 0;
      if (ahead > 0) return;
      const { bytes, timeMs } = stream.parked.get(sequence)!;
      stream.parked.delete(sequence);
      stream.parkedBytes -= bytes.length;
      if (-ahead < bytes.length) this.read(stream, bytes.subarray(-ahead), timeMs);
    }
  }

  /** Goes on with the first parked segment: what is missing before it never comes. */
  private jumpGap(stream: Stream): void {
    const [first] = parkedInOrder(stream);
    if (first === undefined) return;
    if (stream.isReading || stream.hasMessages) this.lostBytes += ((first - stream.next!) >>> 0) + stream.framer.pendingBytes;
    if (stream.isReading) this.search(stream);
    stream.next = first;
    this.readParked(stream);
  }

  private search(stream: Stream): void {
    stream.isReading = false;
    stream.framer = new IpfixFramer();
  }

  /** Takes the next bytes of a stream. */
  private read(stream: Stream, bytes: Uint8Array, timeMs: number): void {
    stream.next = (stream.next! + bytes.length) >>> 0;
    if (!stream.isReading && !stream.isForeign) stream.isReading = looksLikeIpfix(bytes);
    if (!stream.isReading) {
      if (stream.hasMessages) this.lostBytes += bytes.length;
      else this.foreignSegments++;
      return;
    }
    const { framer, from, connection } = stream;
    framer.push(bytes, (message) => {
      if (!stream.hasMessages && !looksLikeIpfix(message)) stream.isForeign = true;
      if (stream.isForeign) return;
      stream.hasMessages = true;
      this.visit({ ...from, bytes: message, connection, capturedMs: timeMs });
    });
    if (stream.hasMessages && framer.isBroken) {
      this.lostBytes += framer.lostBytes;
      this.search(stream);
    } else if (framer.isBroken || stream.isForeign) {
      stream.isReading = false;
      stream.isForeign = true;
      this.foreignSegments++;
    }
  }

  private finish(stream: Stream): void {
    while (stream.parked.size > 0) this.jumpGap(stream);
    if (stream.isReading) this.lostBytes += stream.framer.pendingBytes;
  }

  private giveUpOldest(): void {
    const [key, stream] = this.streams.entries().next().value!;
    this.streams.delete(key);
    this.finish(stream);
  }
}

/** Numbers of the parked segments, the nearest first. */
function parkedInOrder({ parked, next }: Stream): number[] {
  return parked.size === 0 ? [] : [...parked.keys()].sort((a, b) => ((a - next!) | 0) - ((b - next!) | 0));
}

function keyOf({ source, destination, sourcePort, destinationPort }: TcpSegment): string {
  return String.fromCharCode(...source, ...destination, sourcePort, destinationPort);
}

/** The ports are used again: a new SYN, or a segment from far before. */
function isOtherConnection({ first, next }: Stream, { isSyn, sequence }: TcpSegment): boolean {
  return isSyn ? sequence !== first : next !== undefined && ((next - sequence) | 0) > MAX_OLD_BYTES;
}
