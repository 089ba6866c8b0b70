/**
 * Packets inside packets: what an IP packet carries when its protocol or UDP port is a tunnel's. Read are IP in IP (4, 41), GRE (47, with
 * ERSPAN and PPTP), MPLS (137, UDP 6635), Ethernet (143), VXLAN, Geneve, GTP-U and L2TP over UDP.
 *
 * The UDP port that tells is the destination: tunnels spread their flows over source ports. Sources: RFC 2784, RFC 2890, RFC 2637, RFC 7348,
 * RFC 8926, RFC 2661, 3GPP TS 29.281, draft-foschiano-erspan. The object is reused.
 */
import type { IpHeader } from "./ip-header.ts";
import { ETHERTYPE } from "./link-header.ts";

const UDP_BYTES = 8;
const MAX_GTP_EXTENSIONS = 8;
const ERSPAN_TYPE_2 = 0x88be;
const ERSPAN_TYPE_3 = 0x22eb;
const GRE = { checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, acknowledgement: 0x0080, version: 7 } as const;
const L2TP = { control: 0x8000, length: 0x4000, sequence: 0x0800, offset: 0x0200, version: 0xf } as const;

export class Tunnel {
  /** Type of the header that the payload begins with, as the link walk knows it. */
  type: number = ETHERTYPE.none;
  /** VXLAN or Geneve network; 0 none. */
  vni = 0;

  /** @returns position of what `ip` carries, which ends at `end`; -1: no tunnel, or one whose own header is cut off */
  enter(view: DataView, ip: IpHeader, end: number): number {
    this.vni = 0;
    const { payloadAt } = ip;
    if (payloadAt < 0 || payloadAt >= end) return -1;
    switch (ip.proto) {
      case 4:
        this.type = ETHERTYPE.ipv4;
        return payloadAt;
      case 41:
        this.type = ETHERTYPE.ipv6;
        return payloadAt;
      case 137:
        this.type = ETHERTYPE.mpls;
        return payloadAt;
      case 143:
        this.type = ETHERTYPE.ethernet;
        return payloadAt;
      case 47:
        return this.enterGre(view, payloadAt, end);
      case 17:
        return ip.hasPorts ? this.enterUdp(view, payloadAt + UDP_BYTES, end, ip.dstPort) : -1;
      default:
        return -1;
    }
  }

  private enterUdp(view: DataView, at: number, end: number, port: number): number {
    switch (port) {
      case 4789:
      case 8472: // what Linux used before the port was assigned
        return this.enterVxlan(view, at, end);
      case 6081:
        return this.enterGeneve(view, at, end);
      case 2152:
        return this.enterGtp(view, at, end);
      case 1701:
        return this.enterL2tp(view, at, end);
      case 6635:
        this.type = ETHERTYPE.mpls;
        return at;
      default:
        return -1;
    }
  }

  /** flags u16, protocol u16, [checksum 4], [key 4], [sequence 4], [acknowledgement 4, version 1 only] */
  private enterGre(view: DataView, at: number, end: number): number {
    if (end - at < 4) return -1;
    const flags = view.getUint16(at);
    const version = flags & GRE.version;
    if ((flags & GRE.routing) !== 0 || version > 1) return -1;
    this.type = view.getUint16(at + 2);
    let next = at + 4;
    if ((flags & GRE.checksum) !== 0) next += 4;
    if ((flags & GRE.key) !== 0) next += 4;
    if ((flags & GRE.sequence) !== 0) next += 4;
    if (version === 1 && (flags & GRE.acknowledgement) !== 0) next += 4;
    if (this.type === ERSPAN_TYPE_2) return this.enterErspan((flags & GRE.sequence) === 0 ? next : next + 8);
    if (this.type === ERSPAN_TYPE_3) return this.enterErspan3(view, next, end);
    return next;
  }

  /** Type 1 has no header of its own and no GRE sequence, type 2 has 8 bytes. */
  private enterErspan(at: number): number {
    this.type = ETHERTYPE.ethernet;
    return at;
  }

  /** 12 bytes, and 8 more when the last bit says so. */
  private enterErspan3(view: DataView, at: number, end: number): number {
    if (end - at < 12) return -1;
    return this.enterErspan((view.getUint8(at + 11) & 1) === 0 ? at + 12 : at + 20);
  }

  /** flags (0x08: the network is valid), 3 reserved, network 24 bits, reserved */
  private enterVxlan(view: DataView, at: number, end: number): number {
    if (end - at < 8 || (view.getUint8(at) & 0x08) === 0) return -1;
    this.vni = view.getUint32(at + 4) >>> 8;
    this.type = ETHERTYPE.ethernet;
    return at + 8;
  }

  /** version 2 bits, option words 6 bits, flags, protocol u16, network 24 bits, reserved, options */
  private enterGeneve(view: DataView, at: number, end: number): number {
    if (end - at < 8 || view.getUint8(at) >>> 6 !== 0) return -1;
    this.vni = view.getUint32(at + 4) >>> 8;
    this.type = view.getUint16(at + 2);
    return at + 8 + (view.getUint8(at) & 0x3f) * 4;
  }

  /** flags, message (255: a user's packet), length u16, tunnel u32, [sequence u16, number u8, next extension u8, extensions] */
  private enterGtp(view: DataView, at: number, end: number): number {
    if (end - at < 8) return -1;
    const flags = view.getUint8(at);
    if (flags >>> 4 !== 3 || view.getUint8(at + 1) !== 255) return -1; // version 1, GTP and not GTP'
    const isLong = (flags & 7) !== 0;
    const hasExtensions = (flags & 4) !== 0;
    const next = hasExtensions ? skipGtpExtensions(view, at + 11, end) : at + (isLong ? 12 : 8);
    if (next < 0 || next >= end) return -1;
    this.type = view.getUint8(next) >>> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
    return next;
  }

  /** flags u16, [length u16], tunnel u16, session u16, [sequence 4], [offset u16 and so many bytes], PPP */
  private enterL2tp(view: DataView, at: number, end: number): number {
    if (end - at < 6) return -1;
    const flags = view.getUint16(at);
    if ((flags & L2TP.control) !== 0 || (flags & L2TP.version) !== 2) return -1;
    let next = at + ((flags & L2TP.length) === 0 ? 6 : 8) + ((flags & L2TP.sequence) === 0 ? 0 : 4);
    if ((flags & L2TP.offset) !== 0) {
      if (end - next < 2) return -1;
      next += 2 + view.getUint16(next);
    }
    this.type = ETHERTYPE.ppp;
    return next;
  }
}

/** @param at position of the first extension's type; each is: words u8, content, type of the next. @returns position behind the last; -1: cut off */
function skipGtpExtensions(view: DataView, at: number, end: number): number {
  let typeAt = at;
  for (let i = 0; i <= MAX_GTP_EXTENSIONS; i++) {
    if (end - typeAt < 2) return -1;
    if (view.getUint8(typeAt) === 0) return typeAt + 1;
    const bytes = view.getUint8(typeAt + 1) * 4;
    if (bytes === 0) return -1;
    typeAt += bytes;
  }
  return -1;
}
