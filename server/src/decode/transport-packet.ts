/**
 * UDP datagrams and TCP segments out of captured frames: Ethernet with VLAN tags, Linux "cooked" captures, raw IP and loopback; IPv4 and
 * IPv6, fragments put together. For recorded files only: live traffic comes from the kernel.
 */
import type { CapturedFrame } from "./pcap.ts";

interface Packet {
  /** Payload. */
  readonly bytes: Uint8Array;
  readonly source: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface UdpPacket extends Packet {
  readonly transport: "udp";
}

export interface TcpSegment extends Packet {
  readonly transport: "tcp";
  readonly destination: Uint8Array;
  /** Sequence number of the first byte of payload. */
  readonly sequence: number;
  /** The segment opens its direction of a connection. */
  readonly isSyn: boolean;
}

/** `fragment`: a part of a packet whose other parts are still to come. */
export type NoPacket = "notUdp" | "truncated" | "fragment";

const LINK = { loopback: 0, ethernet: 1, rawBsd: 12, raw: 101, linuxCooked: 113, linuxCooked2: 276, ipv4: 228, ipv6: 229 } as const;
const UDP = 17;
const TCP = 6;
/** TCP flags. */
const SYN = 0x02;
const IPV6_FRAGMENT = 44;

export function readPacket({ linkType, bytes }: CapturedFrame, reassembly: Reassembly): UdpPacket | TcpSegment | NoPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = networkLayer(view, linkType);
  if (at < 0 || at >= view.byteLength) return "notUdp";
  const version = view.getUint8(at) >>> 4;
  if (version === 4) return readIpv4(bytes, view, { at, reassembly });
  return version === 6 ? readIpv6(bytes, view, { at, reassembly }) : "notUdp";
}

/** Position of the IP header; -1 when the frame holds something else. */
function networkLayer(view: DataView, linkType: number): number {
  switch (linkType) {
    case LINK.ethernet:
      return behindEthertype(view, 12);
    case LINK.linuxCooked:
      return behindEthertype(view, 14);
    case LINK.linuxCooked2:
      return 20;
    case LINK.loopback:
      return 4;
    case LINK.rawBsd:
    case LINK.raw:
    case LINK.ipv4:
    case LINK.ipv6:
      return 0;
    default:
      return -1;
  }
}

function behindEthertype(view: DataView, typeAt: number): number {
  let at = typeAt;
  while (view.byteLength - at >= 2) {
    const type = view.getUint16(at);
    if (type === 0x0800 || type === 0x86dd) return at + 2;
    if (type !== 0x8100 && type !== 0x88a8) return -1;
    at += 4;
  }
  return -1;
}

interface IpStart {
  readonly at: number;
  readonly reassembly: Reassembly;
}

function readIpv4(bytes: Uint8Array, view: DataView, { at, reassembly }: IpStart): UdpPacket | TcpSegment | NoPacket {
  if (view.byteLength - at < 20) return "truncated";
  const protocol = view.getUint8(at + 9);
  if (protocol !== UDP && protocol !== TCP) return "notUdp";
  const headerBytes = (view.getUint8(at) & 0xf) * 4;
  const total = view.getUint16(at + 2);
  const end = at + (total === 0 ? view.byteLength - at : total);
  if (headerBytes < 20 || end > view.byteLength || at + headerBytes > end) return "truncated";
  const ends = { protocol, source: mapIpv4(bytes, at + 12), destination: mapIpv4(bytes, at + 16) };
  const fragment = view.getUint16(at + 6);
  const payload = bytes.subarray(at + headerBytes, end);
  if ((fragment & 0x3fff) === 0) return readTransport(payload, ends);
  const key = `${keyOf(bytes.subarray(at + 12, at + 20))}/${protocol}/${view.getUint16(at + 4)}`;
  const whole = reassembly.add(key, { offset: (fragment & 0x1fff) * 8, isLast: (fragment & 0x2000) === 0, bytes: payload });
  return whole ? readTransport(whole, ends) : "fragment";
}

function mapIpv4(bytes: Uint8Array, at: number): Uint8Array {
  const address = new Uint8Array(16);
  address.set([0xff, 0xff], 10);
  address.set(bytes.subarray(at, at + 4), 12);
  return address;
}

function readIpv6(bytes: Uint8Array, view: DataView, { at, reassembly }: IpStart): UdpPacket | TcpSegment | NoPacket {
  if (view.byteLength - at < 40) return "truncated";
  const end = at + 40 + view.getUint16(at + 4);
  if (end > view.byteLength) return "truncated";
  const next = view.getUint8(at + 6);
  const isFragment = next === IPV6_FRAGMENT && end - at >= 48;
  const protocol = isFragment ? view.getUint8(at + 40) : next;
  if (protocol !== UDP && protocol !== TCP) return "notUdp";
  const ends = { protocol, source: bytes.slice(at + 8, at + 24), destination: bytes.slice(at + 24, at + 40) };
  if (!isFragment) return readTransport(bytes.subarray(at + 40, end), ends);
  const fragment = view.getUint16(at + 42);
  const key = `${keyOf(bytes.subarray(at + 8, at + 40))}/${view.getUint32(at + 44)}`;
  const whole = reassembly.add(key, { offset: fragment & 0xfff8, isLast: (fragment & 1) === 0, bytes: bytes.subarray(at + 48, end) });
  return whole ? readTransport(whole, ends) : "fragment";
}

interface Ends {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

function readTransport(packet: Uint8Array, ends: Ends): UdpPacket | TcpSegment | NoPacket {
  return ends.protocol === UDP ? readUdp(packet, ends.source) : readTcp(packet, ends);
}

function readUdp(packet: Uint8Array, source: Uint8Array): UdpPacket | NoPacket {
  if (packet.length < 8) return "truncated";
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const length = view.getUint16(4);
  if (length < 8 || length > packet.length) return "truncated";
  return {
    ...{ transport: "udp", bytes: packet.subarray(8, length), source },
    ...{ sourcePort: view.getUint16(0), destinationPort: view.getUint16(2) },
  };
}

function readTcp(packet: Uint8Array, { source, destination }: Ends): TcpSegment | NoPacket {
  if (packet.length < 20) return "truncated";
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const headerBytes = (view.getUint8(12) >>> 4) * 4;
  if (headerBytes < 20 || headerBytes > packet.length) return "truncated";
  const isSyn = (view.getUint8(13) & SYN) !== 0;
  return {
    ...{ transport: "tcp", bytes: packet.subarray(headerBytes), source, destination, isSyn },
    ...{ sourcePort: view.getUint16(0), destinationPort: view.getUint16(2) },
    sequence: (view.getUint32(4) + (isSyn ? 1 : 0)) >>> 0, // a SYN takes one number itself
  };
}

function keyOf(addresses: Uint8Array): string {
  return String.fromCharCode(...addresses);
}

interface Fragment {
  readonly offset: number;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

const MAX_OPEN_DATAGRAMS = 1_024;
const MAX_FRAGMENTS = 64;

/** Fragments of datagrams, put together when all are there. Bounded: the oldest datagram is given up for a new one. */
export class Reassembly {
  private readonly open = new Map<string, Fragment[]>();
  private givenUp = 0;

  /** Fragments that never became a datagram. */
  get incomplete(): number {
    return this.givenUp + [...this.open.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** @returns the whole payload once its last missing part has come */
  add(key: string, fragment: Fragment): Uint8Array | undefined {
    const fragments = this.open.get(key) ?? [];
    fragments.push(fragment);
    fragments.sort((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { offset, bytes } of fragments) {
      if (offset > end) break;
      end = Math.max(end, offset + bytes.length);
    }
    const last = fragments.find(({ isLast }) => isLast);
    if (last && end >= last.offset + last.bytes.length) {
      this.open.delete(key);
      const whole = new Uint8Array(end);
      for (const { offset, bytes } of fragments) if (offset + bytes.length <= end) whole.set(bytes, offset);
      return whole;
    }
    if (fragments.length > MAX_FRAGMENTS) this.giveUp(key);
    else {
      if (!this.open.has(key) && this.open.size >= MAX_OPEN_DATAGRAMS) this.giveUp(this.open.keys().next().value!);
      this.open.set(key, fragments);
    }
    return undefined;
  }

  private giveUp(key: string): void {
    this.givenUp += this.open.get(key)?.length ?? 0;
    this.open.delete(key);
  }
}
