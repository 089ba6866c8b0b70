/**
 * Datagrams out of a recorded file: pcap, pcapng (also the messages of IPFIX over TCP), an IPFIX stream (messages back to back, read like
 * the content of a TCP connection) or one bare datagram. Bytes in, datagrams out; reading the file is the caller's part.
 *
 * Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 5655 (IPFIX files).
 */
import { IpfixFramer } from "./ipfix-framer.ts";
import { readPcap, readPcapng, type CapturedFrame } from "./pcap.ts";
import { TcpStreams } from "./tcp-streams.ts";
import { readPacket, Reassembly } from "./transport-packet.ts";

/** A datagram, or a message of IPFIX over TCP. */
export interface CapturedDatagram {
  readonly bytes: Uint8Array;
  /** 16 bytes; all zero when the file does not tell. */
  readonly source: Uint8Array;
  readonly sourcePort: number;
  /** 0 when the file does not tell. */
  readonly destinationPort: number;
  /** TCP: number of the connection, from 1; undefined for a datagram. */
  readonly connection?: number;
  /** Epoch ms; undefined when the file does not tell. */
  readonly capturedMs?: number;
}

export const CONTAINERS = ["pcap", "pcapng", "ipfix-stream", "datagram"] as const;
export type Container = (typeof CONTAINERS)[number];

/** What was left out of a capture, by kind. */
export interface CaptureSkips {
  /** Frames that are neither UDP over IP nor part of IPFIX over TCP. */
  readonly notUdp: number;
  /** Frames cut off by the capture's snap length, or malformed. */
  readonly truncated: number;
  /** IP fragments whose other parts are missing. */
  readonly fragments: number;
  /** Bytes at the end of the file that are no whole frame or message. */
  readonly trailingBytes: number;
  /** Bytes of IPFIX over TCP in messages that the capture does not have whole, missing ones included. */
  readonly streamBytes: number;
}

const UNKNOWN_SOURCE = new Uint8Array(16);
/** Connection of all IPFIX streams: one that no capture has. */
const FILE_CONNECTION = 0xffff_ffff;
const IPFIX_HEADER_BYTES = 16;
/** Largest UDP payload over IPv4. */
const MAX_DATAGRAM_BYTES = 65_507;

/**
 * The container a file seems to be. IPFIX messages back to back are a stream when the name ends in .ipfix or one datagram could not hold
 * them; otherwise the bytes are one datagram (tools that append datagrams to a file make the two look alike).
 */
export function detectContainer(bytes: Uint8Array, fileName: string): Container {
  const view = viewOf(bytes);
  if (view.byteLength >= 24) {
    const magic = view.getUint32(0);
    if (magic === 0x0a0d_0d0a) return "pcapng";
    if (PCAP_MAGICS.has(magic)) return "pcap";
  }
  const isIpfix = view.byteLength >= 16 && view.getUint16(0) === 10;
  return isIpfix && (fileName.endsWith(".ipfix") || bytes.length > MAX_DATAGRAM_BYTES) ? "ipfix-stream" : "datagram";
}

const PCAP_MAGICS = new Set([0xa1b2_c3d4, 0xd4c3_b2a1, 0xa1b2_3c4d, 0x4d3c_b2a1]);

/** Calls `visit` for each datagram and message of one file, in order. */
export function readCapture(bytes: Uint8Array, container: Container, visit: (datagram: CapturedDatagram) => void): CaptureSkips {
  const reader = new CaptureReader(visit);
  reader.read(bytes, container);
  return reader.end();
}

/** Reads files that follow each other: fragments and TCP connections may go on from one to the next, a stream is one connection over all. */
export class CaptureReader {
  private readonly visit: (datagram: CapturedDatagram) => void;
  private readonly reassembly = new Reassembly();
  private readonly streams: TcpStreams;
  private notUdp = 0;
  private truncated = 0;
  private trailingBytes = 0;

  constructor(visit: (datagram: CapturedDatagram) => void) {
    this.visit = visit;
    this.streams = new TcpStreams(visit);
  }

  read(bytes: Uint8Array, container: Container): void {
    switch (container) {
      case "datagram":
        this.visit({ bytes, source: UNKNOWN_SOURCE, sourcePort: 0, destinationPort: 0 });
        break;
      case "ipfix-stream":
        this.readIpfixStream(bytes);
        break;
      case "pcap":
        this.trailingBytes += readPcap(bytes, (frame) => this.readFrame(frame));
        break;
      case "pcapng":
        this.trailingBytes += readPcapng(bytes, (frame) => this.readFrame(frame));
        break;
    }
  }

  /** Reads what waits for a missing part. @returns what was left out of all files */
  end(): CaptureSkips {
    const { streams, notUdp, truncated, trailingBytes } = this;
    streams.end();
    return {
      notUdp: notUdp + streams.foreignSegments,
      truncated,
      fragments: this.reassembly.incomplete,
      trailingBytes,
      streamBytes: streams.lostBytes,
    };
  }

  private readFrame(frame: CapturedFrame): void {
    const packet = readPacket(frame, this.reassembly);
    if (packet === "fragment") return; // counted by Reassembly if the others never come
    if (packet === "notUdp") this.notUdp++;
    else if (packet === "truncated") this.truncated++;
    else if (packet.transport === "tcp") this.streams.add(packet, frame.timeMs);
    else {
      const { bytes, source, sourcePort, destinationPort } = packet;
      this.visit({ bytes, source, sourcePort, destinationPort, capturedMs: frame.timeMs });
    }
  }

  /** A message cut off by the end of the file is passed on for what its records hold. */
  private readIpfixStream(bytes: Uint8Array): void {
    const framer = new IpfixFramer();
    const visit = (message: Uint8Array): void => {
      this.visit({ bytes: message, source: UNKNOWN_SOURCE, sourcePort: 0, destinationPort: 0, connection: FILE_CONNECTION });
    };
    framer.push(bytes, visit);
    if (framer.pendingBytes >= IPFIX_HEADER_BYTES) visit(framer.pending);
    else this.trailingBytes += framer.pendingBytes;
    this.trailingBytes += framer.lostBytes; // without framing there is no next message
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
