/** Segments for tests, written as the collector writes them. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { encodeNative, type NativeBlock, type NativeColumn, type NativeValue } from "../../flow/index.ts";
import { nodeDisk } from "../../spool/disk.ts";
import { columnSetOf, type SegmentName } from "../../spool/index.ts";
import { SegmentFile } from "../../spool/segment-file.ts";

const TIME = "DateTime64(3, 'UTC')";

/** A small, fixed set of columns of `flows`; what it leaves out takes its default. */
export const FLOW_COLUMNS: readonly NativeColumn[] = [
  { name: "time_received", type: TIME },
  { name: "time_start", type: TIME },
  { name: "time_end", type: TIME },
  { name: "exporter", type: "IPv6" },
  { name: "src_addr", type: "IPv6" },
  { name: "dst_addr", type: "IPv6" },
  { name: "ip_version", type: "UInt8" },
  { name: "proto", type: "UInt8" },
  { name: "src_port", type: "UInt16" },
  { name: "dst_port", type: "UInt16" },
  { name: "tcp_flags", type: "UInt16" },
  { name: "bytes", type: "UInt64" },
  { name: "packets", type: "UInt64" },
  { name: "flows", type: "UInt64" },
  { name: "sampling_rate", type: "UInt32" },
  { name: "present", type: "UInt32" },
];

/** 2025-06-01 12:00:00 UTC. */
export const NOON_MS = Date.UTC(2025, 5, 1, 12);

/** Distinct flows: row i has addresses and ports of its own, i + 1 bytes, and is received i ms after `startMs`. */
export function flowRows(count: number, startMs = NOON_MS, offset = 0): NativeValue[][] {
  return Array.from({ length: count }, (_, n) => {
    const i = n + offset;
    const time = startMs + n;
    const source = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
    return [
      time,
      time - 2000,
      time - 1000,
      "192.0.2.1",
      source,
      `172.16.0.${i % 250}`,
      4,
      i % 3 === 0 ? 17 : 6,
      1024 + (i % 60_000),
      443,
      i % 3 === 0 ? 0 : 2,
      i + 1,
      1,
      1,
      100,
      15,
    ];
  });
}

export interface SegmentOptions {
  readonly collector?: string;
  readonly boot?: number;
  readonly sequence?: number;
  readonly table?: string;
}

/** Writes one segment; returns the path of its body. */
export function writeSegment(
  spool: string,
  columns: readonly NativeColumn[],
  rows: readonly (readonly NativeValue[])[],
  options: SegmentOptions = {},
): Promise<string> {
  return writeBlock(spool, encodeNative(columns, rows), options);
}

/** The same of a block that is encoded already. */
export async function writeBlock(spool: string, { rows, columns, body }: NativeBlock, options: SegmentOptions = {}): Promise<string> {
  const { collector = "test", boot = 1, sequence = 0, table = "flows" } = options;
  const folder = path.join(spool, collector);
  await mkdir(folder, { recursive: true });
  const name: SegmentName = {
    table,
    columnSet: columnSetOf(columns),
    collector,
    boot: boot.toString(16).padStart(12, "0"),
    sequence,
    rows,
  };
  const segment = new SegmentFile(name, Buffer.concat(body), { columns });
  await segment.write(nodeDisk, folder);
  await segment.rename(nodeDisk, folder);
  return path.join(folder, segment.fileName);
}

/** Writes `count` rows of `flows` as one segment. */
export function writeFlows(
  spool: string,
  count: number,
  options: SegmentOptions & { startMs?: number; offset?: number } = {},
): Promise<string> {
  return writeSegment(spool, FLOW_COLUMNS, flowRows(count, options.startMs, options.offset), options);
}
