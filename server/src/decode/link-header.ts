/**
 * What stands before the IP header of a captured packet: Ethernet, VLAN tags, MPLS labels, PPPoE, PPP, LLC/SNAP, IEEE 802.11, in any order
 * that makes sense. Each header says the type of the next as an Ethertype, and the walk ends at an IP packet or at a type that is not read.
 *
 * Below a label stack nothing says what comes: the first nibble tells IPv4 (4) and IPv6 (6); 0 is a pseudowire's control word, or an
 * Ethernet frame to a MAC that begins with 0; everything else is tried as Ethernet. Sources: IEEE 802.1Q, RFC 3032, RFC 4385, RFC 2516,
 * RFC 1662, IEEE 802.11. The object is reused; addresses are positions in the datagram.
 */

/** Types that are followed; the ones beyond 16 bits are ours, for headers that no Ethertype names. */
export const ETHERTYPE = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  arp: 0x0806,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoe: 0x8864,
  /** Transparent Ethernet bridging: an Ethernet frame. */
  ethernet: 0x6558,
  /** PPP, with or without the framing of HDLC; also Cisco's HDLC. */
  ppp: 0x880b,
  llc: 0x1_0000,
  wifi: 0x1_0001,
  none: 0x1_ffff,
} as const;

/** Headers before IP that are followed. */
const MAX_HEADERS = 16;
const MAX_VLAN_TAGS = 4;
/** Labels of a stack that are kept and followed. */
export const MAX_MPLS_LABELS = 10;
/** An Ethertype up to here is the length of an IEEE 802.3 frame. */
const MAX_8023_LENGTH = 1500;

const PPP_TYPES: Readonly<Record<number, number>> = {
  0x0021: ETHERTYPE.ipv4,
  0x0057: ETHERTYPE.ipv6,
  0x0281: ETHERTYPE.mpls,
  0x0283: ETHERTYPE.mplsMulticast,
};

export class LinkHeader {
  /** Positions of the MAC addresses of the first Ethernet or 802.11 header; -1 none. */
  srcMacAt = -1;
  dstMacAt = -1;
  /** Outermost VLAN id and the one behind it; 0 untagged. A tag below a label stack is an inner one. */
  vlan = 0;
  innerVlan = 0;
  /** Label stack entries as on the wire, outermost first: label 20 bits, traffic class 3, bottom of stack 1, TTL 8. */
  readonly labels = new Uint32Array(MAX_MPLS_LABELS);
  labelCount = 0;
  /** Type of what the walk has reached. */
  type: number = ETHERTYPE.none;
  private tags = 0;

  clear(): void {
    this.srcMacAt = this.dstMacAt = -1;
    this.vlan = this.innerVlan = this.labelCount = this.tags = 0;
    this.type = ETHERTYPE.none;
  }

  /**
   * Walks [at, end) of `view`, which begins with a header of `type`.
   * @returns position of the IP header, whose version `type` then tells; -1 when there is none
   */
  findIp(view: DataView, at: number, end: number, type: number): number {
    this.type = type;
    let next = at;
    for (let headers = 0; headers <= MAX_HEADERS && next >= 0; headers++) {
      if (this.type === ETHERTYPE.ipv4 || this.type === ETHERTYPE.ipv6) return next;
      next = this.readHeader(view, next, end);
    }
    return -1;
  }

  /** Sets `type` to what follows the header. @returns where that begins; -1: cut off or not understood */
  private readHeader(view: DataView, at: number, end: number): number {
    switch (this.type) {
      case ETHERTYPE.ethernet:
        return this.readEthernet(view, at, end);
      case ETHERTYPE.vlan:
      case ETHERTYPE.serviceVlan:
      case ETHERTYPE.oldServiceVlan:
        return this.readVlan(view, at, end);
      case ETHERTYPE.mpls:
      case ETHERTYPE.mplsMulticast:
        return this.readLabels(view, at, end);
      case ETHERTYPE.pppoe:
        this.type = ETHERTYPE.ppp;
        return at + 6;
      case ETHERTYPE.ppp:
        return this.readPpp(view, at, end);
      case ETHERTYPE.llc:
        return this.readSnap(view, at, end);
      case ETHERTYPE.wifi:
        return this.readWifi(view, at, end);
      default:
        return -1;
    }
  }

  private readEthernet(view: DataView, at: number, end: number): number {
    if (end - at < 14) return -1;
    this.setMacs(at, at + 6);
    this.setEthertype(view.getUint16(at + 12));
    return at + 14;
  }

  private setMacs(dstAt: number, srcAt: number): void {
    if (this.dstMacAt >= 0) return;
    this.dstMacAt = dstAt;
    this.srcMacAt = srcAt;
  }

  private setEthertype(type: number): void {
    this.type = type <= MAX_8023_LENGTH ? ETHERTYPE.llc : type;
  }

  private readVlan(view: DataView, at: number, end: number): number {
    if (end - at < 4 || this.tags === MAX_VLAN_TAGS) return -1;
    const id = view.getUint16(at) & 0xfff;
    if (this.labelCount > 0 && this.tags === 0) this.tags = 1;
    if (this.tags === 0) this.vlan = id;
    else if (this.tags === 1) this.innerVlan = id;
    this.tags++;
    this.setEthertype(view.getUint16(at + 2));
    return at + 4;
  }

  private readLabels(view: DataView, at: number, end: number): number {
    for (let next = at; end - next >= 4 && this.labelCount < MAX_MPLS_LABELS;) {
      const entry = view.getUint32(next);
      this.labels[this.labelCount++] = entry;
      next += 4;
      if ((entry & 0x100) !== 0) return this.guessBelowLabels(view, next, end);
    }
    return -1;
  }

  private guessBelowLabels(view: DataView, at: number, end: number): number {
    if (end - at < 1) return -1;
    const nibble = view.getUint8(at) >>> 4;
    if (nibble === 4 && isIpv4(view, at, end)) this.type = ETHERTYPE.ipv4;
    else if (nibble === 6 && isIpv6(view, at, end)) this.type = ETHERTYPE.ipv6;
    else {
      this.type = ETHERTYPE.ethernet;
      // Without a control word a frame to 00:… looks like one: then its own type is where it should be.
      if (nibble === 0 && (isFrame(view, at + 4, end) || !isFrame(view, at, end))) return at + 4;
    }
    return at;
  }

  /** [address and control FF 03] protocol, one byte when it is odd; or Cisco's HDLC: 0F (unicast) or 8F, 00, Ethertype. */
  private readPpp(view: DataView, at: number, end: number): number {
    if (end - at < 4) return -1;
    const start = view.getUint16(at);
    if (start === 0x0f00 || start === 0x8f00) {
      this.setEthertype(view.getUint16(at + 2));
      return at + 4;
    }
    const protocolAt = start === 0xff03 ? at + 2 : at;
    const first = view.getUint8(protocolAt);
    const isShort = (first & 1) === 1;
    this.type = PPP_TYPES[isShort ? first : view.getUint16(protocolAt)] ?? ETHERTYPE.none;
    return protocolAt + (isShort ? 1 : 2);
  }

  /** LLC AA AA 03, SNAP organisation 0, Ethertype. */
  private readSnap(view: DataView, at: number, end: number): number {
    if (end - at < 8 || view.getUint32(at) !== 0xaaaa_0300 || view.getUint16(at + 4) !== 0) return -1;
    this.type = view.getUint16(at + 6);
    return at + 8;
  }

  /** An unencrypted data frame; which address is which depends on the two DS bits. */
  private readWifi(view: DataView, at: number, end: number): number {
    if (end - at < 24) return -1;
    const control = view.getUint8(at);
    const flags = view.getUint8(at + 1);
    const ds = flags & 3;
    const isData = (control & 0x0c) === 0x08;
    const hasQos = (control & 0x80) !== 0;
    if (!isData || (ds === 3 && end - at < 30)) return -1;
    this.setMacs((ds & 1) === 0 ? at + 4 : at + 16, ds === 3 ? at + 24 : ds === 2 ? at + 16 : at + 10);
    const hasNoBody = (control & 0x40) !== 0;
    const isEncrypted = (flags & 0x40) !== 0;
    if (hasNoBody || isEncrypted) return -1;
    this.type = ETHERTYPE.llc;
    return at + 24 + (ds === 3 ? 6 : 0) + (hasQos ? 2 : 0) + (hasQos && (flags & 0x80) !== 0 ? 4 : 0);
  }
}

/** Whether a 4 begins an IPv4 header and not a MAC address: its checksum fits, or no frame would be right. */
function isIpv4(view: DataView, at: number, end: number): boolean {
  const headerBytes = (view.getUint8(at) & 0xf) * 4;
  if (headerBytes < 20) return false;
  if (end - at < headerBytes) return !isFrame(view, at, end);
  let sum = 0;
  for (let i = 0; i < headerBytes; i += 2) sum += view.getUint16(at + i);
  return (sum & 0xffff) + (sum >>> 16) === 0xffff || !isFrame(view, at, end);
}

/** Whether a 6 begins an IPv6 header and not a MAC address: both addresses are of a range in use, or no frame would be right. */
function isIpv6(view: DataView, at: number, end: number): boolean {
  if (!isFrame(view, at, end)) return true;
  return end - at >= 40 && isUsedRange(view.getUint8(at + 8)) && isUsedRange(view.getUint8(at + 24));
}

/** First byte of global unicast (2000::/3) or of unique-local, link-local and multicast addresses. */
function isUsedRange(first: number): boolean {
  return first >>> 5 === 1 || first >= 0xfc;
}

/** Whether an Ethernet frame at `at` would be of a type that is known. */
function isFrame(view: DataView, at: number, end: number): boolean {
  if (end - at < 14) return false;
  switch (view.getUint16(at + 12)) {
    case ETHERTYPE.ipv4:
    case ETHERTYPE.ipv6:
    case ETHERTYPE.arp:
    case ETHERTYPE.vlan:
    case ETHERTYPE.serviceVlan:
    case ETHERTYPE.mpls:
    case ETHERTYPE.pppoe:
      return true;
    default:
      return false;
  }
}
