/**
 * Writes the table `loss_1m`, and with each of its segments how far the exporters' numbers were followed, so that the process after a crash
 * goes on from there.
 */
import type { SpoolWriter } from "../spool/index.ts";
import type { Accounting } from "./accounting.ts";
import type { DatagramDecoder } from "./datagram-decoder.ts";
import type { FlowOutput } from "./flow-output.ts";
import type { LossJournal } from "./loss-journal.ts";
import { LOSS_TABLE } from "./loss-table.ts";

/** What a crash counts as lost although it is stored: what came in so long. */
const WRITE_MS = 2_000;
/** The same after a new session began: until its first counts are written, nobody would know after a crash that it was there. */
const WRITE_NEW_MS = 1_000;
/** Longest wait for a moment without half a batch, so that counts and segments are of the same flows. */
const LATE_MS = 1_000;

export interface LossWriterDeps {
  readonly accounting: Accounting;
  readonly decoder: Pick<DatagramDecoder, "saveSequences" | "openedSessions">;
  readonly output: Pick<FlowOutput, "isEmpty" | "flush">;
  readonly spool: Pick<SpoolWriter, "offer">;
  /** Without it, what comes between two processes is not counted. */
  readonly journal: Pick<LossJournal, "write"> | undefined;
  readonly now: () => number;
}

export class LossWriter {
  readonly #deps: LossWriterDeps;
  #writtenMs: number;
  /** Sessions that there had been until then. */
  #writtenSessions = 0;

  constructor(deps: LossWriterDeps) {
    this.#deps = deps;
    this.#writtenMs = deps.now();
  }

  /** Between two batches, so that what is counted as stored is in segments that were offered before. */
  write(): void {
    const { accounting, decoder, spool, journal, now } = this.#deps;
    const nowMs = now();
    accounting.close(nowMs, (block) => {
      const sequences = journal && decoder.saveSequences();
      const commit = sequences && ((segment: string) => journal.write(segment, sequences, nowMs));
      return spool.offer(LOSS_TABLE, block, { minTimeMs: nowMs, maxTimeMs: nowMs }, commit) === undefined;
    });
    this.#writtenMs = nowMs;
    this.#writtenSessions = decoder.openedSessions();
  }

  /** Writes when it is time, at a batch's end if one comes soon. */
  writeIfOld(): void {
    const { decoder, output, now } = this.#deps;
    const hasNew = decoder.openedSessions() !== this.#writtenSessions;
    const ageMs = now() - this.#writtenMs;
    // A clock that was set back must not hold them up.
    if (ageMs >= 0 && ageMs < (hasNew ? WRITE_NEW_MS : WRITE_MS)) return;
    if (!output.isEmpty && !hasNew && ageMs >= 0 && ageMs < WRITE_MS + LATE_MS) return;
    output.flush();
    this.write();
  }
}
