/**
 * The start of a packet as a switch or probe captured it: link layer, IP, transport, and the first IP packet inside a tunnel. Captures are
 * cut after some 64 to 128 bytes, so whatever is there is read and the rest stays unknown. One object is reused for all packets, nothing is
 * allocated for one; addresses are positions in the datagram.
 */
import { IpHeader } from "./ip-header.ts";
import { ETHERTYPE, LinkHeader } from "./link-header.ts";
import { Tunnel } from "./tunnel.ts";

/** `header_protocol` of an sFlow raw packet header. */
export const HEADER_PROTOCOL = { ethernet: 1, ppp: 7, ipv4: 11, ipv6: 12, mpls: 13, pos: 14, wifi: 15 } as const;

/** Link types by header protocol. */
const FIRST_HEADERS: Readonly<Record<number, number>> = {
  [HEADER_PROTOCOL.ethernet]: ETHERTYPE.ethernet,
  [HEADER_PROTOCOL.ppp]: ETHERTYPE.ppp,
  [HEADER_PROTOCOL.ipv4]: ETHERTYPE.ipv4,
  [HEADER_PROTOCOL.ipv6]: ETHERTYPE.ipv6,
  [HEADER_PROTOCOL.mpls]: ETHERTYPE.mpls,
  [HEADER_PROTOCOL.pos]: ETHERTYPE.ppp,
  [HEADER_PROTOCOL.wifi]: ETHERTYPE.wifi,
};

export class PacketHeader {
  readonly link = new LinkHeader();
  /** The outermost IP packet. */
  readonly ip = new IpHeader();
  /** The IP packet in the tunnel that `ip` is; its version is 0 when there is none. */
  readonly inner = new IpHeader();
  /** Bytes before the IP header. */
  linkBytes = 0;
  /** VXLAN or Geneve network of the tunnel; 0 none. */
  vni = 0;
  private readonly innerLink = new LinkHeader();
  private readonly tunnel = new Tunnel();

  clear(): void {
    this.link.clear();
    this.ip.clear();
    if (this.inner.version !== 0) this.inner.clear();
    this.linkBytes = this.vni = 0;
  }

  /** Reads [at, end) of `view` as a packet of the given header protocol into a clear object; what is not understood stays unset. */
  parse(view: DataView, at: number, end: number, protocol: number): void {
    const ipAt = this.link.findIp(view, at, end, FIRST_HEADERS[protocol] ?? ETHERTYPE.none);
    if (ipAt < 0) return;
    this.ip.parse(view, ipAt, end, this.link.type);
    this.linkBytes = ipAt - at;
    const payloadAt = this.tunnel.enter(view, this.ip, end);
    if (payloadAt < 0) return;
    this.vni = this.tunnel.vni;
    this.innerLink.clear();
    const innerAt = this.innerLink.findIp(view, payloadAt, end, this.tunnel.type);
    if (innerAt >= 0) this.inner.parse(view, innerAt, end, this.innerLink.type);
  }

  /**
   * IP total length; where the packet does not say, what its frame leaves for it; the frame itself when it is not IP.
   * @param frameBytes length of the frame; 0 unknown
   * @param strippedBytes how many of them stand behind the packet (a checksum)
   */
  ipBytes(frameBytes: number, strippedBytes = 0): number {
    if (this.ip.version === 0) return frameBytes;
    return this.ip.bytes !== 0 ? this.ip.bytes : Math.max(frameBytes - strippedBytes - this.linkBytes, 0);
  }
}
