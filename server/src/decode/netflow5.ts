/**
 * NetFlow v5: a 24-byte header and up to 30 records of 48 bytes. The record is a fixed layout of elements that v9 and IPFIX number, so it
 * runs through the same compiled column loops as a template.
 *
 *   header  version u16, count u16, sysUptime u32 ms, unix_secs u32, unix_nsecs u32, flow_sequence u32, engine_type u8, engine_id u8, sampling u16
 *   record  srcaddr, dstaddr, nexthop, input u16, output u16, dPkts u32, dOctets u32, first u32, last u32, srcport u16, dstport u16, pad,
 *           tcp_flags u8, prot u8, tos u8, src_as u16, dst_as u16, src_mask u8, dst_mask u8, pad u16
 *
 * Source: Cisco, NetFlow Export Datagram Format, version 5.
 */
import type { FieldSpec } from "./field-spec.ts";
import { compilePlan, type Plan } from "./plan.ts";

export const NETFLOW5_HEADER_BYTES = 24;
export const NETFLOW5_RECORD_BYTES = 48;

/** Element and length of each field of the record, in order; 210 is padding. */
const RECORD: readonly (readonly [id: number, length: number])[] = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 2],
  [14, 2],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [7, 2],
  [11, 2],
  [210, 1],
  [6, 1],
  [4, 1],
  [5, 1],
  [16, 2],
  [17, 2],
  [9, 1],
  [13, 1],
  [210, 2],
];

export const NETFLOW5_PLAN: Plan = compilePlan(RECORD.map(([id, length]): FieldSpec => ({ enterprise: 0, id, length })));

export interface Netflow5Header {
  readonly count: number;
  readonly uptimeMs: number;
  readonly exportMs: number;
  readonly sequence: number;
  /** Engine type x 256 + engine id. */
  readonly engine: number;
  /** 1 in N, 0 unknown. The upper two bits are the mode; Juniper sends an interval with mode 0, so only the interval counts. */
  readonly samplingInterval: number;
}

/** Reads the header at `at`; the caller has checked that it is there. */
export function readNetflow5Header(view: DataView, at: number): Netflow5Header {
  return {
    count: view.getUint16(at + 2),
    uptimeMs: view.getUint32(at + 4),
    exportMs: view.getUint32(at + 8) * 1000 + Math.floor(view.getUint32(at + 12) / 1_000_000),
    sequence: view.getUint32(at + 16),
    engine: view.getUint16(at + 20),
    samplingInterval: view.getUint16(at + 22) & 0x3fff,
  };
}
