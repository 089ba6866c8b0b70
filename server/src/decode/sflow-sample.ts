/**
 * One sFlow sample of a packet, sampled or discarded, as several records describe it. They are merged, never a row each. One object is
 * reused for all samples; addresses and texts are positions in the datagram.
 *
 * Records about the same thing: a raw header goes before a decoded one, the switch's VLAN before the tag, the router's next hop before that
 * of MPLS. The tunnel records tell headers that the switch put around the packet or took off; the packet itself is what was sampled, so they
 * have no columns, and stand in only where nothing else describes the packet.
 *
 * Sources: sFlow version 5 (sflow.org, 2004), sFlow Tunnel Structures (2012), Port NAT (2012), QinQ, Dropped Packet Notification (2020).
 */
import type { IpHeader } from "./ip-header.ts";
import { PacketHeader } from "./packet-header.ts";
import { Gateway } from "./sflow-gateway.ts";
import { AddressPlace, skipAddress, skipList, TextPlace } from "./sflow-xdr.ts";

/** Enterprise 0 record formats that are read. */
const RECORD = {
  rawHeader: 1,
  ethernet: 2,
  ipv4: 3,
  ipv6: 4,
  extendedSwitch: 1001,
  extendedRouter: 1002,
  extendedGateway: 1003,
  extendedUser: 1004,
  extendedUrl: 1005,
  extendedMpls: 1006,
  extendedNat: 1007,
  vlanTunnel: 1012,
  wifiReceived: 1014,
  wifiSent: 1015,
  natPorts: 1020,
  ipv4TunnelEgress: 1023,
  ipv4TunnelIngress: 1024,
  ipv6TunnelEgress: 1025,
  ipv6TunnelIngress: 1026,
  vniEgress: 1029,
  vniIngress: 1030,
  vlanIn: 1034,
  vlanOut: 1035,
} as const;
/** Formats of application transactions, which are samples of another thing than packets. */
const FIRST_APPLICATION_FORMAT = 2000;
const LAST_FORMAT = 4095;

const UNKNOWN_WORD = 0xffff_ffff;
const IPV4_RECORD_BYTES = 32;
const IPV6_RECORD_BYTES = 56;

export class FlowSample {
  readonly packet = new PacketHeader();
  /** 1 in so many packets was sampled; 0 is told by some agents and means 1. */
  rate = 0;
  inputFormat = 0;
  inputValue = 0;
  outputFormat = 0;
  outputValue = 0;
  /** Why a discarded packet was; -1 for packets that were sampled. */
  dropReason = -1;
  frameBytes = 0;
  /** Bytes of the frame behind the packet that the switch removed before sampling (checksum). */
  strippedBytes = 0;
  srcVlan = 0;
  dstVlan = 0;
  /** VLANs of tags that were taken off before the header was sampled, outermost first; only two are of interest. */
  strippedTags = 0;
  strippedVlan = 0;
  strippedInnerVlan = 0;
  readonly nextHop = new AddressPlace();
  /** -1: not told. */
  srcMask = -1;
  dstMask = -1;
  readonly gateway = new Gateway();
  /** Some of the next four texts was told. */
  hasText = false;
  readonly user = new TextPlace();
  readonly url = new TextPlace();
  readonly host = new TextPlace();
  readonly ssid = new TextPlace();
  /** Some of the next four was told. */
  hasNat = false;
  readonly natSrc = new AddressPlace();
  readonly natDst = new AddressPlace();
  natSrcPort = 0;
  natDstPort = 0;
  /** Position and number of label stack entries of extended MPLS. */
  labelsAt = 0;
  labels = 0;
  vni = 0;
  /** Some record but the raw header was read: the fields from `srcVlan` on say something. */
  isExtended = false;
  private hasRawHeader = false;
  private hasApplication = false;
  private hasPacket = false;
  /** Positions of a decoded IP header and of a tunnel's, and the bytes of their addresses; 0: none. */
  private decodedIpAt = 0;
  private decodedAddressBytes = 0;
  private tunnelAt = 0;
  private tunnelAddressBytes = 0;

  clear(): void {
    this.packet.clear();
    this.frameBytes = this.strippedBytes = 0;
    this.dropReason = -1;
    this.hasRawHeader = this.hasApplication = this.hasPacket = false;
    if (this.isExtended) this.clearExtended();
  }

  private clearExtended(): void {
    this.isExtended = false;
    this.srcVlan = this.dstVlan = this.strippedTags = this.strippedVlan = this.strippedInnerVlan = 0;
    this.srcMask = this.dstMask = -1;
    this.nextHop.bytes = this.labels = this.vni = this.decodedIpAt = this.tunnelAt = 0;
    if (this.gateway.isRead) this.gateway.clear();
    if (this.hasText) this.user.bytes = this.url.bytes = this.host.bytes = this.ssid.bytes = 0;
    if (this.hasNat) this.natSrc.bytes = this.natDst.bytes = this.natSrcPort = this.natDstPort = 0;
    this.hasText = this.hasNat = false;
  }

  /** True for a sample of application transactions: it tells of no packet. */
  get isApplication(): boolean {
    return this.hasApplication && !this.hasPacket;
  }

  /**
   * Merges one record whose content is [at, end). A record shorter than its fields adds nothing.
   * @returns false when nobody reads such records
   */
  addRecord(view: DataView, at: number, end: number, tag: number): boolean {
    if (tag >= FIRST_APPLICATION_FORMAT && tag <= LAST_FORMAT) {
      this.hasApplication = true;
      return false;
    }
    this.hasPacket = true;
    if (tag === RECORD.rawHeader) {
      this.addRawHeader(view, at, end);
      return true;
    }
    this.isExtended = true;
    return this.addExtended(view, at, end, tag);
  }

  /** After the last record: what describes the packet in place of a raw header. */
  finish(view: DataView): void {
    if (!this.isExtended || this.packet.ip.version !== 0) return;
    const { ip } = this.packet;
    if (this.decodedIpAt !== 0) readDecodedIp(ip, view, this.decodedIpAt, this.decodedAddressBytes);
    else if (this.tunnelAt !== 0 && !this.hasRawHeader) readDecodedIp(ip, view, this.tunnelAt, this.tunnelAddressBytes);
  }

  private addExtended(view: DataView, at: number, end: number, tag: number): boolean {
    switch (tag) {
      case RECORD.ethernet:
        this.addEthernet(view, at, end);
        return true;
      case RECORD.ipv4:
      case RECORD.ipv6:
        this.addDecodedIp(at, end, tag === RECORD.ipv4 ? 4 : 16);
        return true;
      case RECORD.extendedSwitch:
        if (end - at >= 16) this.addSwitch(view, at);
        return true;
      case RECORD.extendedRouter:
        this.addRouter(view, at, end);
        return true;
      case RECORD.extendedGateway:
        if (!this.gateway.isRead) this.gateway.read(view, at, end);
        return true;
      case RECORD.extendedUser:
        this.addUser(view, at, end);
        return true;
      case RECORD.extendedUrl:
        this.addUrl(view, at, end);
        return true;
      case RECORD.extendedMpls:
        this.addMpls(view, at, end);
        return true;
      case RECORD.extendedNat:
        this.addNat(view, at, end);
        return true;
      default:
        return this.addExtension(view, at, end, tag);
    }
  }

  /** Structures that came after version 5 was published. */
  private addExtension(view: DataView, at: number, end: number, tag: number): boolean {
    switch (tag) {
      case RECORD.vlanTunnel:
      case RECORD.vlanIn:
        this.addStrippedTags(view, at, end);
        return true;
      case RECORD.vlanOut:
        if (skipList(view, at, end) > at + 4 && this.dstVlan === 0) this.dstVlan = view.getUint32(at + 4) & 0xfff;
        return true;
      case RECORD.wifiReceived:
      case RECORD.wifiSent:
        this.hasText = true;
        this.ssid.read(view, at, end);
        return true;
      case RECORD.natPorts:
        if (end - at < 8) return true;
        this.hasNat = true;
        this.natSrcPort = view.getUint32(at) & 0xffff;
        this.natDstPort = view.getUint32(at + 4) & 0xffff;
        return true;
      case RECORD.vniIngress:
        if (end - at >= 4) this.vni = view.getUint32(at);
        return true;
      case RECORD.vniEgress:
        if (end - at >= 4 && this.vni === 0) this.vni = view.getUint32(at);
        return true;
      case RECORD.ipv4TunnelEgress:
      case RECORD.ipv4TunnelIngress:
        this.addTunnel(at, end, 4);
        return false;
      case RECORD.ipv6TunnelEgress:
      case RECORD.ipv6TunnelIngress:
        this.addTunnel(at, end, 16);
        return false;
      default:
        return false;
    }
  }

  /** header_protocol, frame_length, stripped, header<> */
  private addRawHeader(view: DataView, at: number, end: number): void {
    if (end - at < 16 || this.hasRawHeader) return;
    this.hasRawHeader = true;
    this.frameBytes = view.getUint32(at + 4);
    this.strippedBytes = view.getUint32(at + 8);
    const headerEnd = Math.min(at + 16 + view.getUint32(at + 12), end);
    this.packet.parse(view, at + 16, headerEnd, view.getUint32(at));
  }

  /** length, src_mac, dst_mac (six bytes and two of padding each), type */
  private addEthernet(view: DataView, at: number, end: number): void {
    if (end - at >= 4 && !this.hasRawHeader) this.frameBytes = view.getUint32(at);
    if (end - at < 20 || this.packet.link.dstMacAt >= 0) return;
    this.packet.link.srcMacAt = at + 4;
    this.packet.link.dstMacAt = at + 12;
  }

  private addDecodedIp(at: number, end: number, addressBytes: 4 | 16): void {
    if (end - at < (addressBytes === 4 ? IPV4_RECORD_BYTES : IPV6_RECORD_BYTES)) return;
    this.decodedIpAt = at;
    this.decodedAddressBytes = addressBytes;
  }

  private addTunnel(at: number, end: number, addressBytes: 4 | 16): void {
    if (end - at < (addressBytes === 4 ? IPV4_RECORD_BYTES : IPV6_RECORD_BYTES)) return;
    this.tunnelAt = at;
    this.tunnelAddressBytes = addressBytes;
  }

  /** src_vlan, src_priority, dst_vlan, dst_priority */
  private addSwitch(view: DataView, at: number): void {
    this.srcVlan = vlanId(view.getUint32(at));
    this.dstVlan = vlanId(view.getUint32(at + 8));
  }

  /** stack<> of protocol and tag, 16 bits each, outermost first */
  private addStrippedTags(view: DataView, at: number, end: number): void {
    if (skipList(view, at, end) < 0) return;
    this.strippedTags = view.getUint32(at);
    if (this.strippedTags > 0) this.strippedVlan = view.getUint32(at + 4) & 0xfff;
    if (this.strippedTags > 1) this.strippedInnerVlan = view.getUint32(at + 8) & 0xfff;
  }

  /** nexthop, src_mask_len, dst_mask_len */
  private addRouter(view: DataView, at: number, end: number): void {
    if (skipAddress(view, at, end) > at + 4) this.nextHop.bytes = 0;
    const next = this.nextHop.read(view, at, end);
    if (next < 0 || end - next < 8) return;
    this.srcMask = maskLength(view.getUint32(next));
    this.dstMask = maskLength(view.getUint32(next + 4));
  }

  /** src_charset, src_user<>, dst_charset, dst_user<> */
  private addUser(view: DataView, at: number, end: number): void {
    this.hasText = true;
    const next = this.user.read(view, at + 4, end);
    if (next >= 0) this.user.read(view, next + 4, end);
  }

  /** direction, url<>, host<> */
  private addUrl(view: DataView, at: number, end: number): void {
    this.hasText = true;
    const next = this.url.read(view, at + 4, end);
    if (next >= 0) this.host.read(view, next, end);
  }

  /** nexthop, in_stack<>, out_stack<> */
  private addMpls(view: DataView, at: number, end: number): void {
    const inAt = this.nextHop.read(view, at, end);
    const outAt = inAt < 0 ? -1 : skipList(view, inAt, end);
    if (outAt < 0) return;
    const isEmpty = view.getUint32(inAt) === 0;
    if (isEmpty && skipList(view, outAt, end) < 0) return;
    const stackAt = isEmpty ? outAt : inAt;
    this.labelsAt = stackAt + 4;
    this.labels = view.getUint32(stackAt);
  }

  /** src_address, dst_address */
  private addNat(view: DataView, at: number, end: number): void {
    this.hasNat = true;
    const next = this.natSrc.read(view, at, end);
    if (next >= 0) this.natDst.read(view, next, end);
  }
}

/** length, protocol, src, dst, src_port, dst_port, tcp_flags, tos or priority */
function readDecodedIp(ip: IpHeader, view: DataView, at: number, addressBytes: number): void {
  const ports = at + 8 + 2 * addressBytes;
  ip.version = addressBytes === 4 ? 4 : 6;
  ip.bytes = view.getUint32(at);
  ip.proto = view.getUint32(at + 4) & 0xff;
  ip.srcAt = at + 8;
  ip.dstAt = at + 8 + addressBytes;
  ip.tos = view.getUint32(ports + 12) & 0xff;
  if (ip.proto === 1 || ip.proto === 58) return; // nothing tells what these switches put into the ports
  ip.hasPorts = true;
  ip.srcPort = view.getUint32(ports) & 0xffff;
  ip.dstPort = view.getUint32(ports + 4) & 0xffff;
  if (ip.proto === 6) ip.tcpFlags = view.getUint32(ports + 8) & 0x1ff;
}

function vlanId(word: number): number {
  return word === UNKNOWN_WORD ? 0 : word & 0xfff;
}

function maskLength(word: number): number {
  return word <= 128 ? word : -1;
}
