/** Messages of NetFlow v9 and IPFIX: a header and sets, whose layouts templates tell. */
import type { Arrival, Reception } from "./reception.ts";
import { walkSets, type WalkerDeps } from "./set-walker.ts";

/** Numbers in FLOW_TYPES. */
const NETFLOW9 = 9;
const IPFIX = 10;

const NETFLOW9_HEADER_BYTES = 20;
const IPFIX_HEADER_BYTES = 16;

export function decodeNetflow9(arrival: Arrival, reception: Reception, walker: WalkerDeps): void {
  const { view, context, sink } = arrival;
  const end = view.byteLength;
  if (end < NETFLOW9_HEADER_BYTES) {
    reception.refuse(arrival, "truncated_header", `a NetFlow v9 datagram of ${end} bytes has no room for its header`);
    return;
  }
  const obsDomain = view.getUint32(16);
  const uptimeMs = view.getUint32(4);
  const session = reception.session(NETFLOW9, obsDomain, context);
  reception.see(session, end, context, 1);
  session.seeUptime(uptimeMs);
  session.decodedBytes += NETFLOW9_HEADER_BYTES;
  const message = reception.message(session, context, { exportMs: view.getUint32(8) * 1000, uptimeMs, samplingRate: 0 });
  const records = walkSets({ session, dialect: "netflow9", view, at: NETFLOW9_HEADER_BYTES, end, context: message, sink }, walker);
  session.sequence.observe(view.getUint32(12), records, context.receivedMs);
}

export function decodeIpfix(arrival: Arrival, reception: Reception, walker: WalkerDeps): void {
  const { view, context, sink } = arrival;
  const available = view.byteLength;
  const length = available >= 4 ? view.getUint16(2) : 0;
  if (available < IPFIX_HEADER_BYTES || length < IPFIX_HEADER_BYTES) {
    reception.refuse(arrival, "truncated_header", `an IPFIX message of ${Math.min(available, length)} bytes has no room for its header`);
    return;
  }
  const obsDomain = view.getUint32(12);
  const session = reception.session(IPFIX, obsDomain, context);
  reception.see(session, available, context, 1);
  const end = Math.min(length, available);
  if (length > available) session.drop("truncated_records", 0, `the message says ${length} bytes, the datagram has ${available}`);
  else if (length < available) session.skip("trailing_bytes", available - length, available - length);
  session.decodedBytes += IPFIX_HEADER_BYTES;
  const message = reception.message(session, context, { exportMs: view.getUint32(4) * 1000, uptimeMs: Number.NaN, samplingRate: 0 });
  const records = walkSets({ session, dialect: "ipfix", view, at: IPFIX_HEADER_BYTES, end, context: message, sink }, walker);
  // What could not be read is counted as dropped: the step to the next message must not count it again as lost.
  session.sequence.observe(view.getUint32(8), length > available ? Number.NaN : records, context.receivedMs);
}
