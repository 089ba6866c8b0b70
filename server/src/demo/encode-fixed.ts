/** Datagrams of NetFlow v1, v5, v6 and v7. IPv4 only, 32-bit counters: what does not fit is the caller's error. */
import { ByteWriter } from "./byte-writer.ts";
import type { DemoFlow } from "./demo-flow.ts";

export const NETFLOW5_MAX_FLOWS = 30;

export interface FixedMessage {
  readonly flows: readonly DemoFlow[];
  readonly exportMs: number;
  /** When the exporter booted, epoch ms; flows are timed relative to it. */
  readonly bootMs: number;
}

export interface NumberedMessage extends FixedMessage {
  /** Flows sent before this datagram. */
  readonly sequence: number;
}

export interface Netflow5Message extends NumberedMessage {
  readonly engine: number;
  /** 1 in N; 0 says nothing. */
  readonly samplingInterval: number;
}

/** @throws RangeError for IPv6 flows and more than 24 */
export function encodeNetflow1({ flows, exportMs, bootMs }: FixedMessage): Uint8Array {
  const out = new ByteWriter();
  writeFixedHeader(out, { version: 1, records: flows.length, most: 24, exportMs, bootMs });
  for (const flow of flows) {
    writeFlowStart(out, flow, bootMs);
    out.u16(0).u8(flow.proto).u8(flow.tos).u8(flow.tcpFlags).zeros(7);
  }
  return out.build();
}

/** @throws RangeError for IPv6 flows and more than 30 */
export function encodeNetflow5({ flows, exportMs, bootMs, sequence, engine, samplingInterval }: Netflow5Message): Uint8Array {
  const out = new ByteWriter();
  writeFixedHeader(out, { version: 5, records: flows.length, most: NETFLOW5_MAX_FLOWS, exportMs, bootMs });
  out
    .u32(sequence >>> 0)
    .u16(engine)
    .u16(samplingInterval === 0 ? 0 : 0x4000 | samplingInterval);
  for (const flow of flows) writeFlow(out, flow, bootMs).u16(0);
  return out.build();
}

/** @throws RangeError for IPv6 flows and more than 27 */
export function encodeNetflow6({ flows, exportMs, bootMs, sequence, engine }: NumberedMessage & { readonly engine: number }): Uint8Array {
  const out = new ByteWriter();
  writeFixedHeader(out, { version: 6, records: flows.length, most: 27, exportMs, bootMs });
  out
    .u32(sequence >>> 0)
    .u16(engine)
    .u16(0);
  // Bytes of the encapsulation on either side, next hop within the peer.
  for (const flow of flows) writeFlow(out, flow, bootMs).u8(14).u8(18).ipv4("192.0.2.254");
  return out.build();
}

/** @throws RangeError for IPv6 flows and more than 27 */
export function encodeNetflow7({ flows, exportMs, bootMs, sequence }: NumberedMessage): Uint8Array {
  const out = new ByteWriter();
  writeFixedHeader(out, { version: 7, records: flows.length, most: 27, exportMs, bootMs });
  out.u32(sequence >>> 0).u32(0);
  // Flags, and the router that the switch bypassed.
  for (const flow of flows) writeFlow(out, flow, bootMs).u16(0).ipv4("192.0.2.254");
  return out.build();
}

export interface FixedHeader {
  readonly version: number;
  readonly records: number;
  /** Records that a datagram of this version may carry. */
  readonly most: number;
  readonly exportMs: number;
  readonly bootMs: number;
}

/** The 16 bytes that all versions begin with. */
export function writeFixedHeader(out: ByteWriter, { version, records, most, exportMs, bootMs }: FixedHeader): void {
  if (records > most) throw new RangeError(`NetFlow v${version} carries ${most} records a datagram, not ${records}`);
  out
    .u16(version)
    .u16(records)
    .u32((exportMs - bootMs) >>> 0);
  out.u32(Math.floor(exportMs / 1000)).u32((exportMs % 1000) * 1_000_000);
}

/** Addresses to ports: the start of every record. */
function writeFlowStart(out: ByteWriter, flow: DemoFlow, bootMs: number): void {
  if (flow.ipVersion !== 4) throw new RangeError("NetFlow before version 9 carries IPv4 only");
  out.ipv4(flow.srcAddr).ipv4(flow.dstAddr).u32(0).u16(flow.inIf).u16(flow.outIf).u32(flow.packets).u32(flow.bytes);
  out
    .u32((flow.startMs - bootMs) >>> 0)
    .u32((flow.endMs - bootMs) >>> 0)
    .u16(flow.srcPort)
    .u16(flow.dstPort);
}

/** The 46 bytes that v5, v6 and v7 share. */
function writeFlow(out: ByteWriter, flow: DemoFlow, bootMs: number): ByteWriter {
  writeFlowStart(out, flow, bootMs);
  return out.u8(0).u8(flow.tcpFlags).u8(flow.proto).u8(flow.tos).u16(flow.srcAs).u16(flow.dstAs).u8(flow.srcMask).u8(flow.dstMask);
}
