/** sFlow v5 datagrams: one flow sample for each packet, with the packet's first bytes as a switch would copy them. */
import { ByteWriter } from "./byte-writer.ts";
import type { DemoFlow } from "./demo-flow.ts";

export interface SflowMessage {
  /** IPv4 text. */
  readonly agent: string;
  readonly subAgent: number;
  /** Datagrams sent before this one. */
  readonly sequence: number;
  readonly uptimeMs: number;
  /** Samples sent before this datagram. */
  readonly sampleSequence: number;
  /** 1 in N. */
  readonly samplingRate: number;
  /** One packet each: `bytes` is its IP length, `packets` is 1. */
  readonly samples: readonly DemoFlow[];
}

/** Bytes of a frame that a switch copies. */
const HEADER_BYTES = 128;
const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const FCS_BYTES = 4;

/** @throws RangeError for a flow of more than one packet */
export function encodeSflow({ agent, subAgent, sequence, uptimeMs, sampleSequence, samplingRate, samples }: SflowMessage): Uint8Array {
  const out = new ByteWriter();
  out
    .u32(5)
    .u32(1)
    .ipv4(agent)
    .u32(subAgent)
    .u32(sequence >>> 0)
    .u32(uptimeMs >>> 0)
    .u32(samples.length);
  samples.forEach((flow, i) => {
    if (flow.packets !== 1) throw new RangeError("an sFlow sample is one packet");
    const number = sampleSequence + i + 1;
    writeBlock(out, 1, () => {
      out
        .u32(number >>> 0)
        .u32(flow.inIf)
        .u32(samplingRate)
        .u32((number * samplingRate) >>> 0)
        .u32(0);
      out.u32(flow.inIf).u32(flow.outIf).u32(2);
      writeBlock(out, 1, () => writeRawHeader(out, flow));
      writeBlock(out, 1001, () => out.u32(flow.vlan).u32(0).u32(flow.vlan).u32(0));
    });
  });
  return out.build();
}

/** Tag, length, content: a sample or a record. */
function writeBlock(out: ByteWriter, tag: number, content: () => void): void {
  out.u32(tag).u32(0);
  const at = out.length;
  content();
  out.setU32(at - 4, out.length - at);
}

function writeRawHeader(out: ByteWriter, flow: DemoFlow): void {
  const frame = buildFrame(flow);
  const header = frame.subarray(0, HEADER_BYTES);
  const linkBytes = ETHERNET_HEADER_BYTES + (flow.vlan === 0 ? 0 : VLAN_TAG_BYTES);
  out
    .u32(1)
    .u32(linkBytes + flow.bytes + FCS_BYTES)
    .u32(FCS_BYTES)
    .u32(header.length);
  out.bytes(header).zeros((4 - (header.length % 4)) % 4);
}

/** The headers of the flow's packet, Ethernet to transport. */
function buildFrame(flow: DemoFlow): Uint8Array {
  const out = new ByteWriter();
  out.u16(0x0200).u32(flow.outIf).u16(0x0200).u32(flow.inIf); // locally administered MAC addresses
  if (flow.vlan !== 0) out.u16(0x8100).u16(flow.vlan);
  if (flow.ipVersion === 4) {
    out.u16(0x0800).u8(0x45).u8(flow.tos).u16(flow.bytes).u32(0x4000).u8(64).u8(flow.proto).u16(0);
    out.ipv4(flow.srcAddr).ipv4(flow.dstAddr);
  } else {
    out
      .u16(0x86dd)
      .u32(((0x600 | flow.tos) << 20) >>> 0)
      .u16(flow.bytes - 40)
      .u8(flow.proto)
      .u8(64);
    out.ipv6(flow.srcAddr).ipv6(flow.dstAddr);
  }
  if (flow.proto === 6)
    out
      .u16(flow.srcPort)
      .u16(flow.dstPort)
      .u32(1)
      .u32(1)
      .u16(0x5000 | flow.tcpFlags)
      .u16(0xffff)
      .u32(0);
  else if (flow.proto === 17) out.u16(flow.srcPort).u16(flow.dstPort).u16(8).u16(0);
  else out.u16(flow.dstPort).u16(0).u32(0);
  return out.build();
}
