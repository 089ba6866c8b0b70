/** What the collector asks of a decoder. */
import type {
  ConnectionRest,
  DatagramContext,
  DecoderSettings,
  ExporterIgnoredElement,
  ExporterStats,
  FlowSink,
  GivenUp,
  SessionSequence,
} from "../decode/index.ts";
import type { FactSource } from "./options-table.ts";
import type { SavedStateOwner } from "./state-file.ts";

export interface DatagramDecoder extends FactSource, SavedStateOwner {
  decode(datagram: Uint8Array, context: DatagramContext, sink: FlowSink): void;
  stats(): ExporterStats[];
  /** Grows whenever a session begins. */
  openedSessions(): number;
  /** Sessions given up since the last call, with their last counts. */
  takeEnded(): ExporterStats[];
  /** What its limits have cost. */
  givenUp(): GivenUp;
  /** Replaces what the operator says; flows that arrive from now on follow it. */
  configure(settings: Partial<DecoderSettings>): void;
  /** How far the exporters' numbers were followed. */
  saveSequences(): SessionSequence[];
  /** Goes on from there. @returns sessions that do */
  resumeSequences(saved: readonly unknown[], sinceMs: number): number;
  /** What exporters send and no column keeps. */
  ignoredElements(): ExporterIgnoredElement[];
  /** Gives up what has waited too long for its template. */
  expire(nowMs: number): void;
  /** Forgets sessions that have been silent for very long. */
  forgetIdle(nowMs: number): void;
  /** Forgets the templates of a TCP connection; `rest` are bytes of it that became no message. */
  closeConnection(context: DatagramContext, rest: ConnectionRest): void;
}
