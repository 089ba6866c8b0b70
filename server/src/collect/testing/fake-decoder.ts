/** A decoder for tests of the collector: each datagram is one flow whose bytes are the datagram's length, sent by whoever sent it. */
import type { DatagramContext, ExporterFact, ExporterStats, FlowSink, GivenUp } from "../../decode/index.ts";
import { columnIndex, formatAddress, setTime, setU64, type FlowBatch } from "../../flow/index.ts";
import type { FieldName } from "@sillage/model";
import type { DatagramDecoder } from "../datagram-decoder.ts";
import { lossTotals } from "../loss-balance.ts";
import type { ExporterStatus } from "../status.ts";

/** A session without anything in it; tests override what they are about. */
export function exporterStats(overrides: Partial<ExporterStats> = {}): ExporterStats {
  return {
    exporter: "192.0.2.1",
    exporterSource: "192.0.2.1",
    sourcePort: 5000,
    localPort: 2055,
    protocol: "netflow5",
    obsDomain: 0,
    datagrams: 0,
    bytes: 0,
    dataRecords: 0,
    optionsRecords: 0,
    counterSamples: 0,
    rows: 0,
    templates: 0,
    waitingSets: 0,
    waitingSinceMs: null,
    waitingTemplates: [],
    dropped: {},
    droppedBytes: {},
    skippedBytes: {},
    decodedBytes: 0,
    waitingBytes: 0,
    skipped: {},
    sequence: { unit: "flows", expected: 0, lost: 0, lostRecords: 0, reordered: 0, duplicates: 0, duplicateRecords: 0, restarts: 0 },
    clockOffsetMs: null,
    clampedTimes: 0,
    layoutChanges: 0,
    firstSeenMs: 1_000,
    lastSeenMs: 1_000,
    ...overrides,
  };
}

/** The same as the status tells it. */
export function exporterStatus(overrides: Partial<ExporterStats> = {}): ExporterStatus {
  const stats = exporterStats(overrides);
  return { ...stats, balance: lossTotals(stats, 0) };
}

/** Writes one row of a batch. */
export function writeRow(batch: FlowBatch, source: Uint8Array, receivedMs: number, sourcePort: number): void {
  const touch = (name: FieldName) => {
    const column = batch.columns[columnIndex(name)]!;
    column.touched = true;
    return column;
  };
  const row = batch.rows;
  setTime(touch("time_received"), row, receivedMs);
  touch("exporter").u8.set(source, row * 16);
  touch("exporter_source").u8.set(source, row * 16);
  touch("exporter_port").u16[row] = sourcePort;
  touch("flow_type").u8[row] = 5;
  setU64(touch("flows"), row, 1);
  batch.rows++;
}

export class FakeDecoder implements DatagramDecoder {
  readonly #sessions = new Map<string, ExporterStats>();

  decode(datagram: Uint8Array, context: DatagramContext, sink: FlowSink): void {
    const exporter = formatAddress(context.source);
    const key = `${exporter} ${context.sourcePort}`;
    let session = this.#sessions.get(key);
    if (!session)
      this.#sessions.set(
        key,
        (session = exporterStats({ exporter, exporterSource: exporter, sourcePort: context.sourcePort, firstSeenMs: context.receivedMs })),
      );
    session.datagrams++;
    session.bytes += datagram.length;
    session.rows++;
    session.lastSeenMs = context.receivedMs;
    if (sink.batch.free === 0) sink.flush();
    writeRow(sink.batch, context.source, context.receivedMs, context.sourcePort);
  }

  configure(): void {
    // Rows have no rate here.
  }

  saveState(): string[] {
    return [];
  }

  stateChanges(): number {
    return 0;
  }

  saveSequences(): [] {
    return [];
  }

  resumeSequences(): number {
    return 0;
  }

  restoreState(): undefined {
    // Nothing is remembered.
  }

  forgetIdle(): void {
    // Nothing is remembered.
  }

  takeChangedFacts(): ExporterFact[] {
    return [];
  }

  expire(): void {
    // Nothing waits here.
  }

  closeConnection(): void {
    // Nothing is remembered.
  }

  ignoredElements(): [] {
    return [];
  }

  givenUp(): GivenUp {
    return { sessions: 0, templates: 0, facts: 0, connections: 0, elements: 0 };
  }

  openedSessions(): number {
    return this.#sessions.size;
  }

  takeEnded(): ExporterStats[] {
    return [];
  }

  stats(): ExporterStats[] {
    return [...this.#sessions.values()];
  }
}
