/** Times of usual records: start and end are there, in a form that nearly all exporters send, and can be true. The hot path. */
import { columnIndex } from "../flow/index.ts";
import type { Chunk } from "./column-loops.ts";
import type { MessageContext } from "./message-context.ts";
import { TIME_FROM, type UsualTimes } from "./time-plan.ts";

/** Bounds of a believable end against the time of receipt: an hour and a week. */
export const MAX_AHEAD_MS = 3_600_000;
export const MAX_BEHIND_MS = 604_800_000;
/** Last moment DateTime64(3) holds: the end of 2299. Later and earlier than 1970 are no times. */
export const MAX_TIME_MS = 10_413_791_999_999;

const TIME_START = columnIndex("time_start");
const TIME_END = columnIndex("time_end");
const TIME_SOURCE = columnIndex("time_source");

/**
 * Writes them in one pass.
 * @returns false when a record's are not usual; nothing is lost, the long way writes all rows again
 */
export function writeUsualTimes({ kind, start, end }: UsualTimes, chunk: Chunk, context: MessageContext, clamp: boolean): boolean {
  const earliest = clamp ? context.receivedMs - MAX_BEHIND_MS : 1;
  const latest = clamp ? context.receivedMs + MAX_AHEAD_MS : MAX_TIME_MS;
  if (kind === "milliseconds") return writeUsualMilliseconds({ start, end }, chunk, { earliest, latest });
  return Number.isNaN(context.uptimeMs) ? false : writeUsualUptimes({ start, end }, chunk, { context, earliest, latest });
}

interface Bounds {
  readonly earliest: number;
  readonly latest: number;
}

type StartAndEnd = Pick<UsualTimes, "start" | "end">;

function writeUsualMilliseconds({ start, end }: StartAndEnd, chunk: Chunk, { earliest, latest }: Bounds): boolean {
  const { view, at, stride } = chunk.index.fixed;
  const { outStart, outEnd, outSource } = touchTimes(chunk);
  let startAt = at + start.fixedOffset;
  let endAt = at + end.fixedOffset;
  for (let to = chunk.row, rowsEnd = to + chunk.n; to < rowsEnd; to++, startAt += stride, endAt += stride) {
    const endHigh = view.getUint32(endAt);
    const endLow = view.getUint32(endAt + 4);
    let startHigh = view.getUint32(startAt);
    let startLow = view.getUint32(startAt + 4);
    const startMs = startHigh * 0x1_0000_0000 + startLow;
    const endMs = endHigh * 0x1_0000_0000 + endLow;
    if (startMs < earliest || endMs < earliest || startMs > MAX_TIME_MS || endMs > latest) return false;
    if (startMs > endMs) {
      startHigh = endHigh;
      startLow = endLow;
    }
    outStart[to * 2] = startLow;
    outStart[to * 2 + 1] = startHigh;
    outEnd[to * 2] = endLow;
    outEnd[to * 2 + 1] = endHigh;
    outSource[to] = TIME_FROM.absolute;
  }
  return true;
}

function writeUsualUptimes(
  { start, end }: StartAndEnd,
  chunk: Chunk,
  { context: { exportMs, uptimeMs }, earliest, latest }: Bounds & { readonly context: MessageContext },
): boolean {
  const { view, at, stride } = chunk.index.fixed;
  const { outStart, outEnd, outSource } = touchTimes(chunk);
  // Ages are 32 bits wide, so words suffice: the upper word of a time is that of the export or its neighbour.
  const low = exportMs % 0x1_0000_0000;
  const high = Math.floor(exportMs / 0x1_0000_0000);
  const uptime = uptimeMs | 0;
  const oldest = exportMs - earliest;
  const youngest = exportMs - latest;
  let startAt = at + start.fixedOffset;
  let endAt = at + end.fixedOffset;
  for (let to = chunk.row, rowsEnd = to + chunk.n; to < rowsEnd; to++, startAt += stride, endAt += stride) {
    const endAge = (uptime - view.getInt32(endAt)) | 0;
    let startAge = (uptime - view.getInt32(startAt)) | 0;
    if (startAge > oldest || endAge > oldest || endAge < youngest) return false;
    if (startAge < endAge) startAge = endAge;
    const startLow = low - startAge;
    const endLow = low - endAge;
    outStart[to * 2] = startLow;
    outStart[to * 2 + 1] = startLow < 0 ? high - 1 : startLow > 0xffff_ffff ? high + 1 : high;
    outEnd[to * 2] = endLow;
    outEnd[to * 2 + 1] = endLow < 0 ? high - 1 : endLow > 0xffff_ffff ? high + 1 : high;
    outSource[to] = TIME_FROM.uptime;
  }
  return true;
}

export function touchTimes({ columns }: Chunk): {
  readonly outStart: Uint32Array;
  readonly outEnd: Uint32Array;
  readonly outSource: Uint8Array;
} {
  const startColumn = columns[TIME_START]!;
  const endColumn = columns[TIME_END]!;
  const sourceColumn = columns[TIME_SOURCE]!;
  startColumn.touched = endColumn.touched = sourceColumn.touched = true;
  return { outStart: startColumn.u32, outEnd: endColumn.u32, outSource: sourceColumn.u8 };
}
