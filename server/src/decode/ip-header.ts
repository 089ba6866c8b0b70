/**
 * The IP header of a captured packet and what is behind it: IPv4 with fragments, IPv6 with up to 8 extension headers, then the ports of TCP,
 * UDP, DCCP, SCTP and UDP-Lite, TCP flags, ICMP. Captured packets are cut off, so whatever is there is read and the rest stays unknown.
 * The object is reused; addresses are positions in the datagram. Sources: RFC 791, RFC 8200, RFC 9293.
 */
import { ETHERTYPE } from "./link-header.ts";

const MAX_EXTENSION_HEADERS = 8;
const IPV6_FRAGMENT = 44;
const IPV6_AUTHENTICATION = 51;

/** Bits of `fragmentFlags`, as IANA numbers them in element 197. */
const MORE_FRAGMENTS = 0x20;
const IPV4_FLAG_BITS = 0xe0;

export class IpHeader {
  /** 0: there is no IP packet. */
  version: 0 | 4 | 6 = 0;
  srcAt = 0;
  dstAt = 0;
  /** Total length with header; 0 when the packet does not say (offloaded segments, jumbograms). */
  bytes = 0;
  tos = 0;
  ttl = 0;
  /** IPv6 flow label; 0 none. */
  flowLabel = 0;
  /** The packet tells whether it is a fragment: IPv4 always, IPv6 in a header of its own. */
  hasFragmentFields = false;
  /** Identification of a fragment; 0 for whole packets. */
  fragmentId = 0;
  /** In units of 8 bytes. */
  fragmentOffset = 0;
  /** 0x40 do not fragment, 0x20 more fragments. */
  fragmentFlags = 0;
  /** -1: behind an extension header that was cut off. */
  proto = -1;
  /** Position of what `proto` announces; -1 in later fragments, which do not begin with it. */
  payloadAt = -1;
  hasPorts = false;
  srcPort = 0;
  dstPort = 0;
  /** 9 bits, with NS; -1: none. */
  tcpFlags = -1;
  icmpType = -1;
  icmpCode = -1;

  clear(): void {
    this.version = 0;
    this.bytes = this.tos = this.ttl = this.flowLabel = 0;
    this.fragmentId = this.fragmentOffset = this.fragmentFlags = 0;
    this.proto = this.payloadAt = this.tcpFlags = this.icmpType = this.icmpCode = -1;
    this.hasPorts = this.hasFragmentFields = false;
    this.srcPort = this.dstPort = 0;
  }

  /** Reads [at, end) of `view` as the version that `type`, an Ethertype, says; sets nothing when it cannot be one. */
  parse(view: DataView, at: number, end: number, type: number): void {
    if (type === ETHERTYPE.ipv4) this.parseIpv4(view, at, end);
    else if (type === ETHERTYPE.ipv6) this.parseIpv6(view, at, end);
  }

  private parseIpv4(view: DataView, at: number, end: number): void {
    if (end - at < 20) return;
    const first = view.getUint8(at);
    const headerBytes = (first & 0xf) * 4;
    if (first >>> 4 !== 4 || headerBytes < 20) return;
    this.version = 4;
    this.srcAt = at + 12;
    this.dstAt = at + 16;
    this.tos = view.getUint8(at + 1);
    this.bytes = view.getUint16(at + 2);
    this.ttl = view.getUint8(at + 8);
    this.proto = view.getUint8(at + 9);
    const fragment = view.getUint16(at + 6);
    this.setFragment(fragment & 0x1fff, (fragment >>> 8) & IPV4_FLAG_BITS, view.getUint16(at + 4));
    if (this.fragmentOffset === 0) this.parseTransport(view, at + headerBytes, end);
  }

  private parseIpv6(view: DataView, at: number, end: number): void {
    if (end - at < 40 || view.getUint8(at) >>> 4 !== 6) return;
    this.version = 6;
    this.srcAt = at + 8;
    this.dstAt = at + 24;
    this.tos = (view.getUint16(at) >>> 4) & 0xff;
    this.flowLabel = view.getUint32(at) & 0xf_ffff;
    const payloadBytes = view.getUint16(at + 4);
    this.bytes = payloadBytes === 0 ? 0 : payloadBytes + 40;
    this.ttl = view.getUint8(at + 7);
    let proto = view.getUint8(at + 6);
    let next = at + 40;
    for (let headers = 0; isExtensionHeader(proto); headers++) {
      if (headers === MAX_EXTENSION_HEADERS || end - next < 8) return;
      const following = view.getUint8(next);
      if (proto === IPV6_FRAGMENT) {
        const word = view.getUint16(next + 2);
        this.setFragment(word >>> 3, (word & 1) === 0 ? 0 : MORE_FRAGMENTS, view.getUint32(next + 4));
        if (this.fragmentOffset !== 0) {
          this.proto = following; // a later fragment holds no transport header
          return;
        }
      }
      const length = view.getUint8(next + 1);
      next += proto === IPV6_FRAGMENT ? 8 : proto === IPV6_AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
      proto = following;
    }
    this.proto = proto;
    this.parseTransport(view, next, end);
  }

  private setFragment(offset: number, flags: number, id: number): void {
    this.hasFragmentFields = true;
    this.fragmentOffset = offset;
    this.fragmentFlags = flags;
    // Every IPv4 packet has an identification; it says something where there are several parts.
    if (offset !== 0 || (flags & MORE_FRAGMENTS) !== 0) this.fragmentId = id;
  }

  private parseTransport(view: DataView, at: number, end: number): void {
    this.payloadAt = at;
    switch (this.proto) {
      case 6:
      case 17:
      case 33:
      case 132:
      case 136:
        if (end - at < 4) return;
        this.hasPorts = true;
        this.srcPort = view.getUint16(at);
        this.dstPort = view.getUint16(at + 2);
        if (this.proto === 6 && end - at >= 14) this.tcpFlags = view.getUint16(at + 12) & 0x1ff;
        break;
      case 1:
      case 58:
        if (end - at < 2) return;
        this.icmpType = view.getUint8(at);
        this.icmpCode = view.getUint8(at + 1);
        break;
    }
  }
}

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6. ESP (50) hides what follows: it is the protocol. */
function isExtensionHeader(proto: number): boolean {
  return proto === 0 || proto === 43 || proto === 44 || proto === 51 || proto === 60 || proto === 135 || proto === 139 || proto === 140;
}
