/**
 * Counter samples: what a device counted itself, exact where flow samples are estimates. Of their records the generic interface counters are
 * kept, and the name of the port; every other format is counted as ignored.
 *
 *   counters  sequence, source id, records u32, record*          (expanded: source id in two words)
 *   record    tag u32, length u32, body
 *
 * Source: sFlow version 5, counters_sample and if_counters; sFlow OpenFlow Structures (2014), port_name.
 */
import type { InterfaceCounters } from "./contract.ts";
import type { Session } from "./session.ts";
import { skipOpaque } from "./sflow-xdr.ts";
import { cleanText } from "./text-columns.ts";

const RECORD = { interface: 1, portName: 1005 } as const;
const COUNTERS_HEAD_BYTES = 12;
const EXPANDED_COUNTERS_HEAD_BYTES = 16;
const INTERFACE_BYTES = 88;
const MAX_NAME_BYTES = 255;
/** Type of the sources that are interfaces; the others are VLANs and parts of the device. */
const SOURCE_INTERFACE = 0;
const SOURCE_INDEX_MASK = 0xff_ffff;

/** Where a counter sample came from, and what to do with it. */
export interface CountersContext {
  readonly session: Session;
  readonly view: DataView;
  readonly receivedMs: number;
  readonly uptimeMs: number;
  readonly onCounters: (counters: InterfaceCounters) => void;
  readonly onName: (ifIndex: number, name: string) => void;
}

/** Reads the body [at, end) of a counter sample. @returns false when it cannot hold its own fields */
export function readCounters(context: CountersContext, at: number, end: number, isExpanded: boolean): boolean {
  const { session, view } = context;
  const headBytes = isExpanded ? EXPANDED_COUNTERS_HEAD_BYTES : COUNTERS_HEAD_BYTES;
  if (end - at < headBytes) return false;
  const word = view.getUint32(at + 4);
  const sourceType = isExpanded ? word : word >>> 24;
  const sourceIndex = isExpanded ? view.getUint32(at + 8) : word & SOURCE_INDEX_MASK;
  let ifIndex = sourceType === SOURCE_INTERFACE ? sourceIndex : 0;
  let name = "";
  let next = at + headBytes;
  for (let left = view.getUint32(next - 4); left > 0 && end - next >= 8; left--) {
    const tag = view.getUint32(next);
    const recordAt = next + 8;
    next = Math.min(recordAt + view.getUint32(next + 4), end);
    if (tag === RECORD.interface) {
      if (next - recordAt < INTERFACE_BYTES) continue;
      ifIndex = view.getUint32(recordAt);
      context.onCounters(readInterface(context, recordAt, { sourceType, sourceIndex }));
    } else if (tag === RECORD.portName) name = readName(view, recordAt, next);
    else session.ignored.countStructure("sflow_counters", tag);
  }
  if (name !== "" && ifIndex !== 0) context.onName(ifIndex, name);
  return true;
}

function readName(view: DataView, at: number, end: number): string {
  if (skipOpaque(view, at, end) < 0) return "";
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 4, Math.min(view.getUint32(at), MAX_NAME_BYTES));
  return Buffer.from(cleanText(bytes)).toString("utf8");
}

/**
 * ifIndex, ifType, ifSpeed u64, ifDirection, ifStatus, ifInOctets u64, ifInUcastPkts, ifInMulticastPkts, ifInBroadcastPkts, ifInDiscards,
 * ifInErrors, ifInUnknownProtos, ifOutOctets u64, ifOutUcastPkts, ifOutMulticastPkts, ifOutBroadcastPkts, ifOutDiscards, ifOutErrors,
 * ifPromiscuousMode
 */
function readInterface(
  { session, view, receivedMs, uptimeMs }: CountersContext,
  at: number,
  source: Pick<InterfaceCounters, "sourceType" | "sourceIndex">,
): InterfaceCounters {
  const { exporter, source: sender, obsDomain } = session.identity;
  const status = view.getUint32(at + 20);
  return {
    receivedMs,
    exporter: new Uint8Array(exporter.buffer, exporter.byteOffset, 16),
    exporterSource: new Uint8Array(sender.buffer, sender.byteOffset, 16),
    subAgent: obsDomain,
    ...source,
    uptimeMs,
    ifIndex: view.getUint32(at),
    ifType: view.getUint32(at + 4),
    speed: view.getBigUint64(at + 8),
    direction: view.getUint32(at + 16),
    isAdminUp: (status & 1) !== 0,
    isOperUp: (status & 2) !== 0,
    inOctets: view.getBigUint64(at + 24),
    inUnicastPackets: view.getUint32(at + 32),
    inMulticastPackets: view.getUint32(at + 36),
    inBroadcastPackets: view.getUint32(at + 40),
    inDiscards: view.getUint32(at + 44),
    inErrors: view.getUint32(at + 48),
    inUnknownProtocols: view.getUint32(at + 52),
    outOctets: view.getBigUint64(at + 56),
    outUnicastPackets: view.getUint32(at + 64),
    outMulticastPackets: view.getUint32(at + 68),
    outBroadcastPackets: view.getUint32(at + 72),
    outDiscards: view.getUint32(at + 76),
    outErrors: view.getUint32(at + 80),
    isPromiscuous: view.getUint32(at + 84) === 1,
  };
}
