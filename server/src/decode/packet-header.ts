/**
 * The start of a packet as a switch sampled it: link layer, VLAN tags, IP, ports. Headers are cut after some 64 to 128 bytes, so whatever
 * is there is read and the rest stays unknown. One object is reused for all packets; addresses are positions in the datagram.
 *
 * Ethernet -> up to 4 VLAN tags (802.1Q, 802.1ad, 0x9100) -> MPLS labels, PPPoE -> IPv4 (fragments) or IPv6 (up to 8 extension headers)
 * -> TCP, UDP, DCCP, SCTP, UDP-Lite, ICMP, ICMPv6. Tunnels are not looked into.
 */

/** `header_protocol` of an sFlow raw packet header. */
export const HEADER_PROTOCOL = { ethernet: 1, ipv4: 11, ipv6: 12, mpls: 13 } as const;

const ETHERTYPE = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoe: 0x8864,
} as const;
const PPP = { ipv4: 0x0021, ipv6: 0x0057 } as const;
const MAX_VLAN_TAGS = 4;
const MAX_MPLS_LABELS = 10;
const MAX_EXTENSION_HEADERS = 8;

export class PacketHeader {
  hasMac = false;
  /** Position of the destination MAC; the source follows. */
  macAt = 0;
  /** Outermost VLAN id; 0 untagged. */
  vlan = 0;
  ipVersion: 0 | 4 | 6 = 0;
  srcAt = 0;
  dstAt = 0;
  /** Bytes before the IP header. */
  linkBytes = 0;
  /** IP total length with header; 0 when the packet does not say (offloaded segments, jumbograms). */
  ipBytes = 0;
  tos = 0;
  ttl = 0;
  /** -1: behind an extension header that was cut off. */
  proto = -1;
  hasPorts = false;
  srcPort = 0;
  dstPort = 0;
  /** -1: none. */
  tcpFlags = -1;
  icmpType = -1;
  icmpCode = -1;

  /** Reads [at, end) of `view` as a packet of the given sFlow header protocol; what is not understood stays unset. */
  parse(view: DataView, { at, end, protocol }: { readonly at: number; readonly end: number; readonly protocol: number }): void {
    this.clear();
    switch (protocol) {
      case HEADER_PROTOCOL.ethernet:
        this.parseEthernet(view, at, end);
        break;
      case HEADER_PROTOCOL.ipv4:
        this.parseIpv4(view, at, end);
        break;
      case HEADER_PROTOCOL.ipv6:
        this.parseIpv6(view, at, end);
        break;
      case HEADER_PROTOCOL.mpls:
        this.parseMpls(view, at, end);
        break;
    }
    if (this.ipVersion !== 0) this.linkBytes -= at;
  }

  private clear(): void {
    this.hasMac = this.hasPorts = false;
    this.ipVersion = 0;
    this.vlan = this.ipBytes = this.tos = this.ttl = this.srcPort = this.dstPort = this.linkBytes = 0;
    this.proto = this.tcpFlags = this.icmpType = this.icmpCode = -1;
  }

  private parseEthernet(view: DataView, at: number, end: number): void {
    if (end - at < 14) return;
    this.hasMac = true;
    this.macAt = at;
    let type = view.getUint16(at + 12);
    let next = at + 14;
    for (let tags = 0; tags < MAX_VLAN_TAGS && isVlan(type); tags++) {
      if (end - next < 4) return;
      if (tags === 0) this.vlan = view.getUint16(next) & 0xfff;
      type = view.getUint16(next + 2);
      next += 4;
    }
    if (type === ETHERTYPE.ipv4) this.parseIpv4(view, next, end);
    else if (type === ETHERTYPE.ipv6) this.parseIpv6(view, next, end);
    else if (type === ETHERTYPE.mpls || type === ETHERTYPE.mplsMulticast) this.parseMpls(view, next, end);
    else if (type === ETHERTYPE.pppoe && end - next >= 8) this.parsePpp(view, next + 6, end);
  }

  private parsePpp(view: DataView, at: number, end: number): void {
    const type = view.getUint16(at);
    if (type === PPP.ipv4) this.parseIpv4(view, at + 2, end);
    else if (type === PPP.ipv6) this.parseIpv6(view, at + 2, end);
  }

  /** Labels up to the bottom of the stack; then the first nibble tells IPv4 from IPv6. */
  private parseMpls(view: DataView, at: number, end: number): void {
    let next = at;
    for (let labels = 0; labels < MAX_MPLS_LABELS && end - next >= 5; labels++) {
      const isBottom = (view.getUint8(next + 2) & 1) === 1;
      next += 4;
      if (!isBottom) continue;
      const nibble = view.getUint8(next) >>> 4;
      if (nibble === 4) this.parseIpv4(view, next, end);
      else if (nibble === 6) this.parseIpv6(view, next, end);
      return;
    }
  }

  private parseIpv4(view: DataView, at: number, end: number): void {
    if (end - at < 20) return;
    const first = view.getUint8(at);
    const headerBytes = (first & 0xf) * 4;
    if (first >>> 4 !== 4 || headerBytes < 20) return;
    this.ipVersion = 4;
    this.linkBytes = at;
    this.srcAt = at + 12;
    this.dstAt = at + 16;
    this.tos = view.getUint8(at + 1);
    this.ipBytes = view.getUint16(at + 2);
    this.ttl = view.getUint8(at + 8);
    this.proto = view.getUint8(at + 9);
    const isLaterFragment = (view.getUint16(at + 6) & 0x1fff) !== 0;
    if (!isLaterFragment) this.parseTransport(view, at + headerBytes, end);
  }

  private parseIpv6(view: DataView, at: number, end: number): void {
    if (end - at < 40 || view.getUint8(at) >>> 4 !== 6) return;
    this.ipVersion = 6;
    this.linkBytes = at;
    this.srcAt = at + 8;
    this.dstAt = at + 24;
    this.tos = (view.getUint16(at) >>> 4) & 0xff;
    const payloadBytes = view.getUint16(at + 4);
    this.ipBytes = payloadBytes === 0 ? 0 : payloadBytes + 40;
    this.ttl = view.getUint8(at + 7);
    let proto = view.getUint8(at + 6);
    let next = at + 40;
    for (let headers = 0; isExtensionHeader(proto); headers++) {
      if (headers === MAX_EXTENSION_HEADERS || end - next < 8) return;
      const following = view.getUint8(next);
      if (proto === 44 && (view.getUint16(next + 2) & 0xfff8) !== 0) {
        this.proto = following; // a later fragment holds no transport header
        return;
      }
      const length = view.getUint8(next + 1);
      next += proto === 44 ? 8 : proto === 51 ? (length + 2) * 4 : (length + 1) * 8;
      proto = following;
    }
    this.proto = proto;
    this.parseTransport(view, next, end);
  }

  private parseTransport(view: DataView, at: number, end: number): void {
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

function isVlan(type: number): boolean {
  return type === ETHERTYPE.vlan || type === ETHERTYPE.serviceVlan || type === ETHERTYPE.oldServiceVlan;
}

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6. ESP (50) hides what follows: it is the protocol. */
function isExtensionHeader(proto: number): boolean {
  return proto === 0 || proto === 43 || proto === 44 || proto === 51 || proto === 60 || proto === 135 || proto === 139 || proto === 140;
}
