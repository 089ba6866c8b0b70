/** What the spool takes: one block in ClickHouse's Native format, as `flow` encodes it. */
import { createHash } from "node:crypto";
import type { SegmentColumn } from "./segment.ts";

export interface SpoolBlock {
  readonly rows: number;
  readonly columns: readonly SegmentColumn[];
  /** The block's bytes in order. The spool copies them, so they may be views on memory that is reused. */
  readonly body: readonly Uint8Array[];
}

const known = new Map<string, string>();
/** Sets of columns are few (one a protocol and template shape); the bound only keeps a bug from eating memory. */
const MAX_KNOWN = 10_000;

/** Hash of a column list for the segment's name: first 8 hex digits of SHA-256 over `name type` lines. */
export function columnSetOf(columns: readonly SegmentColumn[]): string {
  const text = columns.map((column) => `${column.name} ${column.type}\n`).join("");
  let hash = known.get(text);
  if (hash === undefined) {
    hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, hash);
  }
  return hash;
}
