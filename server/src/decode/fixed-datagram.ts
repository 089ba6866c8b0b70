/** Datagrams of NetFlow v1, v5, v6, v7 and v8: a header and records of one layout. */
import { decodeDataSet, type DataSetOptions } from "./data-set.ts";
import { fixedHeaderBytes, isGluedDatagram, readFixedHeader } from "./fixed-header.ts";
import { fixedRecord } from "./fixed-records.ts";
import type { Arrival, Reception } from "./reception.ts";

interface FixedDatagram {
  readonly reception: Reception;
  readonly dataSets: DataSetOptions;
  readonly version: number;
}

/** Datagrams glued together are decoded one after the other. */
export function decodeFixed(arrival: Arrival, reception: Reception, dataSets: DataSetOptions): void {
  const { view } = arrival;
  const version = view.getUint16(0);
  if (view.byteLength < fixedHeaderBytes(version)) {
    reception.refuse(arrival, "truncated_header", `a NetFlow v${version} datagram of ${view.byteLength} bytes has no room for its header`);
    return;
  }
  let at = 0;
  do at = decodeAt(at, arrival, { reception, dataSets, version });
  while (at < view.byteLength);
}

/** @returns position behind the records; the end of the datagram when something else follows them */
function decodeAt(at: number, { view, context, sink }: Arrival, { reception, dataSets, version }: FixedDatagram): number {
  const header = readFixedHeader(view, at);
  const record = fixedRecord(view, at);
  const session = reception.session(version, header.engine, context);
  const recordsAt = at + fixedHeaderBytes(version);
  const room = record ? Math.floor((view.byteLength - recordsAt) / record.bytes) : 0;
  const count = Math.min(header.count, room);
  const recordsEnd = recordsAt + count * (record?.bytes ?? 0);
  const isGlued = header.count <= room && isGluedDatagram(view, at, recordsEnd);
  const end = isGlued ? recordsEnd : view.byteLength;
  reception.see(session, end - at, context, at === 0 ? 1 : 0);
  session.seeUptime(header.uptimeMs);
  if (!record) {
    const error = `aggregation ${view.getUint8(at + 22)} of version ${view.getUint8(at + 23)} in NetFlow v8 is not known`;
    session.drop("unknown_aggregation", end - at, error);
    return end;
  }
  const rest = end - recordsEnd;
  if (header.count > room)
    session.drop("truncated_records", rest, `the header counts ${header.count} records, the datagram has room for ${room}`);
  else if (rest > 0) session.skip("trailing_bytes", rest, rest);
  const message = reception.message(session, context, {
    exportMs: header.exportMs,
    uptimeMs: header.uptimeMs,
    samplingRate: header.samplingInterval,
  });
  const set = { view, at: recordsAt, end: recordsEnd, templateId: record.scheme };
  const result = decodeDataSet(record.plan, set, message, { sink, options: dataSets, connectionTotals: session.connectionTotals });
  session.decodedBytes += recordsEnd - at - result.homelessBytes;
  session.dataRecords += result.records;
  session.rows += result.rows;
  session.clampedTimes += result.clampedTimes;
  if (result.homeless > 0) session.drop("sink_full", result.homelessBytes, undefined, result.homeless);
  // How many records the exporter meant is not known when there are fewer than it says.
  if (header.sequence !== undefined)
    session.sequenceOf(record.scheme).observe(header.sequence, header.count > room ? Number.NaN : count, context.receivedMs);
  return end;
}
