/**
 * The collector: UDP sockets and TCP connections -> decoder -> batch -> spool. It talks to no database, so nothing behind the spool can make it drop a datagram.
 * The receive path is synchronous and makes no promise; everything else (age of a segment, exporter rows, kernel drops, logs) runs on
 * timers beside it.
 */
import type { RemoteInfo } from "node:dgram";
import type { Socket } from "node:net";
import { setTimeout as setTimeoutPromise } from "node:timers/promises";
import type {
  DatagramContext,
  DecoderSettings,
  ExporterIgnoredElement,
  ExporterStats,
  FlowSink,
  GivenUp,
  SessionSequence,
} from "../decode/index.ts";
import { formatSize } from "../config/index.ts";
import { ExporterDirectory, SamplingRates, type ExportersConfig } from "../exporters/index.ts";
import { formatAddress } from "../flow/index.ts";
import type { Logger } from "../log.ts";
import type { SpoolConfig, SpoolWriter } from "../spool/index.ts";
import { LogLimit } from "../log-limit.ts";
import { Accounting } from "./accounting.ts";
import type { CollectorConfig } from "./config.ts";
import { CounterTable, COUNTERS_TABLE } from "./counter-table.ts";
import { ExporterTable, EXPORTERS_TABLE } from "./exporter-table.ts";
import { FlowOutput } from "./flow-output.ts";
import { IgnoredTable, IGNORED_TABLE } from "./ignored-table.ts";
import { readKernelDrops, readSocketInodes } from "./kernel-drops.ts";
import { HostCounterReader, type HostCounters } from "./host-counters.ts";
import { Listeners } from "./listeners.ts";
import type { LossJournal, SavedLosses } from "./loss-journal.ts";
import { LossLog } from "./loss-log.ts";
import { LOSS_TABLE } from "./loss-table.ts";
import { createCollectorMetrics } from "./metrics.ts";
import { OptionsTable, type FactSource } from "./options-table.ts";
import type { ReceiveSocket } from "./receive-socket.ts";
import { RefusedSources } from "./refused-sources.ts";
import { allowHint, SourceTable } from "./source-table.ts";
import { TcpConnections } from "./tcp-connections.ts";
import type { TcpListener } from "./tcp-listener.ts";
import type { SavedStateOwner, StateFile } from "./state-file.ts";
import { StateSaver } from "./state-saver.ts";
import { openStatusPage, type StatusPage } from "./status-page.ts";
import { MAX_STATUS_EXPORTERS, type CollectorStatus, type ExporterStatus } from "./status.ts";

/** How often the age of the batch is looked at: the error of `spool.closeAfter`. */
const AGE_CHECK_MS = 50;
const EXPORTERS_MS = 2_000;
const IGNORED_MS = 10_000;
/** What a crash counts as lost although it is stored: what came in so long. */
const LOSSES_MS = 2_000;
/** Longest wait for a moment without half a batch, so that counts and segments are of the same flows. */
const LOSSES_LATE_MS = 1_000;
/** Numbers of exporters are not followed over a longer time without a collector: nobody looks for loss there. */
const RESUME_MS = 3_600_000;
/** How long interface counters gather: devices send them every 20 to 60 s. */
const COUNTERS_MS = 2_000;
const KERNEL_DROPS_MS = 1_000;
const LOSS_LOG_MS = 5_000;
/** How long numbers of the sessions are taken as of now: there may be ten thousand. */
const SNAPSHOT_MS = 200;
const EXPIRE_MS = 10_000;
const FORGET_MS = 600_000;
const SAVE_CHECK_MS = 1_000;
/** How often slow and silent TCP connections are looked for. */
const SWEEP_MS = 1_000;
const HELD_BACK_PAUSE_MS = 60_000;

/** What is asked of a decoder. */
export interface DatagramDecoder extends FactSource, SavedStateOwner {
  decode(datagram: Uint8Array, context: DatagramContext, sink: FlowSink): void;
  stats(): ExporterStats[];
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
  closeConnection(context: DatagramContext, rest: { readonly cause: "lost_framing" | "cut_off_message"; readonly bytes: number }): void;
}

export interface CollectorOptions {
  readonly config: CollectorConfig;
  /** What the operator says about exporters. @default nothing */
  readonly exporters?: ExportersConfig;
  readonly spool: Pick<SpoolConfig, "closeAfter">;
}

/** What may change while the collector runs. */
export interface ReloadOptions {
  readonly config: CollectorConfig;
  readonly exporters: ExportersConfig;
}

export interface CollectorDeps {
  readonly decoder: DatagramDecoder;
  /** Started by the caller. */
  readonly writer: SpoolWriter;
  /** Where the decoder's state survives a restart; without it, data waits for its templates after each start. */
  readonly stateFile?: StateFile;
  /** Where the loss balance survives a crash; without it, what comes between two processes is not counted. */
  readonly losses?: { readonly journal: Pick<LossJournal, "write">; readonly saved?: SavedLosses | undefined };
  readonly log: Logger;
  readonly now?: () => number;
}

export interface Collector {
  /**
   * Opens the sockets and the status page.
   * @throws SillageError PORT_IN_USE and the others of listenError
   */
  start(): Promise<void>;
  /**
   * Puts other options in force, without losing a datagram. Of `config`, name and status page stay as they are.
   * @throws SillageError PORT_IN_USE and the others of listenError; nothing has changed then
   */
  reload(options: ReloadOptions): Promise<void>;
  /** Reads what has arrived, makes it durable, ends. Resolves with the rows that could not be saved in time. */
  stop(deadlineMs: number): Promise<{ readonly lostRows: number }>;
  status(): CollectorStatus;
  /** Port of the status page, once started. */
  readonly statusPort: number | undefined;
}

/** A collector that does nothing before `start`. */
export function createCollector({ config, spool, exporters = [] }: CollectorOptions, deps: CollectorDeps): Collector {
  const { decoder, writer, stateFile, losses, log, now = Date.now } = deps;
  const output = new FlowOutput(writer, spool.closeAfter);
  const sources = new SourceTable(config.allow);
  const refused = new RefusedSources();
  const counterTable = new CounterTable((block, span) => void writer.offer(COUNTERS_TABLE, block, span));
  const sink: FlowSink = { batch: output.batch, flush: () => output.flush(), counters: (row) => counterTable.add(row) };
  const exporterTable = new ExporterTable(config.name);
  const ignoredTable = new IgnoredTable(config.name);
  const startedMs = now();
  const accounting = new Accounting(
    {
      stats: () => decoder.stats(),
      takeEnded: () => decoder.takeEnded(),
      refusedRows: output.refusedBySession,
      refusedSources: refusedStatus,
      kernelDrops: () => kernelDrops,
    },
    config.name,
    startedMs,
  );
  const optionsTable = new OptionsTable(config.name, writer);
  let operator = operatorOptions({ config, exporters });
  const saver = stateFile && new StateSaver(decoder, { file: stateFile, log, now });
  const lossLog = new LossLog(log);
  const heldBack = new LogLimit(HELD_BACK_PAUSE_MS);
  const timers: NodeJS.Timeout[] = [];
  let page: StatusPage | undefined;
  let lossesMs = startedMs;
  let snapshot: { readonly atMs: number; readonly sessions: readonly ExporterStatus[] } | undefined;
  let kernelDrops: ReadonlyMap<number, number> | undefined;
  const hostReader = new HostCounterReader();
  let hostCounters: HostCounters | undefined;
  let inodes: ReadonlySet<string> = new Set();
  /** Receive buffer that the log has spoken of. */
  let toldBuffer: number | undefined;

  // One context for all datagrams: the decoder copies what it keeps.
  const context = { source: new Uint8Array(16) as Uint8Array, sourcePort: 0, localPort: 0, receivedMs: 0 };
  function onDatagram(datagram: Buffer, remote: RemoteInfo, { port }: ReceiveSocket): void {
    const source = sources.of(remote.address);
    const nowMs = now();
    if (!source.isAllowed) {
      refused.count(remote.address, { port, nowMs, datagrams: 1, bytes: datagram.length, connections: 0 });
      return;
    }
    context.source = source.bytes;
    context.sourcePort = remote.port;
    context.localPort = port;
    context.receivedMs = nowMs;
    decoder.decode(datagram, context, sink);
    output.noteRows(nowMs);
  }

  const connections = new TcpConnections(
    config.tcp,
    {
      onMessage(message, { connection, source, sourcePort }) {
        const nowMs = now();
        decoder.decode(message, { source, sourcePort, connection, receivedMs: nowMs }, sink);
        output.noteRows(nowMs);
      },
      onClose({ connection, source, sourcePort }, rest) {
        decoder.closeConnection({ source, sourcePort, connection, receivedMs: now() }, rest);
      },
    },
    now,
  );
  function onConnection(socket: Socket, { port, counts }: TcpListener): void {
    const address = socket.remoteAddress;
    const source = address === undefined ? undefined : sources.of(address);
    if (source?.isAllowed === true) connections.accept(socket, source.bytes, counts);
    else {
      socket.destroy();
      if (address !== undefined) refused.count(address, { port, nowMs: now(), datagrams: 0, bytes: 0, connections: 1 });
    }
  }

  const listeners = new Listeners({
    onDatagram,
    onConnection,
    onClosed: (listener) => connections.closeIf(({ counts }) => counts === listener.counts, "closing"),
  });

  /** Ports first, because only they can fail; those that go last, so that nobody is without one. */
  async function apply(options: ReloadOptions): Promise<void> {
    const closeOthers = await listeners.open(options.config);
    operator = operatorOptions(options);
    const { allow, tcp, receiveBuffer } = operator.config;
    sources.allow(allow);
    refused.forgetIf((address) => sources.of(address).isAllowed);
    connections.configure(tcp);
    connections.closeIf(({ address }) => !sources.of(address).isAllowed, "not_allowed");
    decoder.configure({ samplingOverrides: operator.samplingRates });
    await closeOthers();
    inodes = await readSocketInodes();
    if (receiveBuffer !== toldBuffer) tellBuffer(listeners.udp, receiveBuffer, log);
    toldBuffer = receiveBuffer;
  }

  /** Holds TCP exporters back while there is no room for rows. Datagrams cannot be held back: their rows are counted as `spool_full`. */
  function holdBack(): void {
    const isFull = writer.isNearlyFull();
    if (!connections.setPaused(isFull) || connections.openCount === 0 || !heldBack.take(String(isFull), now())) return;
    const { pendingBytes, usedBytes, limitBytes } = writer.stats();
    if (isFull) log.warn({ usedBytes, limitBytes, pendingBytes }, "the spool is nearly full: exporters over TCP are held back");
    else log.info({ usedBytes, limitBytes, pendingBytes }, "the spool has room again: exporters over TCP go on");
  }

  /** All sessions with their balance; asked once for all timers of a tick. */
  function sessions(): readonly ExporterStatus[] {
    const nowMs = now();
    if (snapshot === undefined || nowMs - snapshot.atMs > SNAPSHOT_MS || nowMs < snapshot.atMs)
      snapshot = { atMs: nowMs, sessions: accounting.sessions() };
    return snapshot.sessions;
  }

  /** With what the operator calls the exporter. */
  function named(session: ExporterStatus): ExporterStatus {
    const { name, site } = operator.directory.findText(session.exporter) ?? {};
    return name === undefined && site === undefined ? session : { ...session, ...(name && { name }), ...(site && { site }) };
  }

  function status(): CollectorStatus {
    const all = sessions();
    const recent =
      all.length <= MAX_STATUS_EXPORTERS ? all : [...all].sort((a, b) => b.lastSeenMs - a.lastSeenMs).slice(0, MAX_STATUS_EXPORTERS);
    return {
      type: "status",
      version: 4,
      collector: config.name,
      startedMs,
      atMs: now(),
      listening: listeners.udp.map(({ host, port, receiveBufferBytes, datagrams, bytes }) => ({
        host,
        port,
        receiveBufferBytes,
        datagrams,
        bytes,
        kernelDrops: kernelDrops?.get(port) ?? null,
      })),
      tcp: { ...connections.stats(), listening: listeners.tcp.map(({ host, port, counts }) => ({ host, port, ...counts })) },
      host: hostCounters ?? null,
      spool: writer.stats(),
      refused: refusedStatus(),
      exporters: recent.map(named),
      exporterCount: all.length,
      givenUp: decoder.givenUp(),
    };
  }

  function refusedStatus(): CollectorStatus["refused"] {
    const list = refused.list().map(({ address, ...source }) => {
      const { bytes } = sources.of(address);
      return { ...source, source: formatAddress(bytes), hint: allowHint(operator.config.allow, bytes) };
    });
    return { ...refused.total, sources: list, rest: { ...refused.rest } };
  }

  function writeExporters(): void {
    const nowMs = now();
    const block = exporterTable.changes(sessions(), nowMs);
    if (block) writer.offer(EXPORTERS_TABLE, block, { minTimeMs: nowMs, maxTimeMs: nowMs });
  }

  function writeIgnored(): void {
    const nowMs = now();
    const block = ignoredTable.changes(decoder.ignoredElements(), nowMs);
    if (block) writer.offer(IGNORED_TABLE, block, { minTimeMs: nowMs, maxTimeMs: nowMs });
  }

  /** Between two batches, so that what is counted as stored is in segments that were offered before. */
  function writeLosses(): void {
    const nowMs = now();
    accounting.close(nowMs, (block) => {
      const sequences = losses && decoder.saveSequences();
      const commit = sequences && ((segment: string) => losses.journal.write(segment, sequences, nowMs));
      return writer.offer(LOSS_TABLE, block, { minTimeMs: nowMs, maxTimeMs: nowMs }, commit) === undefined;
    });
    lossesMs = nowMs;
  }

  function writeLossesIfOld(): void {
    const ageMs = now() - lossesMs;
    // A clock that was set back must not hold them up.
    if (ageMs >= 0 && ageMs < LOSSES_MS) return;
    if (!output.isEmpty && ageMs >= 0 && ageMs < LOSSES_MS + LOSSES_LATE_MS) return;
    output.flush();
    writeLosses();
  }

  function trouble(): string | undefined {
    const { failing } = writer.stats();
    return failing === undefined ? undefined : `the spool cannot be written: ${failing}`;
  }

  return {
    async start() {
      const metrics = createCollectorMetrics(status);
      decoder.configure({ samplingOverrides: operator.samplingRates });
      await stateFile?.restore(decoder, now());
      const sessionsResumed = losses?.saved && decoder.resumeSequences(losses.saved.sequences, now() - RESUME_MS);
      if (sessionsResumed !== undefined)
        log.info({ sessions: sessionsResumed }, "sequence numbers go on where they were before the restart");
      try {
        await apply({ config, exporters });
        page = await openStatusPage({ ...config.status, metrics: () => metrics.scrape(), trouble });
      } catch (error) {
        await listeners.close();
        throw error;
      }
      kernelDrops = await readKernelDrops(inodes);
      hostCounters = await hostReader.read();
      timers.push(
        setInterval(() => {
          output.flushIfOld(now());
          writeLossesIfOld();
          holdBack();
        }, AGE_CHECK_MS),
        setInterval(() => connections.sweep(), SWEEP_MS),
        setInterval(writeExporters, EXPORTERS_MS),
        setInterval(writeIgnored, IGNORED_MS),
        setInterval(() => counterTable.flush(), COUNTERS_MS),
        setInterval(() => optionsTable.write(decoder, now()), EXPORTERS_MS),
        setInterval(() => decoder.expire(now()), EXPIRE_MS),
        setInterval(() => decoder.forgetIdle(now()), FORGET_MS),
        setInterval(() => saver?.tick(), SAVE_CHECK_MS),
        setInterval(() => lossLog.report(status()), LOSS_LOG_MS),
        setInterval(() => void readKernelDrops(inodes).then((drops) => (kernelDrops = drops)), KERNEL_DROPS_MS),
        setInterval(() => void hostReader.read().then((counters) => (hostCounters = counters)), KERNEL_DROPS_MS),
      );
    },

    async stop(deadlineMs) {
      const endMs = now() + deadlineMs;
      await listeners.close();
      for (const timer of timers) clearInterval(timer);
      output.flush();
      // What waits for its template waits in memory.
      decoder.expire(Number.POSITIVE_INFINITY);
      counterTable.flush();
      snapshot = undefined;
      writeLosses();
      writeExporters();
      optionsTable.write(decoder, now());
      writeIgnored();
      const saved = saver && Promise.race([saver.finish(), setTimeoutPromise(Math.max(0, endMs - now()), undefined, { ref: false })]);
      const result = await writer.stop(Math.max(0, endMs - now()));
      await saved;
      lossLog.report(status());
      await page?.close();
      return result;
    },

    reload: apply,

    status,

    get statusPort() {
      return page?.port;
    },
  };
}

/** What the operator says, made ready for asking. */
function operatorOptions({ config, exporters }: ReloadOptions) {
  const directory = new ExporterDirectory(exporters);
  return { config, directory, samplingRates: new SamplingRates(directory) };
}

/** One line when the kernel granted less than asked, with the command that changes it. */
function tellBuffer(sockets: readonly ReceiveSocket[], wanted: number, log: Logger): void {
  const granted = Math.min(...sockets.map((socket) => socket.receiveBufferBytes));
  if (granted >= wanted) return;
  // SO_RCVBUFFORCE, with which root could pass the limit, is not within reach of Node.
  log.warn(
    {
      granted: formatSize(granted),
      asked: formatSize(wanted),
      hint: `sysctl -w net.core.rmem_max=${wanted}; for good: packaging/60-sillage.conf`,
    },
    "the kernel grants a smaller receive buffer than asked: bursts may be lost",
  );
}
