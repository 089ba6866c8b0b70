/**
 * Start and end of each flow: which of a template's time elements are used, and what is done when there are none or they cannot be true.
 *
 * Chain for each of start and end: absolute (152/153 ms, 154/155 us, 156/157 ns, 150/151 s, 158/159 us before export), then 22/21 on the
 * exporter's uptime. What is still missing is rebuilt from the duration (161), the observation time (322-325), the export time, the time
 * of receipt. A start after its end becomes the end.
 *
 * Uptime arithmetic is signed and 32 bits wide: start = export - int32(uptime - first). A flow may begin before the counter did (softflowd)
 * and the counter wraps every 49.7 days. IPFIX has no uptime in its header; it comes from the boot time (160), in the record or in options
 * (`MessageContext.uptimeMs`). Without one, the export time is the end and 21 - 22 the duration.
 */
import { columnIndex } from "../flow/index.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import { CHUNK_RECORDS, type FindField, type PlacedField } from "./layout.ts";
import type { MessageContext } from "./message-context.ts";

const MILLISECONDS = [152, 153, 323];
const SECONDS = [150, 151, 322];
/** 64-bit NTP timestamps; the wire is the same for microseconds and nanoseconds. RFC 7011 sections 6.1.9 and 6.1.10. */
const NTP = [154, 155, 156, 157, 324, 325];
const BEFORE_EXPORT_US = [158, 159];
const UPTIME = [21, 22];
const BOOT_MS = 160;
const DURATIONS: Readonly<Record<number, number>> = { 161: 1, 162: 0.001 };

export const TIME_ELEMENTS: readonly number[] = [...MILLISECONDS, ...SECONDS, ...NTP, ...BEFORE_EXPORT_US, ...UPTIME, BOOT_MS, 161, 162];

/** Numbers of TIME_SOURCES. */
const SOURCE = { absolute: 1, uptime: 2, observation: 3, export: 4, received: 5 } as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Bounds of a believable end against the time of receipt, and the longest duration that is kept when an end is replaced. */
const MAX_AHEAD_MS = HOUR_MS;
const MAX_BEHIND_MS = 7 * DAY_MS;
const MAX_KEPT_DURATION_MS = DAY_MS;
/** Last moment DateTime64(3) holds: the end of 2299. Later and earlier than 1970 are no times. */
const MAX_TIME_MS = 10_413_791_999_999;
/** 1900-01-01 to 1970-01-01, and one turn of the 32-bit NTP seconds (era 1 begins in 2036). */
const NTP_EPOCH_SECONDS = 2_208_988_800;
const NTP_ERA_SECONDS = 0x1_0000_0000;

interface TimeField {
  readonly place: PlacedField;
  readonly source: number;
}

/** A template whose start and end are one 32-bit uptime each, or one 64-bit number of milliseconds each: what nearly all exporters send. */
interface UsualTimes {
  readonly kind: "uptime" | "milliseconds";
  readonly start: PlacedField;
  readonly end: PlacedField;
}

export interface TimePlan {
  readonly usual: UsualTimes | undefined;
  /** In order of preference. */
  readonly start: readonly TimeField[];
  readonly end: readonly TimeField[];
  readonly boot: PlacedField | undefined;
  readonly duration: PlacedField | undefined;
  readonly observation: PlacedField | undefined;
  /** The answer of a biflow: milliseconds from the first packet to the first of the answer. */
  readonly startDelay: PlacedField | undefined;
}

export function compileTimes(find: FindField, startDelay?: PlacedField): TimePlan {
  const chain = (elements: readonly number[]): TimeField[] =>
    elements.flatMap((element) => {
      const place = find(element);
      return place && place.length <= 8 ? [{ place, source: UPTIME.includes(element) ? SOURCE.uptime : SOURCE.absolute }] : [];
    });
  const start = chain([152, 154, 156, 150, 158, 22]);
  const end = chain([153, 155, 157, 151, 159, 21]);
  const boot = find(BOOT_MS);
  return {
    usual: boot || startDelay ? undefined : usualTimes(start, end),
    start,
    end,
    boot,
    duration: find(161) ?? find(162),
    observation: find(323) ?? find(324) ?? find(325) ?? find(322),
    startDelay,
  };
}

function usualTimes(starts: readonly TimeField[], ends: readonly TimeField[]): UsualTimes | undefined {
  const [start, end] = [starts[0]?.place, ends[0]?.place];
  if (!start || !end || starts.length > 1 || ends.length > 1) return undefined;
  if (start.id === 22 && end.id === 21 && start.length === 4 && end.length === 4) return { kind: "uptime", start, end };
  if (start.id === 152 && end.id === 153 && start.length === 8 && end.length === 8) return { kind: "milliseconds", start, end };
  return undefined;
}

const TIME_START = columnIndex("time_start");
const TIME_END = columnIndex("time_end");
const TIME_SOURCE = columnIndex("time_source");

/** Scratch of one chunk, epoch ms; NaN is missing. */
const starts = new Float64Array(CHUNK_RECORDS);
const ends = new Float64Array(CHUNK_RECORDS);
const sources = new Uint8Array(CHUNK_RECORDS);

/** Writes time_start, time_end and time_source. @returns rows whose times were replaced because they could not be true */
export function writeTimes(plan: TimePlan, chunk: Chunk, context: MessageContext, clamp: boolean): number {
  if (plan.usual && writeUsualTimes(plan.usual, chunk, context, clamp)) return 0;
  const { n } = chunk;
  readChain(plan, plan.start, { chunk, context, out: starts });
  readChain(plan, plan.end, { chunk, context, out: ends });
  if (plan.startDelay) addDelay(plan.startDelay, chunk);
  complete(plan, chunk, context);
  const clamped = clamp ? clampTimes(n, context) : 0;
  const { outStart, outEnd, outSource } = touchTimes(chunk);
  for (let i = 0, to = chunk.row; i < n; i++, to++) {
    const end = ends[i]!;
    const start = starts[i]! > end ? end : starts[i]!;
    outStart[to * 2] = start >>> 0;
    outStart[to * 2 + 1] = start / 0x1_0000_0000;
    outEnd[to * 2] = end >>> 0;
    outEnd[to * 2 + 1] = end / 0x1_0000_0000;
    outSource[to] = sources[i]!;
  }
  return clamped;
}

/**
 * The usual records in one pass: both times are there and can be true.
 * @returns false when a record's are not; nothing is lost, the long way writes all rows again
 */
function writeUsualTimes({ kind, start, end }: UsualTimes, chunk: Chunk, context: MessageContext, clamp: boolean): boolean {
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
    outSource[to] = SOURCE.absolute;
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
    outSource[to] = SOURCE.uptime;
  }
  return true;
}

function touchTimes({ columns }: Chunk): { readonly outStart: Uint32Array; readonly outEnd: Uint32Array; readonly outSource: Uint8Array } {
  const startColumn = columns[TIME_START]!;
  const endColumn = columns[TIME_END]!;
  const sourceColumn = columns[TIME_SOURCE]!;
  startColumn.touched = endColumn.touched = sourceColumn.touched = true;
  return { outStart: startColumn.u32, outEnd: endColumn.u32, outSource: sourceColumn.u8 };
}

/** A start that is not known stays so. */
function addDelay(place: PlacedField, chunk: Chunk): void {
  for (let i = 0; i < chunk.n; i++) {
    const length = fieldLength(place, chunk, i);
    if (length > 0 && length <= 8) starts[i]! += readNumber(chunk.view, fieldStart(place, chunk, i), length);
  }
}

interface ChainRun {
  readonly chunk: Chunk;
  readonly context: MessageContext;
  readonly out: Float64Array;
}

/** Fills `out` with the first usable time of the chain, and `sources` (the end's word counts, so it runs last). */
function readChain(plan: TimePlan, chain: readonly TimeField[], { chunk, context, out }: ChainRun): void {
  const { n } = chunk;
  out.fill(Number.NaN, 0, n);
  if (out === starts) sources.fill(0, 0, n);
  for (const field of chain) {
    for (let i = 0; i < n; i++) {
      if (out[i]! >= 0) continue;
      const ms = readTime(plan, field.place, { chunk, context, i });
      if (!(ms > 0 && ms <= MAX_TIME_MS)) continue;
      out[i] = ms;
      sources[i] = field.source;
    }
  }
}

interface RecordRun {
  readonly chunk: Chunk;
  readonly context: MessageContext;
  readonly i: number;
}

/** Epoch ms; NaN when the field says nothing. */
function readTime(plan: TimePlan, place: PlacedField, { chunk, context, i }: RecordRun): number {
  const length = fieldLength(place, chunk, i);
  if (length === 0 || length > 8) return Number.NaN;
  const { view } = chunk;
  const at = fieldStart(place, chunk, i);
  const { id } = place;
  if (UPTIME.includes(id)) {
    const uptimeMs = uptimeOf(plan, { chunk, context, i });
    return Number.isNaN(uptimeMs) ? Number.NaN : context.exportMs - ((uptimeMs - readLow(view, at, length)) | 0);
  }
  if (NTP.includes(id)) return length === 8 ? ntpMs(view.getUint32(at), view.getUint32(at + 4)) : Number.NaN;
  const value = readNumber(view, at, length);
  if (BEFORE_EXPORT_US.includes(id)) return context.exportMs - Math.round(value / 1000);
  if (value === 0) return Number.NaN;
  return SECONDS.includes(id) ? value * 1000 : value;
}

/** The exporter's uptime at export for one record: from the boot time in the record, else from the message; NaN when neither tells. */
function uptimeOf({ boot }: TimePlan, { chunk, context, i }: RecordRun): number {
  const length = boot ? fieldLength(boot, chunk, i) : 0;
  if (!boot || length === 0 || length > 8) return context.uptimeMs;
  const bootMs = readNumber(chunk.view, fieldStart(boot, chunk, i), length);
  return bootMs > 0 && bootMs <= MAX_TIME_MS ? (context.exportMs - bootMs) >>> 0 : context.uptimeMs;
}

/** Integer of 1 to 8 bytes as a double: exact below 2^53, far beyond any time. */
function readNumber(view: DataView, at: number, length: number): number {
  const low = readLow(view, at, length);
  return length > 4 ? readLow(view, at, length - 4) * 0x1_0000_0000 + low : low;
}

function ntpMs(seconds: number, fraction: number): number {
  if (seconds === 0) return Number.NaN;
  const era = seconds < NTP_EPOCH_SECONDS ? NTP_ERA_SECONDS : 0;
  return (seconds + era - NTP_EPOCH_SECONDS) * 1000 + Math.floor((fraction * 1000) / 0x1_0000_0000);
}

/** Rebuilds what the chains left missing. */
function complete(plan: TimePlan, chunk: Chunk, context: MessageContext): void {
  for (let i = 0; i < chunk.n; i++) {
    if (starts[i]! >= 0 && ends[i]! >= 0) continue;
    const duration = durationMs(plan, { chunk, context, i });
    if (ends[i]! >= 0) {
      starts[i] = Math.max(ends[i]! - duration, 0);
      continue;
    }
    const anchor = anchorTime(plan, { chunk, context, i });
    if (starts[i]! >= 0) {
      ends[i] = duration > 0 ? starts[i]! + duration : Math.max(anchor.ms, starts[i]!);
      continue;
    }
    ends[i] = anchor.ms;
    starts[i] = Math.max(anchor.ms - duration, 0);
    sources[i] = anchor.source;
  }
}

/** For reading one time that is neither start nor end. */
const ANCHOR_ONLY: TimePlan = {
  usual: undefined,
  start: [],
  end: [],
  boot: undefined,
  duration: undefined,
  observation: undefined,
  startDelay: undefined,
};

function anchorTime({ observation }: TimePlan, { chunk, context, i }: RecordRun): { readonly ms: number; readonly source: number } {
  if (observation) {
    const ms = readTime(ANCHOR_ONLY, observation, {
      chunk,
      context,
      i,
    });
    if (ms > 0 && ms <= MAX_TIME_MS) return { ms, source: SOURCE.observation };
  }
  return context.exportMs > 0 ? { ms: context.exportMs, source: SOURCE.export } : { ms: context.receivedMs, source: SOURCE.received };
}

/** From the duration element, else from the difference of two uptimes whose base is unknown; 0 when the record does not say. */
function durationMs({ duration, start, end }: TimePlan, { chunk, i }: RecordRun): number {
  if (duration) {
    const length = fieldLength(duration, chunk, i);
    const scale = DURATIONS[duration.id]!;
    return length === 0 || length > 8
      ? 0
      : Math.min(Math.round(readNumber(chunk.view, fieldStart(duration, chunk, i), length) * scale), MAX_BEHIND_MS);
  }
  const first = start.find(({ source }) => source === SOURCE.uptime)?.place;
  const last = end.find(({ source }) => source === SOURCE.uptime)?.place;
  if (first?.length !== 4 || last?.length !== 4) return 0;
  const { view } = chunk;
  return Math.max((view.getUint32(fieldStart(last, chunk, i)) - view.getUint32(fieldStart(first, chunk, i))) | 0, 0);
}

/**
 * Replaces ends that cannot be true. If the exporter's clock itself is off, flows keep their distance to the export, which is then the time
 * of receipt; otherwise the end becomes the time of receipt. A believable duration is kept.
 */
function clampTimes(n: number, { receivedMs, exportMs }: MessageContext): number {
  const latest = receivedMs + MAX_AHEAD_MS;
  const earliest = receivedMs - MAX_BEHIND_MS;
  let clamped = 0;
  for (let i = 0; i < n; i++) {
    const end = ends[i]!;
    const start = starts[i]!;
    if (end <= latest && end >= earliest && start >= earliest) continue;
    clamped++;
    if (end > latest || end < earliest) {
      const moved = exportMs > latest || exportMs < earliest ? end - exportMs + receivedMs : receivedMs;
      ends[i] = moved <= latest && moved >= earliest ? moved : receivedMs;
      sources[i] = SOURCE.received;
    }
    const duration = end - start;
    starts[i] = duration >= 0 && duration <= MAX_KEPT_DURATION_MS ? ends[i]! - duration : ends[i]!;
  }
  return clamped;
}
