/**
 * The books of the collector: what the decoder counted, what the spool refused, what the kernel dropped and whom the allow list turned away,
 * brought together by session, for the status and for the table `loss_1m`.
 */
import type { LossTotals } from "@sillage/model";
import type { ExporterStats } from "../decode/index.ts";
import type { NativeBlock } from "../flow/index.ts";
import { sessionKey } from "./flow-output.ts";
import { KernelShares } from "./kernel-shares.ts";
import { lossTotals, missingDatagrams, NO_LOSS } from "./loss-balance.ts";
import { LossTable, type LossLine } from "./loss-table.ts";
import type { ExporterStatus, RefusedCounts } from "./status.ts";

/** Stands for an exporter that is not known. */
const NOBODY = "::";
const UNKNOWN = "unknown";

export interface AccountingInputs {
  /** Sessions of the decoder, and those given up since the last call, which are told once. */
  readonly stats: () => ExporterStats[];
  readonly takeEnded: () => ExporterStats[];
  /** Rows that found no room in the spool, by `sessionKey`. */
  readonly refusedRows: ReadonlyMap<string, number>;
  /** Senders that are not on the allow list: those told apart now, and the totals of all there ever were. */
  readonly refusedSources: () => RefusedCounts & { readonly sources: readonly RefusedSender[] };
  /** Totals by local port; undefined where the system does not tell. */
  readonly kernelDrops: () => ReadonlyMap<number, number> | undefined;
}

interface RefusedSender extends RefusedCounts {
  readonly source: string;
  readonly firstSeenMs: number;
}

export class Accounting {
  readonly #inputs: AccountingInputs;
  readonly #shares = new KernelShares();
  readonly #table: LossTable;
  /** Of refused senders: counts that lines of their own told, and what those were at the last call. */
  readonly #refusedTold = { datagrams: 0, bytes: 0 };
  #refusedBefore: ReadonlyMap<string, RefusedSender> = new Map();

  constructor(inputs: AccountingInputs, collector: string, startedMs: number) {
    this.#inputs = inputs;
    this.#table = new LossTable(collector, startedMs);
  }

  /** All sessions as they are now. */
  sessions(): ExporterStatus[] {
    return this.#inputs.stats().map((session) => this.#statusOf(session));
  }

  /**
   * Shares out what the kernel dropped since the last call, and offers the rows of the table.
   * @param offer false when there is no room for them now
   */
  close(nowMs: number, offer: (block: NativeBlock) => boolean): void {
    const { takeEnded, kernelDrops } = this.#inputs;
    const ended = takeEnded().map((session) => this.#statusOf(session));
    const drops = kernelDrops();
    if (drops) this.#shares.update(drops, this.#inputs.stats().map(gapsOf), nowMs);
    const lines = [...this.sessions().map(lineOf), ...this.#refusedLines(), ...this.#unownedLines()];
    this.#table.write(lines, ended.map(lineOf), nowMs, offer);
  }

  #statusOf(session: ExporterStats): ExporterStatus {
    const key = sessionKey(session);
    const spoolFull = this.#inputs.refusedRows.get(key);
    const all = spoolFull === undefined ? session : { ...session, dropped: { ...session.dropped, spool_full: spoolFull } };
    return { ...all, balance: lossTotals(all, this.#shares.of(key)) };
  }

  /** One for each sender told apart; the last for what no line has: senders come and go between two calls. */
  #refusedLines(): LossLine[] {
    const { sources, datagrams, bytes } = this.#inputs.refusedSources();
    const told = this.#refusedTold;
    const before = this.#refusedBefore;
    this.#refusedBefore = new Map(sources.map((one) => [one.source, one]));
    for (const one of sources) {
      const known = before.get(one.source);
      const base = known?.firstSeenMs === one.firstSeenMs ? known : { datagrams: 0, bytes: 0 };
      told.datagrams += one.datagrams - base.datagrams;
      told.bytes += one.bytes - base.bytes;
    }
    const rest = { source: NOBODY, firstSeenMs: 0, datagrams: datagrams - told.datagrams, bytes: bytes - told.bytes };
    return [...sources, rest].map((one) => ({
      key: `refused ${one.source}`,
      firstSeenMs: one.firstSeenMs,
      ...senderOf(one.source),
      totals: { ...NO_LOSS, datagrams: one.datagrams, bytes: one.bytes, refused: one.datagrams },
    }));
  }

  #unownedLines(): LossLine[] {
    return Array.from(this.#shares.unownedByPort(), ([port, drops]) => ({
      key: `kernel ${port}`,
      firstSeenMs: 0,
      ...senderOf(NOBODY),
      // Nothing tells what was in them: one record each, so that they show.
      totals: { ...NO_LOSS, kernel: drops, kernel_datagrams: drops },
    }));
  }
}

const senderOf = (exporter: string): Pick<LossLine, "exporter" | "exporterSource" | "protocol" | "obsDomain"> => ({
  exporter,
  exporterSource: exporter,
  protocol: UNKNOWN,
  obsDomain: 0,
});

function lineOf(session: ExporterStats & { readonly balance: LossTotals }): LossLine {
  const { exporter, exporterSource, protocol, obsDomain, firstSeenMs, balance } = session;
  return { key: sessionKey(session), firstSeenMs, exporter, exporterSource, protocol, obsDomain, totals: balance };
}

function gapsOf(session: ExporterStats): Parameters<KernelShares["update"]>[1][number] {
  return {
    key: sessionKey(session),
    port: session.localPort,
    datagrams: session.datagrams,
    missing: session.sequence.unit === "none" ? undefined : missingDatagrams(session),
  };
}
