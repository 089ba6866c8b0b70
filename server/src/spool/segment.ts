/**
 * A segment: one file that hands rows of one table from the collector to the store.
 *
 *   spool/<collector>/<table>-<column set>-<collector>-<boot>-<sequence>-<rows>.native         ClickHouse Native blocks, nothing else
 *   spool/<collector>/<table>-<column set>-<collector>-<boot>-<sequence>-<rows>.native.json    sidecar: columns, bytes, checksum
 *
 * Order of writing: body as `.tmp`, fsync; sidecar as `.tmp`, fsync; rename sidecar; rename body; fsync the folder. The body's final name
 * is the commit: a sidecar without body is debris of a crash, a body without sidecar is corrupt. Names sort by (boot, sequence), so by age.
 */

/** Everything the name tells. `columnSet` is a short hash of the column list: segments with equal table and set may be loaded together. */
export interface SegmentName {
  /** [a-z0-9_]+ */
  readonly table: string;
  /** 8 hex digits. */
  readonly columnSet: string;
  /** Name of the collector from the configuration, [a-z0-9_]{1,32}. */
  readonly collector: string;
  /** When the collector process started: epoch ms in 12 hex digits, so later boots sort later. */
  readonly boot: string;
  /** Counts up from 0 in one boot. */
  readonly sequence: number;
  readonly rows: number;
}

export interface SegmentColumn {
  readonly name: string;
  /** ClickHouse type; the Native block may hold a narrower one, see flow/narrow-column.ts. */
  readonly type: string;
}

export interface SegmentSidecar {
  readonly version: 1;
  readonly columns: readonly SegmentColumn[];
  readonly rows: number;
  readonly bytes: number;
  /** CRC-32 (zlib) of the body, 8 hex digits. */
  readonly crc32: string;
  /** Smallest and largest time_received, epoch ms; absent for tables without. */
  readonly minTimeMs?: number;
  readonly maxTimeMs?: number;
}

export const SEGMENT_SUFFIX = ".native";
export const SIDECAR_SUFFIX = ".native.json";

/** File name of a segment's body. */
export function formatSegmentName(name: SegmentName): string {
  const sequence = String(name.sequence).padStart(10, "0");
  return `${name.table}-${name.columnSet}-${name.collector}-${name.boot}-${sequence}-${name.rows}${SEGMENT_SUFFIX}`;
}

const NAME = /^([a-z0-9_]+)-([0-9a-f]{8})-([a-z0-9_]{1,32})-([0-9a-f]{12})-(\d{10})-(\d+)\.native$/;

/** Reads a file name; undefined for anything that is not a segment's body. */
export function parseSegmentName(fileName: string): SegmentName | undefined {
  const match = NAME.exec(fileName);
  if (!match) return undefined;
  const [, table, columnSet, collector, boot, sequence, rows] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { table, columnSet, collector, boot, sequence: Number(sequence), rows: Number(rows) };
}
