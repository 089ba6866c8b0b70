/** Datagrams of NetFlow v8, one aggregation scheme each, after the tables of Cisco's NetFlow Export Datagram Format. */
import { ByteWriter } from "./byte-writer.ts";
import type { DemoFlow } from "./demo-flow.ts";
import { writeFixedHeader, type NumberedMessage } from "./encode-fixed.ts";

/** A flow as it stands for many: `flows` of them were added up. */
export interface AggregatedFlow extends DemoFlow {
  readonly flows: number;
}

export interface Netflow8Message extends NumberedMessage {
  /** Number of the aggregation, 1 to 14. */
  readonly scheme: number;
  readonly flows: readonly AggregatedFlow[];
  readonly engine: number;
}

/** Bytes of records that a datagram below Ethernet's 1,500 carries, as flow-tools fills them. */
const MOST_RECORD_BYTES = 1_408;

type WriteRecord = (out: ByteWriter, flow: AggregatedFlow, uptimes: { readonly first: number; readonly last: number }) => void;

interface Scheme {
  readonly bytes: number;
  readonly write: WriteRecord;
}

/** A scheme that begins with the number of flows. */
function summed(bytes: number, write: (out: ByteWriter, flow: AggregatedFlow) => void): Scheme {
  return {
    bytes,
    write: (out, flow, { first, last }) => {
      out.u32(flow.flows).u32(flow.packets).u32(flow.bytes).u32(first).u32(last);
      write(out, flow);
    },
  };
}

/** A scheme of the Catalyst: addresses first; no number of flows; packets beyond the contract and the bypassed router at the end. */
function switched(bytes: number, { key, rest }: Record<"key" | "rest", (out: ByteWriter, flow: AggregatedFlow) => void>): Scheme {
  return {
    bytes,
    write: (out, flow, { first, last }) => {
      key(out, flow);
      out.u32(flow.packets).u32(flow.bytes).u32(first).u32(last);
      rest(out, flow);
      out.u32(1).ipv4("192.0.2.254");
    },
  };
}

const prefixes = (out: ByteWriter, flow: AggregatedFlow): ByteWriter =>
  out.ipv4(flow.srcAddr).ipv4(flow.dstAddr).u8(flow.dstMask).u8(flow.srcMask);
const systems = (out: ByteWriter, flow: AggregatedFlow): ByteWriter => out.u16(flow.srcAs).u16(flow.dstAs).u16(flow.inIf).u16(flow.outIf);
const ports = (out: ByteWriter, flow: AggregatedFlow): ByteWriter => out.u16(flow.srcPort).u16(flow.dstPort);

const MARKED_TOS = 0xff;

const SCHEMES: Readonly<Record<number, Scheme>> = {
  1: summed(28, (out, flow) => systems(out, flow)),
  2: summed(28, (out, flow) => ports(out.u8(flow.proto).zeros(3), flow)),
  3: summed(32, (out, flow) => out.ipv4(flow.srcAddr).u8(flow.srcMask).u8(0).u16(flow.srcAs).u16(flow.inIf).u16(0)),
  4: summed(32, (out, flow) => out.ipv4(flow.dstAddr).u8(flow.dstMask).u8(0).u16(flow.dstAs).u16(flow.outIf).u16(0)),
  5: summed(40, (out, flow) => systems(prefixes(out, flow).u16(0), flow)),
  6: switched(32, {
    key: (out, flow) => out.ipv4(flow.dstAddr),
    rest: (out, flow) => out.u16(flow.outIf).u8(flow.tos).u8(MARKED_TOS),
  }),
  7: switched(40, {
    key: (out, flow) => out.ipv4(flow.dstAddr).ipv4(flow.srcAddr),
    rest: (out, flow) => out.u16(flow.outIf).u16(flow.inIf).u8(flow.tos).u8(MARKED_TOS).u16(0),
  }),
  8: switched(44, {
    key: (out, flow) => out.ipv4(flow.dstAddr).ipv4(flow.srcAddr).u16(flow.dstPort).u16(flow.srcPort),
    rest: (out, flow) => out.u16(flow.outIf).u16(flow.inIf).u8(flow.tos).u8(flow.proto).u8(MARKED_TOS).u8(0),
  }),
  9: summed(32, (out, flow) => systems(out, flow).u8(flow.tos).zeros(3)),
  10: summed(32, (out, flow) => ports(out.u8(flow.proto).u8(flow.tos).u16(0), flow).u16(flow.inIf).u16(flow.outIf)),
  11: summed(32, (out, flow) => out.ipv4(flow.srcAddr).u8(flow.srcMask).u8(flow.tos).u16(flow.srcAs).u16(flow.inIf).u16(0)),
  12: summed(32, (out, flow) => out.ipv4(flow.dstAddr).u8(flow.dstMask).u8(flow.tos).u16(flow.dstAs).u16(flow.outIf).u16(0)),
  13: summed(40, (out, flow) => systems(prefixes(out, flow).u8(flow.tos).u8(0), flow)),
  14: summed(40, (out, flow) => ports(prefixes(out, flow).u8(flow.tos).u8(flow.proto), flow).u16(flow.inIf).u16(flow.outIf)),
};

/** @throws RangeError for a scheme that does not exist and more flows than a datagram carries */
export function encodeNetflow8({ scheme, flows, exportMs, bootMs, sequence, engine }: Netflow8Message): Uint8Array {
  const layout = SCHEMES[scheme];
  if (!layout) throw new RangeError(`NetFlow v8 has no aggregation ${scheme}`);
  const out = new ByteWriter();
  writeFixedHeader(out, { version: 8, records: flows.length, most: Math.floor(MOST_RECORD_BYTES / layout.bytes), exportMs, bootMs });
  out
    .u32(sequence >>> 0)
    .u16(engine)
    .u8(scheme)
    .u8(2)
    .u32(0);
  for (const flow of flows) layout.write(out, flow, { first: (flow.startMs - bootMs) >>> 0, last: (flow.endMs - bootMs) >>> 0 });
  return out.build();
}
