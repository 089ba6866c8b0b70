/** Other people's captures through the decoder: rows as objects, counts of each session. */
import { FlowBatch, readFlow, type FlowValue } from "../../flow/index.ts";
import {
  Decoder,
  detectContainer,
  exportTimeMs,
  readCapture,
  type ExporterStats,
  type FlowSink,
  type InterfaceCounters,
} from "../index.ts";
import { readCaptureFile, type CaptureCase } from "./captures.ts";

export interface Decoded {
  readonly decoder: Decoder;
  readonly stats: readonly ExporterStats[];
  readonly sums: ReadonlyMap<string, bigint>;
  readonly rows: readonly Record<string, FlowValue>[];
  /** Interface counters of sFlow. */
  readonly counters: readonly InterfaceCounters[];
}

export interface DecodeVariation {
  /** In another order than they were sent. */
  readonly files?: readonly string[];
  /** Source port of the n-th datagram. */
  readonly portOf?: (n: number, port: number) => number;
  /** Give up at the end what still waits for its template. */
  readonly expire?: boolean;
}

/** Decodes the files of a case as one exporter's. */
export function decodeCase(
  one: CaptureCase,
  { files = one.files, portOf = (_, port) => port, expire = false }: DecodeVariation = {},
): Decoded {
  const decoder = new Decoder({ clampTimes: false, sumCounters: true });
  const rows: Record<string, FlowValue>[] = [];
  const batch = new FlowBatch(256);
  const flush = (): void => {
    for (let row = 0; row < batch.rows; row++) rows.push(readFlow(batch, row));
    batch.reset();
  };
  const counters: InterfaceCounters[] = [];
  const sink: FlowSink = { batch, flush, counters: (row) => void counters.push(row) };
  let n = 0;
  for (const file of files) {
    const bytes = readCaptureFile(file);
    readCapture(bytes, detectContainer(bytes, file), ({ bytes: datagram, source, sourcePort, connection = 0, capturedMs }) => {
      const receivedMs = capturedMs ?? exportTimeMs(datagram) ?? 0;
      decoder.decode(datagram, { source, sourcePort: portOf(n++, sourcePort), connection, receivedMs }, sink);
    });
  }
  flush();
  if (expire) decoder.expire(Number.POSITIVE_INFINITY);
  return { decoder, stats: decoder.stats(), sums: decoder.sums(), rows, counters };
}

type Count = "datagrams" | "dataRecords" | "optionsRecords" | "counterSamples" | "rows" | "waitingSets";

export const total = (stats: readonly ExporterStats[], key: Count): number => stats.reduce((sum, one) => sum + one[key], 0);

/** Drops or skips of all sessions, by cause. */
export function counts(stats: readonly ExporterStats[], key: "dropped" | "skipped"): Record<string, number> {
  const all: Record<string, number> = {};
  for (const one of stats) for (const [cause, count] of Object.entries(one[key])) all[cause] = (all[cause] ?? 0) + count;
  return all;
}
