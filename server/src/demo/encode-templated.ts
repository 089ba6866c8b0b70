/**
 * NetFlow v9 and IPFIX messages: a template set, when asked for, and data sets of one template each. Fields are written by a table of
 * element number, length and value, so that template and record cannot disagree.
 */
import { ByteWriter } from "./byte-writer.ts";
import type { DemoFlow } from "./demo-flow.ts";

export interface EncodedField {
  readonly id: number;
  /** Bytes, or 65535: the value carries its length (IPFIX). */
  readonly length: number;
  /** Private enterprise number (IPFIX). */
  readonly enterprise?: number;
  readonly write: (out: ByteWriter, flow: DemoFlow, message: TemplatedMessage) => void;
}

export interface EncodedTemplate {
  readonly id: number;
  readonly fields: readonly EncodedField[];
}

export interface TemplatedMessage {
  readonly version: 9 | 10;
  readonly exportMs: number;
  readonly bootMs: number;
  /** v9: datagrams sent before this one; IPFIX: data records. */
  readonly sequence: number;
  readonly obsDomain: number;
  /** Announced in front of the data. */
  readonly templates: readonly EncodedTemplate[];
  readonly sets: readonly { readonly template: EncodedTemplate; readonly flows: readonly DemoFlow[] }[];
}

const SET_ID = { 9: 0, 10: 2 } as const;

export function encodeTemplated(message: TemplatedMessage): Uint8Array {
  const { version, exportMs, bootMs, sequence, obsDomain, templates, sets } = message;
  const out = new ByteWriter();
  const seconds = Math.floor(exportMs / 1000);
  // v9 says its clock in whole seconds: the uptime is of that second too, so that flow times are exact.
  const uptimeMs = (seconds * 1000 - bootMs) >>> 0;
  const records = templates.length + sets.reduce((sum, { flows }) => sum + flows.length, 0);
  if (version === 9)
    out
      .u16(9)
      .u16(records)
      .u32(uptimeMs)
      .u32(seconds)
      .u32(sequence >>> 0)
      .u32(obsDomain);
  else
    out
      .u16(10)
      .u16(0)
      .u32(seconds)
      .u32(sequence >>> 0)
      .u32(obsDomain);
  if (templates.length > 0) writeSet(out, SET_ID[version], () => templates.forEach((template) => writeTemplate(out, template)));
  for (const { template, flows } of sets) {
    writeSet(out, template.id, () => {
      for (const flow of flows) for (const field of template.fields) field.write(out, flow, message);
    });
  }
  if (version === 10) out.setU16(2, out.length);
  return out.build();
}

/** Set header, content, zeros up to a multiple of four, length. */
function writeSet(out: ByteWriter, id: number, content: () => void): void {
  const at = out.length;
  out.u16(id).u16(0);
  content();
  out.zeros((4 - ((out.length - at) % 4)) % 4);
  out.setU16(at + 2, out.length - at);
}

function writeTemplate(out: ByteWriter, { id, fields }: EncodedTemplate): void {
  out.u16(id).u16(fields.length);
  for (const { id: element, length, enterprise } of fields) {
    out.u16(enterprise === undefined ? element : element | 0x8000).u16(length);
    if (enterprise !== undefined) out.u32(enterprise);
  }
}

const field = (id: number, length: number, write: EncodedField["write"]): EncodedField => ({ id, length, write });

/** Uptime of v9, whole milliseconds since boot. */
const uptime = (ms: number, { bootMs }: TemplatedMessage): number => (ms - bootMs) >>> 0;

const COMMON: readonly EncodedField[] = [
  field(7, 2, (out, { srcPort }) => out.u16(srcPort)),
  field(11, 2, (out, { dstPort }) => out.u16(dstPort)),
  field(4, 1, (out, { proto }) => out.u8(proto)),
  field(6, 1, (out, { tcpFlags }) => out.u8(tcpFlags)),
  field(5, 1, (out, { tos }) => out.u8(tos)),
  field(10, 4, (out, { inIf }) => out.u32(inIf)),
  field(14, 4, (out, { outIf }) => out.u32(outIf)),
  field(2, 8, (out, { packets }) => out.u64(packets)),
  field(1, 8, (out, { bytes }) => out.u64(bytes)),
  field(16, 4, (out, { srcAs }) => out.u32(srcAs)),
  field(17, 4, (out, { dstAs }) => out.u32(dstAs)),
  field(58, 2, (out, { vlan }) => out.u16(vlan)),
  field(61, 1, (out) => out.u8(0)),
];
const ADDRESSES_V4: readonly EncodedField[] = [
  field(8, 4, (out, { srcAddr }) => out.ipv4(srcAddr)),
  field(12, 4, (out, { dstAddr }) => out.ipv4(dstAddr)),
  field(15, 4, (out) => out.u32(0)),
  field(9, 1, (out, { srcMask }) => out.u8(srcMask)),
  field(13, 1, (out, { dstMask }) => out.u8(dstMask)),
];
const ADDRESSES_V6: readonly EncodedField[] = [
  field(27, 16, (out, { srcAddr }) => out.ipv6(srcAddr)),
  field(28, 16, (out, { dstAddr }) => out.ipv6(dstAddr)),
  field(29, 1, (out, { srcMask }) => out.u8(srcMask)),
  field(30, 1, (out, { dstMask }) => out.u8(dstMask)),
];
const UPTIMES: readonly EncodedField[] = [
  field(22, 4, (out, { startMs }, message) => out.u32(uptime(startMs, message))),
  field(21, 4, (out, { endMs }, message) => out.u32(uptime(endMs, message))),
];
const MILLISECONDS: readonly EncodedField[] = [
  field(152, 8, (out, { startMs }) => out.u64(startMs)),
  field(153, 8, (out, { endMs }) => out.u64(endMs)),
];
const END_REASON = field(136, 1, (out) => out.u8(1));

/** The demo exporters' templates: 21 fields for IPv4 (with the end reason), as routers commonly send. */
export const NETFLOW9_TEMPLATES = {
  4: { id: 256, fields: [...ADDRESSES_V4, ...COMMON, ...UPTIMES, END_REASON] },
  6: { id: 257, fields: [...ADDRESSES_V6, ...COMMON, ...UPTIMES, END_REASON] },
} as const satisfies Record<4 | 6, EncodedTemplate>;

export const IPFIX_TEMPLATES = {
  4: { id: 256, fields: [...ADDRESSES_V4, ...COMMON, ...MILLISECONDS, END_REASON] },
  6: { id: 257, fields: [...ADDRESSES_V6, ...COMMON, ...MILLISECONDS, END_REASON] },
} as const satisfies Record<4 | 6, EncodedTemplate>;
