/**
 * Where decoders write: one batch, handed to the spool when it is full or old enough. The spool copies, so the batch is empty again at
 * once. Rows that the spool refuses are counted for the exporter that sent them.
 */
import { FLOW_TYPES, RAW_TABLE } from "@sillage/model";
import type { FlowSink } from "../decode/index.ts";
import { encodeFlowBatch, FlowBatch, formatAddress } from "../flow/index.ts";
import type { SpoolWriter, TimeSpan } from "../spool/index.ts";

/** Identity of an exporter session in text; the same for rows of a batch and for the decoder's statistics. */
export function sessionKey(session: {
  exporter: string;
  exporterSource: string;
  sourcePort: number;
  protocol: string;
  obsDomain: number;
}): string {
  return `${session.exporter} ${session.exporterSource} ${session.sourcePort} ${session.protocol} ${session.obsDomain}`;
}

/** Sessions counted apart; as many as the decoder keeps, plus some that it forgot. */
const MAX_SESSIONS = 20_000;
const OTHER_SESSIONS = "other";

export class FlowOutput implements FlowSink {
  readonly batch: FlowBatch;
  readonly #spool: Pick<SpoolWriter, "offer">;
  readonly #closeAfterMs: number;
  #openedMs: number | undefined;
  #refusedRows = 0;
  readonly #refusedBySession = new Map<string, number>();

  constructor(spool: Pick<SpoolWriter, "offer">, closeAfterMs: number, capacityRows?: number) {
    this.batch = new FlowBatch(capacityRows);
    this.#spool = spool;
    this.#closeAfterMs = closeAfterMs;
  }

  /** Every row was handed to the spool. */
  get isEmpty(): boolean {
    return this.batch.rows === 0;
  }

  /** Rows that found no room in the spool. */
  get refusedRows(): number {
    return this.#refusedRows;
  }

  /** Refused rows by `sessionKey`. */
  get refusedBySession(): ReadonlyMap<string, number> {
    return this.#refusedBySession;
  }

  /** After a datagram: starts the clock at the first row. */
  noteRows(nowMs: number): void {
    if (this.#openedMs === undefined && this.batch.rows > 0) this.#openedMs = nowMs;
  }

  /** Hands the batch over when its first row is old enough. */
  flushIfOld(nowMs: number): void {
    // A clock that was set back must not hold rows for longer.
    if (this.#openedMs !== undefined && (nowMs - this.#openedMs >= this.#closeAfterMs || nowMs < this.#openedMs)) this.flush();
  }

  flush(): void {
    this.#openedMs = undefined;
    const { batch } = this;
    if (batch.rows > 0 && this.#spool.offer(RAW_TABLE, encodeFlowBatch(batch), receivedSpan(batch)) !== undefined) this.#countRefused();
    batch.reset();
  }

  /** Rows of one exporter stand together, so a key is made only where a row differs from the one before. */
  #countRefused(): void {
    const { batch } = this;
    const [exporter, source, port, type, domain] = [
      batch.column("exporter"),
      batch.column("exporter_source"),
      batch.column("exporter_port"),
      batch.column("flow_type"),
      batch.column("obs_domain"),
    ];
    const same = (a: number, b: number): boolean =>
      port.u16[a] === port.u16[b] &&
      type.u8[a] === type.u8[b] &&
      domain.u32[a] === domain.u32[b] &&
      sameAddress(exporter.u32, a, b) &&
      sameAddress(source.u32, a, b);
    for (let row = 0; row < batch.rows;) {
      const first = row;
      while (row < batch.rows && same(first, row)) row++;
      const key = sessionKey({
        exporter: formatAddress(exporter.u8.subarray(first * 16, first * 16 + 16)),
        exporterSource: formatAddress(source.u8.subarray(first * 16, first * 16 + 16)),
        sourcePort: port.u16[first]!,
        protocol: (FLOW_TYPES as Readonly<Record<number, string>>)[type.u8[first]!] ?? "unknown",
        obsDomain: domain.u32[first]!,
      });
      const known = this.#refusedBySession.has(key) || this.#refusedBySession.size < MAX_SESSIONS ? key : OTHER_SESSIONS;
      this.#refusedBySession.set(known, (this.#refusedBySession.get(known) ?? 0) + row - first);
    }
    this.#refusedRows += batch.rows;
  }
}

function sameAddress(words: Uint32Array, a: number, b: number): boolean {
  for (let i = 0; i < 4; i++) if (words[a * 4 + i] !== words[b * 4 + i]) return false;
  return true;
}

/** Smallest and largest time_received of the batch: sets that waited for their template keep the time they came. */
function receivedSpan(batch: FlowBatch): TimeSpan {
  const { u32 } = batch.column("time_received");
  let [min, max] = [Infinity, 0];
  let [lastLow, lastHigh] = [-1, -1];
  for (let row = 0; row < batch.rows; row++) {
    const [low, high] = [u32[row * 2]!, u32[row * 2 + 1]!];
    // Rows of one datagram, and of most that came with it, have the same.
    if (low === lastLow && high === lastHigh) continue;
    [lastLow, lastHigh] = [low, high];
    const ms = low + high * 2 ** 32; // below 2^53 until the year 287,396
    if (ms < min) min = ms;
    if (ms > max) max = ms;
  }
  return { minTimeMs: min, maxTimeMs: max };
}
