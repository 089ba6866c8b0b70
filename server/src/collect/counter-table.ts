/**
 * Rows of the table `if_counters`: what devices counted on their interfaces. They gather here for some seconds and travel through the spool
 * like flows do; a flood of them is handed over earlier, so that they take no memory, and is the spool's to bound.
 */
import type { InterfaceCounters } from "../decode/index.ts";
import { encodeNative, type NativeBlock, type NativeColumn, type NativeValue } from "../flow/index.ts";
import type { TimeSpan } from "../spool/index.ts";

export const COUNTERS_TABLE = "if_counters";

/** Rows that wait at most. 4,096 are encoded in some milliseconds, while the kernel holds what arrives. */
const MAX_ROWS = 4_096;

type Read = (row: InterfaceCounters) => NativeValue;

const COLUMNS: readonly (NativeColumn & { readonly read: Read })[] = [
  { name: "time_received", type: "DateTime64(3, 'UTC')", read: (row) => row.receivedMs },
  { name: "exporter", type: "IPv6", read: (row) => row.exporter },
  { name: "exporter_source", type: "IPv6", read: (row) => row.exporterSource },
  { name: "obs_domain", type: "UInt32", read: (row) => row.subAgent },
  { name: "source_type", type: "UInt32", read: (row) => row.sourceType },
  { name: "source_index", type: "UInt32", read: (row) => row.sourceIndex },
  { name: "uptime_ms", type: "UInt32", read: (row) => row.uptimeMs },
  { name: "if_index", type: "UInt32", read: (row) => row.ifIndex },
  { name: "if_type", type: "UInt32", read: (row) => row.ifType },
  { name: "if_speed", type: "UInt64", read: (row) => row.speed },
  { name: "if_direction", type: "UInt32", read: (row) => row.direction },
  { name: "admin_up", type: "UInt8", read: (row) => Number(row.isAdminUp) },
  { name: "oper_up", type: "UInt8", read: (row) => Number(row.isOperUp) },
  { name: "promiscuous", type: "UInt8", read: (row) => Number(row.isPromiscuous) },
  { name: "in_octets", type: "UInt64", read: (row) => row.inOctets },
  { name: "in_unicast_packets", type: "UInt32", read: (row) => row.inUnicastPackets },
  { name: "in_multicast_packets", type: "UInt32", read: (row) => row.inMulticastPackets },
  { name: "in_broadcast_packets", type: "UInt32", read: (row) => row.inBroadcastPackets },
  { name: "in_discards", type: "UInt32", read: (row) => row.inDiscards },
  { name: "in_errors", type: "UInt32", read: (row) => row.inErrors },
  { name: "in_unknown_protocols", type: "UInt32", read: (row) => row.inUnknownProtocols },
  { name: "out_octets", type: "UInt64", read: (row) => row.outOctets },
  { name: "out_unicast_packets", type: "UInt32", read: (row) => row.outUnicastPackets },
  { name: "out_multicast_packets", type: "UInt32", read: (row) => row.outMulticastPackets },
  { name: "out_broadcast_packets", type: "UInt32", read: (row) => row.outBroadcastPackets },
  { name: "out_discards", type: "UInt32", read: (row) => row.outDiscards },
  { name: "out_errors", type: "UInt32", read: (row) => row.outErrors },
];

/** Takes a block of rows with the span of their times. */
type Handover = (block: NativeBlock, span: TimeSpan) => void;

export class CounterTable {
  readonly #handOver: Handover;
  #rows: InterfaceCounters[] = [];

  constructor(handOver: Handover) {
    this.#handOver = handOver;
  }

  add(row: InterfaceCounters): void {
    this.#rows.push(row);
    if (this.#rows.length >= MAX_ROWS) this.flush();
  }

  /** Hands over what has gathered. */
  flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const values = rows.map((row) => COLUMNS.map(({ read }) => read(row)));
    const columns = COLUMNS.map(({ name, type }) => ({ name, type }));
    const times = rows.map(({ receivedMs }) => receivedMs);
    this.#handOver(encodeNative(columns, values), { minTimeMs: Math.min(...times), maxTimeMs: Math.max(...times) });
  }
}
