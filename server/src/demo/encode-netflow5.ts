/** NetFlow v5 datagrams. IPv4 only, 30 flows at most, 32-bit counters: what does not fit is the caller's error. */
import { ByteWriter } from "./byte-writer.ts";
import type { DemoFlow } from "./demo-flow.ts";

export const NETFLOW5_MAX_FLOWS = 30;

export interface Netflow5Message {
  readonly flows: readonly DemoFlow[];
  readonly exportMs: number;
  /** When the exporter booted, epoch ms; flows are timed relative to it. */
  readonly bootMs: number;
  /** Flows sent before this datagram. */
  readonly sequence: number;
  readonly engine: number;
  /** 1 in N; 0 says nothing. */
  readonly samplingInterval: number;
}

/** @throws RangeError for IPv6 flows and more than 30 */
export function encodeNetflow5({ flows, exportMs, bootMs, sequence, engine, samplingInterval }: Netflow5Message): Uint8Array {
  if (flows.length > NETFLOW5_MAX_FLOWS)
    throw new RangeError(`NetFlow v5 carries ${NETFLOW5_MAX_FLOWS} flows a datagram, not ${flows.length}`);
  const out = new ByteWriter();
  out
    .u16(5)
    .u16(flows.length)
    .u32((exportMs - bootMs) >>> 0);
  out.u32(Math.floor(exportMs / 1000)).u32((exportMs % 1000) * 1_000_000);
  out
    .u32(sequence >>> 0)
    .u16(engine)
    .u16(samplingInterval === 0 ? 0 : 0x4000 | samplingInterval);
  for (const flow of flows) {
    if (flow.ipVersion !== 4) throw new RangeError("NetFlow v5 carries IPv4 only");
    out.ipv4(flow.srcAddr).ipv4(flow.dstAddr).u32(0).u16(flow.inIf).u16(flow.outIf).u32(flow.packets).u32(flow.bytes);
    out
      .u32((flow.startMs - bootMs) >>> 0)
      .u32((flow.endMs - bootMs) >>> 0)
      .u16(flow.srcPort)
      .u16(flow.dstPort);
    out.u8(0).u8(flow.tcpFlags).u8(flow.proto).u8(flow.tos).u16(flow.srcAs).u16(flow.dstAs).u8(flow.srcMask).u8(flow.dstMask).u16(0);
  }
  return out.build();
}
