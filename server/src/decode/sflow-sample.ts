/**
 * One sFlow flow sample: one packet that a switch picked, described by several records. They are merged, never a row each. One object is
 * reused for all samples; addresses are positions in the datagram. Source: sFlow version 5 (sflow.org, 2004), flow_data structures.
 */
import { PacketHeader } from "./packet-header.ts";

/** Enterprise 0 record formats that are read; every other record is stepped over. */
const RECORD = { rawHeader: 1, ethernet: 2, ipv4: 3, ipv6: 4, extendedSwitch: 1001, extendedRouter: 1002, extendedGateway: 1003 } as const;

const UNKNOWN_WORD = 0xffff_ffff;
/** Segments of an AS path that are followed. */
const MAX_PATH_SEGMENTS = 64;

export class FlowSample {
  readonly packet = new PacketHeader();
  rate = 0;
  inputFormat = 0;
  inputValue = 0;
  outputFormat = 0;
  outputValue = 0;
  frameBytes = 0;
  /** Bytes of the frame behind the packet that the switch removed before sampling (checksum). */
  strippedBytes = 0;
  srcVlan = 0;
  dstVlan = 0;
  /** Position and length (4 or 16) of the next hop; length 0: none. */
  nextHopAt = 0;
  nextHopBytes = 0;
  /** -1: not told. */
  srcMask = -1;
  dstMask = -1;
  srcAs = 0;
  dstAs = 0;
  private hasRawHeader = false;

  clear(): void {
    this.packet.clear();
    this.frameBytes = this.strippedBytes = this.srcVlan = this.dstVlan = 0;
    this.nextHopAt = this.nextHopBytes = this.srcAs = this.dstAs = 0;
    this.srcMask = this.dstMask = -1;
    this.hasRawHeader = false;
  }

  /** Merges one record whose content is [at, end). A record shorter than its fields adds nothing. */
  addRecord(view: DataView, at: number, end: number, tag: number): void {
    switch (tag) {
      case RECORD.rawHeader:
        this.addRawHeader(view, at, end);
        break;
      case RECORD.ethernet:
        if (end - at >= 4 && !this.hasRawHeader) this.frameBytes = view.getUint32(at);
        break;
      case RECORD.ipv4:
        if (end - at >= 32) this.addSampledIp(view, at, 4);
        break;
      case RECORD.ipv6:
        if (end - at >= 56) this.addSampledIp(view, at, 16);
        break;
      case RECORD.extendedSwitch:
        if (end - at >= 16) this.addSwitch(view, at);
        break;
      case RECORD.extendedRouter:
        this.addRouter(view, at, end);
        break;
      case RECORD.extendedGateway:
        this.addGateway(view, at, end);
        break;
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

  /** length, protocol, src, dst, src_port, dst_port, tcp_flags, tos or priority. A raw header of the same packet says more. */
  private addSampledIp(view: DataView, at: number, addressBytes: 4 | 16): void {
    const { ip } = this.packet;
    if (ip.version !== 0) return;
    const ports = at + 8 + 2 * addressBytes;
    ip.version = addressBytes === 4 ? 4 : 6;
    ip.bytes = view.getUint32(at);
    ip.proto = view.getUint32(at + 4) & 0xff;
    ip.srcAt = at + 8;
    ip.dstAt = at + 8 + addressBytes;
    ip.tos = view.getUint32(ports + 12) & 0xff;
    if (ip.proto === 1 || ip.proto === 58) return; // nothing tells what these switches put into the ports
    ip.hasPorts = true;
    ip.srcPort = view.getUint32(ports);
    ip.dstPort = view.getUint32(ports + 4);
    if (ip.proto === 6) ip.tcpFlags = view.getUint32(ports + 8) & 0x1ff;
  }

  /** src_vlan, src_priority, dst_vlan, dst_priority */
  private addSwitch(view: DataView, at: number): void {
    this.srcVlan = vlanId(view.getUint32(at));
    this.dstVlan = vlanId(view.getUint32(at + 8));
  }

  /** nexthop (type, address), src_mask_len, dst_mask_len */
  private addRouter(view: DataView, at: number, end: number): void {
    const next = this.addNextHop(view, at, end);
    if (next < 0 || end - next < 8) return;
    this.srcMask = maskLength(view.getUint32(next));
    this.dstMask = maskLength(view.getUint32(next + 4));
  }

  /** nexthop, as, src_as, src_peer_as, as_path_segment<>, ...: the destination's AS is the last of the path, or our own when it is empty */
  private addGateway(view: DataView, at: number, end: number): void {
    let next = skipAddress(view, at, end);
    if (next < 0 || end - next < 16) return;
    const ownAs = view.getUint32(next);
    const srcAs = view.getUint32(next + 4);
    const segments = Math.min(view.getUint32(next + 12), MAX_PATH_SEGMENTS);
    next += 16;
    let last = ownAs;
    for (let i = 0; i < segments; i++) {
      if (end - next < 8) return;
      const hops = view.getUint32(next + 4);
      next += 8;
      if (hops > Math.floor((end - next) / 4)) return;
      next += hops * 4;
      if (hops > 0) last = view.getUint32(next - 4);
    }
    this.srcAs = srcAs === 0 ? ownAs : srcAs;
    this.dstAs = last;
  }

  /** @returns position behind the address; -1 when it is cut off */
  private addNextHop(view: DataView, at: number, end: number): number {
    const next = skipAddress(view, at, end);
    if (next > at + 4) {
      this.nextHopAt = at + 4;
      this.nextHopBytes = next - at - 4;
    }
    return next;
  }
}

/** An address: type (0 unknown, 1 IPv4, 2 IPv6) and its bytes. @returns position behind it; -1 when it is cut off or of another type */
export function skipAddress(view: DataView, at: number, end: number): number {
  if (end - at < 4) return -1;
  const type = view.getUint32(at);
  if (type > 2) return -1;
  const next = at + 4 + (type === 0 ? 0 : type === 1 ? 4 : 16);
  return next > end ? -1 : next;
}

function vlanId(word: number): number {
  return word === UNKNOWN_WORD ? 0 : word & 0xfff;
}

function maskLength(word: number): number {
  return word <= 128 ? word : -1;
}
