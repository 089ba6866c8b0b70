/**
 * The one entrance: a datagram of any protocol in, rows of a FlowBatch out. The version word tells the protocol on any port: u16 1, 5 to 9
 * and 10 are NetFlow and IPFIX; u32 5 is sFlow. Pure: clock, sockets, disk and logs belong to the caller.
 *
 * `decode` never throws because of a datagram; what `sink.flush` throws passes through. Everything read from a datagram is bounded by the
 * bytes that are there, and what it can make the decoder remember by DecoderLimits.
 */
import type { FlowBatch } from "../flow/index.ts";
import { toAddressWords } from "./bytes.ts";
import {
  DEFAULT_LIMITS,
  type ByteBalance,
  type DatagramContext,
  type DecoderLimits,
  type DecoderOptions,
  type DecoderSettings,
  type ExporterFact,
  type ExporterIgnoredElement,
  type ExporterStats,
  type FlowSink,
  type GivenUp,
  type InterfaceCounters,
  type SamplingOverrides,
} from "./contract.ts";
import { decodeDataSet, type DataSetOptions } from "./data-set.ts";
import { describeFact } from "./describe-fact.ts";
import { DatagramViews } from "./datagram-view.ts";
import type { DropCause } from "./drop-cause.ts";
import { elementColumns } from "./element-columns.ts";
import { fixedHeaderBytes, isGluedDatagram, readFixedHeader } from "./fixed-header.ts";
import { fixedRecord } from "./fixed-records.ts";
import { listIgnoredElements } from "./ignored-elements.ts";
import type { MessageContext } from "./message-context.ts";
import { RATE_FROM } from "./rate-source.ts";
import { resumeSequences, saveSequences, type SessionSequence } from "./saved-sequences.ts";
import { restoreState, saveState, type RestoreResult } from "./saved-state.ts";
import { SessionTable } from "./session-table.ts";
import type { Session } from "./session.ts";
import { walkSets, type WalkerDeps } from "./set-walker.ts";
import { decodeSflow, readSflowHeader } from "./sflow.ts";

/** Numbers of FLOW_TYPES. */
const FLOW_TYPE = { unknown: 0, netflow9: 9, ipfix: 10, sflow5: 11 } as const;

const NETFLOW9_HEADER_BYTES = 20;
const IPFIX_HEADER_BYTES = 16;

type MessageClock = Pick<MessageContext, "exportMs" | "uptimeMs" | "samplingRate">;

/** A datagram on its way through `decode`. */
interface Arrival {
  readonly view: DataView;
  readonly context: DatagramContext;
  readonly sink: FlowSink;
}

export class Decoder {
  private readonly limits: DecoderLimits;
  private readonly table: SessionTable;
  private readonly dataSets: DataSetOptions;
  private readonly walker: WalkerDeps;
  private overrides: SamplingOverrides | undefined;
  /** Addresses of the datagram at hand. */
  private readonly source = new Uint32Array(4);
  private readonly agent = new Uint32Array(4);
  private readonly sink = new GuardedSink();
  private readonly views = new DatagramViews();

  constructor(options: DecoderOptions = {}) {
    const limits: DecoderLimits = { ...DEFAULT_LIMITS, ...options.limits };
    this.limits = limits;
    this.table = new SessionTable(limits);
    this.dataSets = { clampTimes: options.clampTimes ?? true, sums: options.sumCounters === true ? new Map<string, bigint>() : undefined };
    this.overrides = options.samplingOverrides;
    this.walker = {
      table: this.table,
      dataSets: this.dataSets,
      maxFieldsPerTemplate: limits.maxFieldsPerTemplate,
      columns: elementColumns(options.elements),
    };
  }

  /** Replaces the settings that are given; flows that arrive from now on follow them. */
  configure(settings: Partial<DecoderSettings>): void {
    if ("samplingOverrides" in settings) this.overrides = settings.samplingOverrides;
    if ("elements" in settings) this.walker.columns = elementColumns(settings.elements);
  }

  /** Decodes one datagram. Rows are complete in `sink.batch` when it returns. */
  decode(datagram: Uint8Array, context: DatagramContext, sink: FlowSink): void {
    this.sink.attach(sink);
    const arrival: Arrival = { view: this.views.of(datagram), context, sink: this.sink };
    toAddressWords(context.source, this.source);
    try {
      this.dispatch(arrival);
    } catch (error) {
      // A defect of ours must not take the collector along. The batch's own error (a full disk) is not ours to hide.
      if (this.sink.isFlushing) throw error;
      sink.batch.clearUncommitted();
      this.refuse(arrival, "internal_error", error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Ends a TCP connection: its templates go with it, what waits for one is given up.
   * @param rest bytes of it that became no message, and why
   */
  closeConnection(context: DatagramContext, rest?: { readonly cause: "lost_framing" | "cut_off_message"; readonly bytes: number }): void {
    this.table.closeConnection(context.connection ?? 0);
    if (rest === undefined || rest.bytes === 0) return;
    toAddressWords(context.source, this.source);
    const session = this.session(FLOW_TYPE.unknown, 0, { ...context, sourcePort: 0, connection: 0 });
    this.see(session, rest.bytes, context, 0);
    session.drop(rest.cause, rest.bytes);
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
    return this.table.templateChanges + this.table.facts.changes;
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
    const { evictedSessions, evictedTemplates, facts, openConnections, ignoredElements } = this.table;
    return {
      sessions: evictedSessions,
      templates: evictedTemplates,
      facts: facts.evicted,
      connections: openConnections.forgotten,
      elements: ignoredElements.uncounted,
    };
  }

  /** Gives up data sets that have waited too long for their template. Call it now and then; arrivals do it for their own session. */
  expire(nowMs: number): void {
    for (const session of this.table.all()) this.table.expire(session, nowMs);
  }

  private dispatch(arrival: Arrival): void {
    const { view, context } = arrival;
    if (view.byteLength < 2) {
      this.refuse(arrival, "empty_datagram", "a datagram without a version");
      return;
    }
    const version = view.getUint16(0);
    switch (version) {
      case 1:
      case 5:
      case 6:
      case 7:
      case 8:
        this.decodeFixed(arrival, version);
        return;
      case 9:
        this.decodeNetflow9(arrival);
        return;
      case 10:
        this.decodeIpfix(arrival);
        return;
      case 0:
        if (view.byteLength >= 4 && view.getUint16(2) === 5) this.decodeSflow5(arrival);
        else if (view.byteLength >= 4 && (view.getUint16(2) === 2 || view.getUint16(2) === 4))
          this.refuse(arrival, "unsupported_sflow", `sFlow version ${view.getUint16(2)} is not read`);
        else
          this.refuse(
            arrival,
            "unknown_version",
            `neither NetFlow, IPFIX nor sFlow: the datagram from port ${context.sourcePort} begins with zeros`,
          );
        return;
      default:
        this.refuse(arrival, "unknown_version", `version ${version} is not read`);
    }
  }

  /** NetFlow v1, v5, v6, v7, v8. Datagrams glued together are decoded one after the other. */
  private decodeFixed(arrival: Arrival, version: number): void {
    const { view } = arrival;
    if (view.byteLength < fixedHeaderBytes(version)) {
      this.refuse(arrival, "truncated_header", `a NetFlow v${version} datagram of ${view.byteLength} bytes has no room for its header`);
      return;
    }
    let at = 0;
    do at = this.decodeFixedAt(arrival, version, at);
    while (at < view.byteLength);
  }

  /** @returns position behind the records; the end of the datagram when something else follows them */
  private decodeFixedAt({ view, context, sink }: Arrival, version: number, at: number): number {
    const header = readFixedHeader(view, at);
    const record = fixedRecord(view, at);
    const session = this.session(version, header.engine, context);
    const recordsAt = at + fixedHeaderBytes(version);
    const room = record ? Math.floor((view.byteLength - recordsAt) / record.bytes) : 0;
    const count = Math.min(header.count, room);
    const recordsEnd = recordsAt + count * (record?.bytes ?? 0);
    const isGlued = header.count <= room && isGluedDatagram(view, at, recordsEnd);
    const end = isGlued ? recordsEnd : view.byteLength;
    this.see(session, end - at, context, at === 0 ? 1 : 0);
    session.seeUptime(header.uptimeMs);
    if (!record) {
      const error = `aggregation ${view.getUint8(at + 22)} of version ${view.getUint8(at + 23)} in NetFlow v8 is not known`;
      session.drop("unknown_aggregation", end - at, error);
      return end;
    }
    const rest = end - recordsEnd;
    if (header.count > room)
      session.drop("truncated_records", rest, `the header counts ${header.count} records, the datagram has room for ${room}`);
    else if (rest > 0) session.skip("trailing_bytes", rest, rest);
    const message = this.message(session, context, {
      exportMs: header.exportMs,
      uptimeMs: header.uptimeMs,
      samplingRate: header.samplingInterval,
    });
    const set = { view, at: recordsAt, end: recordsEnd, templateId: record.scheme };
    const result = decodeDataSet(record.plan, set, message, { sink, options: this.dataSets, connectionTotals: session.connectionTotals });
    session.decodedBytes += recordsEnd - at - result.homelessBytes;
    session.dataRecords += result.records;
    session.rows += result.rows;
    session.clampedTimes += result.clampedTimes;
    if (result.homeless > 0) session.drop("sink_full", result.homelessBytes, undefined, result.homeless);
    // How many records the exporter meant is not known when there are fewer than it says.
    if (header.sequence !== undefined)
      session.sequenceOf(record.scheme).observe(header.sequence, header.count > room ? Number.NaN : count, context.receivedMs);
    return end;
  }

  private decodeNetflow9(arrival: Arrival): void {
    const { view, context, sink } = arrival;
    const end = view.byteLength;
    if (end < NETFLOW9_HEADER_BYTES) {
      this.refuse(arrival, "truncated_header", `a NetFlow v9 datagram of ${end} bytes has no room for its header`);
      return;
    }
    const obsDomain = view.getUint32(16);
    const uptimeMs = view.getUint32(4);
    const session = this.session(FLOW_TYPE.netflow9, obsDomain, context);
    this.see(session, end, context, 1);
    session.seeUptime(uptimeMs);
    session.decodedBytes += NETFLOW9_HEADER_BYTES;
    const message = this.message(session, context, { exportMs: view.getUint32(8) * 1000, uptimeMs, samplingRate: 0 });
    const records = walkSets({ session, dialect: "netflow9", view, at: NETFLOW9_HEADER_BYTES, end, context: message, sink }, this.walker);
    session.sequence.observe(view.getUint32(12), records, context.receivedMs);
  }

  private decodeIpfix(arrival: Arrival): void {
    const { view, context, sink } = arrival;
    const available = view.byteLength;
    const length = available >= 4 ? view.getUint16(2) : 0;
    if (available < IPFIX_HEADER_BYTES || length < IPFIX_HEADER_BYTES) {
      this.refuse(arrival, "truncated_header", `an IPFIX message of ${Math.min(available, length)} bytes has no room for its header`);
      return;
    }
    const obsDomain = view.getUint32(12);
    const session = this.session(FLOW_TYPE.ipfix, obsDomain, context);
    this.see(session, available, context, 1);
    const end = Math.min(length, available);
    if (length > available) session.drop("truncated_records", 0, `the message says ${length} bytes, the datagram has ${available}`);
    else if (length < available) session.skip("trailing_bytes", available - length, available - length);
    session.decodedBytes += IPFIX_HEADER_BYTES;
    const message = this.message(session, context, { exportMs: view.getUint32(4) * 1000, uptimeMs: Number.NaN, samplingRate: 0 });
    const records = walkSets({ session, dialect: "ipfix", view, at: IPFIX_HEADER_BYTES, end, context: message, sink }, this.walker);
    // What could not be read is counted as dropped: the step to the next message must not count it again as lost.
    session.sequence.observe(view.getUint32(8), length > available ? Number.NaN : records, context.receivedMs);
  }

  private decodeSflow5(arrival: Arrival): void {
    const { view, context, sink } = arrival;
    const header = readSflowHeader(view);
    if (!header) {
      this.refuse(arrival, "truncated_header", `an sFlow datagram of ${view.byteLength} bytes has no room for its header`);
      return;
    }
    this.readAgent(view, header.agentAt, header.agentBytes);
    const session = this.table.open(
      {
        flowType: FLOW_TYPE.sflow5,
        obsDomain: header.subAgent,
        source: this.source,
        sourcePort: context.sourcePort,
        exporter: this.agent,
        connection: 0,
      },
      context.receivedMs,
    );
    this.see(session, view.byteLength, context, 1);
    session.seeUptime(header.uptimeMs);
    const message = this.message(session, context, { exportMs: 0, uptimeMs: header.uptimeMs, samplingRate: 0 });
    const before = session.dataRecords;
    const place = session.sequence.observe(header.sequence, 0, context.receivedMs);
    decodeSflow({ session, view, header, context: message, sink, isCopy: place === "again", facts: this.table.facts });
    session.sequence.addRecords(place, session.dataRecords - before);
  }

  /** The agent's own address names the exporter; an agent that does not know it goes by its UDP source. */
  private readAgent(view: DataView, at: number, bytes: number): void {
    const { agent } = this;
    if (bytes === 0) agent.set(this.source);
    else if (bytes === 4) agent.set([0, 0, 0xffff_0000, view.getUint32(at, true)]);
    else for (let word = 0; word < 4; word++) agent[word] = view.getUint32(at + word * 4, true);
  }

  private session(flowType: number, obsDomain: number, context: DatagramContext): Session {
    return this.table.open(
      {
        flowType,
        obsDomain,
        source: this.source,
        sourcePort: context.sourcePort,
        exporter: this.source,
        connection: context.connection ?? 0,
      },
      context.receivedMs,
    );
  }

  private see(session: Session, bytes: number, { receivedMs, localPort }: DatagramContext, datagrams: number): void {
    session.datagrams += datagrams;
    session.bytes += bytes;
    session.localPort = localPort ?? 0;
    session.lastSeenMs = receivedMs;
  }

  private refuse({ view, context }: Arrival, cause: DropCause, error: string): void {
    const session = this.session(FLOW_TYPE.unknown, 0, context);
    this.see(session, view.byteLength, context, 1);
    session.drop(cause, view.byteLength, error);
  }

  private message(session: Session, { receivedMs }: DatagramContext, { exportMs, uptimeMs, samplingRate }: MessageClock): MessageContext {
    if (exportMs !== 0) session.clock.observe(exportMs, receivedMs);
    const { flowType, obsDomain, exporter, source, sourcePort } = session.identity;
    const { overrides } = this;
    const ordered = overrides?.rateOf(exporter, 0) ?? 0;
    // Written out: this runs once a datagram, and spreading an object costs more than decoding a record.
    return {
      flowType,
      obsDomain,
      receivedMs,
      exportMs,
      uptimeMs,
      exporter,
      source,
      sourcePort,
      samplingRate: ordered === 0 ? samplingRate : ordered,
      samplingSource: ordered !== 0 ? RATE_FROM.operator : samplingRate !== 0 ? RATE_FROM.header : RATE_FROM.unknown,
      interfaceOverrides: overrides?.hasInterfaces(exporter) === true ? overrides : undefined,
      told: undefined,
      applications: undefined,
    };
  }
}

/** Passes everything on to the caller's sink and remembers whether its flush is running: its errors are not the decoder's. */
class GuardedSink implements FlowSink {
  isFlushing = false;
  private inner: FlowSink | undefined;

  get batch(): FlowBatch {
    return this.target.batch;
  }

  flush(): void {
    this.isFlushing = true;
    this.target.flush();
    this.isFlushing = false;
  }

  counters(row: InterfaceCounters): void {
    this.target.counters?.(row);
  }

  attach(sink: FlowSink): void {
    this.inner = sink;
    this.isFlushing = false;
  }

  private get target(): FlowSink {
    if (!this.inner) throw new Error("no sink attached");
    return this.inner;
  }
}
