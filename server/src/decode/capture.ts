/**
 * Datagrams out of a recorded file: pcap, pcapng, an IPFIX stream (messages back to back, as in a file or a TCP connection) or one bare
 * datagram. Bytes in, datagrams out; reading the file is the caller's part.
 *
 * Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 5655 (IPFIX files).
 */
import { Reassembly, readUdp } from "./udp-packet.ts";
import { readPcap, readPcapng, type CapturedFrame } from "./pcap.ts";

export interface CapturedDatagram {
  readonly bytes: Uint8Array;
  /** 16 bytes; all zero when the file does not tell. */
  readonly source: Uint8Array;
  readonly sourcePort: number;
  /** 0 when the file does not tell. */
  readonly destinationPort: number;
  /** Epoch ms; undefined when the file does not tell. */
  readonly capturedMs?: number;
}

export const CONTAINERS = ["pcap", "pcapng", "ipfix-stream", "datagram"] as const;
export type Container = (typeof CONTAINERS)[number];

/** What was left out of a capture, by kind. */
export interface CaptureSkips {
  /** Frames that are no UDP over IP. */
  notUdp: number;
  /** Frames cut off by the capture's snap length, or malformed. */
  truncated: number;
  /** IP fragments whose other parts are missing. */
  fragments: number;
  /** Bytes at the end of the file that are no whole frame or message. */
  trailingBytes: number;
}

const UNKNOWN_SOURCE = new Uint8Array(16);
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

/** Calls `visit` for each datagram in order. */
export function readCapture(bytes: Uint8Array, container: Container, visit: (datagram: CapturedDatagram) => void): CaptureSkips {
  const skips: CaptureSkips = { notUdp: 0, truncated: 0, fragments: 0, trailingBytes: 0 };
  switch (container) {
    case "datagram":
      visit({ bytes, source: UNKNOWN_SOURCE, sourcePort: 0, destinationPort: 0 });
      break;
    case "ipfix-stream":
      skips.trailingBytes = readIpfixStream(bytes, visit);
      break;
    case "pcap":
    case "pcapng":
      readFrames(bytes, container, { visit, skips });
      break;
  }
  return skips;
}

function readFrames(
  bytes: Uint8Array,
  container: "pcap" | "pcapng",
  { visit, skips }: { readonly visit: (datagram: CapturedDatagram) => void; readonly skips: CaptureSkips },
): void {
  const reassembly = new Reassembly();
  const onFrame = (frame: CapturedFrame): void => {
    const packet = readUdp(frame, reassembly);
    if (typeof packet === "string") {
      if (packet !== "fragment") skips[packet]++;
    } else visit({ ...packet, capturedMs: frame.timeMs });
  };
  skips.trailingBytes = container === "pcap" ? readPcap(bytes, onFrame) : readPcapng(bytes, onFrame);
  skips.fragments = reassembly.incomplete;
}

/** @returns bytes at the end that are no whole message: without framing there is no next one */
function readIpfixStream(bytes: Uint8Array, visit: (datagram: CapturedDatagram) => void): number {
  const view = viewOf(bytes);
  let at = 0;
  while (view.byteLength - at >= 16) {
    const length = view.getUint16(at + 2);
    if (view.getUint16(at) !== 10 || length < 16) break;
    const end = Math.min(at + length, view.byteLength);
    visit({ bytes: bytes.subarray(at, end), source: UNKNOWN_SOURCE, sourcePort: 0, destinationPort: 0 });
    at = end;
  }
  return view.byteLength - at;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
