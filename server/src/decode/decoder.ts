/**
 * The one entrance: a datagram of any protocol in, rows of a FlowBatch out. The version word tells the protocol on any port: u16 1, 5 to 9
 * and 10 are NetFlow and IPFIX; u32 5 is sFlow. Pure: clock, sockets, disk and logs belong to the caller.
 *
 * `decode` never throws because of a datagram; what `sink.flush` throws passes through. Everything read from a datagram is bounded by the
 * bytes that are there, and what it can make the decoder remember by DecoderLimits.
 */
import type {
  ByteBalance,
  ConnectionRest,
  DatagramContext,
  DecoderOptions,
  DecoderSettings,
  ExporterFact,
  ExporterIgnoredElement,
  ExporterStats,
  FlowSink,
} from "./contract.ts";
import type { DataSetOptions } from "./data-set.ts";
import { describeFact } from "./describe-fact.ts";
import { DatagramViews } from "./datagram-view.ts";
import { elementColumns } from "./element-columns.ts";
import { decodeFixed } from "./fixed-datagram.ts";
import { GuardedSink } from "./guarded-sink.ts";
import { listIgnoredElements } from "./ignored-elements.ts";
import { DEFAULT_LIMITS, type DecoderLimits, type GivenUp } from "./limits.ts";
import { Reception, type Arrival } from "./reception.ts";
import { resumeSequences, saveSequences, type SessionSequence } from "./saved-sequences.ts";
import { restoreState, saveState, type RestoreResult } from "./saved-state.ts";
import { SessionTable } from "./session-table.ts";
import type { WalkerDeps } from "./set-walker.ts";
import { decodeSflow5 } from "./sflow-datagram.ts";
import { decodeIpfix, decodeNetflow9 } from "./templated-datagram.ts";

export class Decoder {
  private readonly limits: DecoderLimits;
  private readonly table: SessionTable;
  private readonly dataSets: DataSetOptions;
  private readonly walker: WalkerDeps;
  private readonly reception: Reception;
  private readonly sink = new GuardedSink();
  private readonly views = new DatagramViews();

  constructor(options: DecoderOptions = {}) {
    const limits: DecoderLimits = { ...DEFAULT_LIMITS, ...options.limits };
    this.limits = limits;
    this.table = new SessionTable(limits);
    this.dataSets = { clampTimes: options.clampTimes ?? true, sums: options.sumCounters === true ? new Map<string, bigint>() : undefined };
    this.reception = new Reception(this.table, options.samplingOverrides);
    this.walker = {
      table: this.table,
      dataSets: this.dataSets,
      maxFieldsPerTemplate: limits.maxFieldsPerTemplate,
      columns: elementColumns(options.elements),
    };
  }

  /** Replaces the settings that are given; flows that arrive from now on follow them. */
  configure(settings: Partial<DecoderSettings>): void {
    if ("samplingOverrides" in settings) this.reception.overrides = settings.samplingOverrides;
    if ("elements" in settings) this.walker.columns = elementColumns(settings.elements);
  }

  /** Decodes one datagram. Rows are complete in `sink.batch` when it returns. */
  decode(datagram: Uint8Array, context: DatagramContext, sink: FlowSink): void {
    this.sink.attach(sink);
    const arrival: Arrival = { view: this.views.of(datagram), context, sink: this.sink };
    this.reception.begin(context);
    try {
      this.dispatch(arrival);
    } catch (error) {
      // A defect of ours must not take the collector along. The batch's own error (a full disk) is not ours to hide.
      if (this.sink.isFlushing) throw error;
      sink.batch.clearUncommitted();
      this.reception.refuse(arrival, "internal_error", error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Ends a TCP connection: its templates go with it, what waits for one is given up.
   * @param rest bytes of it that became no message, and why
   */
  closeConnection(context: DatagramContext, rest?: ConnectionRest): void {
    this.table.closeConnection(context.connection ?? 0);
    if (rest === undefined || rest.bytes === 0) return;
    this.reception.begin(context);
    this.reception.refuseRest(context, rest);
  }

  /** One entry for each exporter session, in order of appearance. */
  stats(): ExporterStats[] {
    const out: ExporterStats[] = [];
    for (const session of this.table.all()) if (!session.isAsleep) out.push(session.stats());
    return out;
  }

  /** Where the bytes of all datagrams went, of sessions given up too; exact after every `decode` that met no defect and no error of the sink. */
  byteBalance(): ByteBalance {
    return this.table.byteBalance();
  }

  /** Elements that exporters send and no column keeps, by exporter, the most frequent of each first. */
  ignoredElements(): ExporterIgnoredElement[] {
    return listIgnoredElements(this.table.all(), this.walker.columns.names);
  }

  /** Counter elements as exported, by IANA name; empty unless `sumCounters` was asked for. */
  sums(): ReadonlyMap<string, bigint> {
    return this.dataSets.sums ?? new Map<string, bigint>();
  }

  /** Sessions that began since the start, those given up among them: whoever is new. */
  openedSessions(): number {
    return this.table.openedSessions;
  }

  /** Last counts of the sessions given up since the last call. They are gone from `stats`; call it often where every count matters. */
  takeEnded(): ExporterStats[] {
    return this.table.takeEnded();
  }

  /** What exporters told about themselves, as of now. */
  facts(): ExporterFact[] {
    return Array.from(this.table.facts, ([owner, fact]) => describeFact(owner, fact));
  }

  /** Facts that are new, changed or, once a day, told again since the last call; at most `max`, the others next time. */
  takeChangedFacts(nowMs: number, max: number): ExporterFact[] {
    return this.table.facts.takeChanged(nowMs, max).map(([owner, fact]) => describeFact(owner, fact));
  }

  /** Templates and facts as lines of text, each made when it is asked for: between two lines datagrams may be decoded. See saved-state.ts. */
  saveState(): Generator<string> {
    return saveState(this.table);
  }

  /** Grows with every change that `saveState` would show. */
  stateChanges(): number {
    return this.table.templates.changes + this.table.facts.changes;
  }

  /**
   * Takes saved lines back, before the first datagram. Sessions are not in `stats` until they send something.
   * @returns undefined when the lines are no saved state: nothing was changed
   */
  restoreState(lines: Iterable<string>, nowMs: number): RestoreResult | undefined {
    const { maxIdleMs, maxFieldsPerTemplate } = this.limits;
    return restoreState(this.table, lines, { sinceMs: nowMs - maxIdleMs, maxFieldsPerTemplate });
  }

  /** How far the exporters' numbers were followed until now. */
  saveSequences(): SessionSequence[] {
    return saveSequences(this.table);
  }

  /**
   * Goes on from there, behind `restoreState` and before the first datagram: what lies between counts as lost.
   * @param sinceMs of sessions that were silent since before then nothing is concluded
   * @returns sessions that go on
   */
  resumeSequences(saved: readonly unknown[], sinceMs: number): number {
    return resumeSequences(this.table, saved, sinceMs);
  }

  /** Forgets sessions that have been silent for `maxIdleMs`, with their templates and facts. Call it now and then. */
  forgetIdle(nowMs: number): void {
    this.table.closeIdle(nowMs - this.limits.maxIdleMs);
  }

  /** What the limits cost until now. */
  givenUp(): GivenUp {
    const { evictedSessions, templates, facts, openConnections, ignoredElements } = this.table;
    return {
      sessions: evictedSessions,
      templates: templates.evicted,
      facts: facts.evicted,
      connections: openConnections.forgotten,
      elements: ignoredElements.uncounted,
    };
  }

  /** Gives up data sets that have waited too long for their template. Call it now and then; arrivals do it for their own session. */
  expire(nowMs: number): void {
    for (const session of this.table.all()) this.table.waiting.expire(session, nowMs);
  }

  private dispatch(arrival: Arrival): void {
    const { view, context } = arrival;
    if (view.byteLength < 2) {
      this.reception.refuse(arrival, "empty_datagram", "a datagram without a version");
      return;
    }
    const version = view.getUint16(0);
    switch (version) {
      case 1:
      case 5:
      case 6:
      case 7:
      case 8:
        decodeFixed(arrival, this.reception, this.dataSets);
        return;
      case 9:
        decodeNetflow9(arrival, this.reception, this.walker);
        return;
      case 10:
        decodeIpfix(arrival, this.reception, this.walker);
        return;
      case 0:
        if (view.byteLength >= 4 && view.getUint16(2) === 5) decodeSflow5(arrival, this.reception);
        else if (view.byteLength >= 4 && (view.getUint16(2) === 2 || view.getUint16(2) === 4))
          this.reception.refuse(arrival, "unsupported_sflow", `sFlow version ${view.getUint16(2)} is not read`);
        else
          this.reception.refuse(
            arrival,
            "unknown_version",
            `neither NetFlow, IPFIX nor sFlow: the datagram from port ${context.sourcePort} begins with zeros`,
          );
        return;
      default:
        this.reception.refuse(arrival, "unknown_version", `version ${version} is not read`);
    }
  }
}
