/**
 * Start and end of each flow, and what is done when a record says neither or they cannot be true.
 *
 * Chain for each of start and end: absolute (152/153 ms, 154/155 us, 156/157 ns, 150/151 s, 158/159 us before export), then 22/21 on the
 * exporter's uptime. What is still missing is rebuilt from the duration (161), the observation time (322-325), the export time, the time
 * of receipt. A start after its end becomes the end.
 *
 * Uptime arithmetic is signed and 32 bits wide: start = export - int32(uptime - first). A flow may begin before the counter did (softflowd)
 * and the counter wraps every 49.7 days. IPFIX has no uptime in its header; it comes from the boot time (160), in the record or in options
 * (`MessageContext.uptimeMs`). Without one, the export time is the end and 21 - 22 the duration.
 */
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import { CHUNK_RECORDS, type PlacedField } from "./layout.ts";
import type { MessageContext } from "./message-context.ts";
import { BEFORE_EXPORT_US, DURATIONS, NTP, SECONDS, TIME_FROM, UPTIME, type TimeField, type TimePlan } from "./time-plan.ts";
import { MAX_AHEAD_MS, MAX_BEHIND_MS, MAX_TIME_MS, touchTimes, writeUsualTimes } from "./usual-times.ts";

/** The longest duration that is kept when an end is replaced: a day. */
const MAX_KEPT_DURATION_MS = 86_400_000;
/** 1900-01-01 to 1970-01-01, and one turn of the 32-bit NTP seconds (era 1 begins in 2036). */
const NTP_EPOCH_SECONDS = 2_208_988_800;
const NTP_ERA_SECONDS = 0x1_0000_0000;

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
    if (ms > 0 && ms <= MAX_TIME_MS) return { ms, source: TIME_FROM.observation };
  }
  return context.exportMs > 0 ? { ms: context.exportMs, source: TIME_FROM.export } : { ms: context.receivedMs, source: TIME_FROM.received };
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
  const first = start.find(({ source }) => source === TIME_FROM.uptime)?.place;
  const last = end.find(({ source }) => source === TIME_FROM.uptime)?.place;
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
      sources[i] = TIME_FROM.received;
    }
    const duration = end - start;
    starts[i] = duration >= 0 && duration <= MAX_KEPT_DURATION_MS ? ends[i]! - duration : ends[i]!;
  }
  return clamped;
}
