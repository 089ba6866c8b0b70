/**
 * The collector: UDP sockets and TCP connections -> decoder -> batch -> spool. It talks to no database, so nothing behind the spool can make it drop a datagram.
 * The receive path is synchronous and makes no promise; everything else (age of a segment, exporter rows, kernel drops, logs) runs on
 * timers beside it.
 */
import type { Socket } from "node:net";
import { setTimeout as setTimeoutPromise } from "node:timers/promises";
import type { FlowSink } from "../decode/index.ts";
import { ExporterDirectory, SamplingRates, type ExportersConfig } from "../exporters/index.ts";
import type { Logger } from "../log.ts";
import type { SpoolConfig, SpoolWriter } from "../spool/index.ts";
import { Accounting } from "./accounting.ts";
import { describeRefused, StatusAssembly } from "./collector-status.ts";
import type { CollectorConfig } from "./config.ts";
import type { DatagramDecoder } from "./datagram-decoder.ts";
import { FlowOutput } from "./flow-output.ts";
import { HoldBack } from "./hold-back.ts";
import { Listeners } from "./listeners.ts";
import type { LossJournal, SavedLosses } from "./loss-journal.ts";
import { LossLog } from "./loss-log.ts";
import { LossWriter } from "./loss-writer.ts";
import { createCollectorMetrics } from "./metrics.ts";
import { ReceiveBufferAdvice } from "./receive-buffer-advice.ts";
import { ReceiveNote } from "./receive-note.ts";
import type { ReceiveSocket } from "./receive-socket.ts";
import { RefusedSources } from "./refused-sources.ts";
import { SideTables } from "./side-tables.ts";
import { SourceTable, type Source } from "./source-table.ts";
import type { StateFile } from "./state-file.ts";
import { StateSaver } from "./state-saver.ts";
import { openStatusPage, type StatusPage } from "./status-page.ts";
import type { CollectorStatus } from "./status.ts";
import { SystemCounters } from "./system-counters.ts";
import { TcpConnections } from "./tcp-connections.ts";
import type { TcpListener } from "./tcp-listener.ts";
import { startTimers, type PeriodicTask } from "./timers.ts";

/** How often the age of the batch is looked at: the error of `spool.closeAfter`. */
const AGE_CHECK_MS = 50;
/** How often slow and silent TCP connections are looked for. */
const SWEEP_MS = 1_000;
const EXPIRE_MS = 10_000;
const FORGET_MS = 600_000;
const SAVE_CHECK_MS = 1_000;
const LOSS_LOG_MS = 5_000;
const SYSTEM_COUNTERS_MS = 1_000;
/** Numbers of exporters are not followed over a longer time without a collector: nobody looks for loss there. */
const RESUME_MS = 3_600_000;

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
   * Puts other options in force, without losing a datagram but where a port has to be closed for it (listeners.ts). Of `config`, name and
   * status page stay as they are.
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
  let operator = operatorOptions({ config, exporters });
  const output = new FlowOutput(writer, spool.closeAfter);
  const sources = new SourceTable(config.allow);
  const refused = new RefusedSources();

  // One context for all datagrams: the decoder copies what it keeps.
  const context = { source: new Uint8Array(16) as Uint8Array, sourcePort: 0, localPort: 0, receivedMs: 0 };
  function onDatagram(datagram: Uint8Array, source: Source, sourcePort: number, { port }: ReceiveSocket): void {
    const nowMs = now();
    if (!source.isAllowed) {
      refused.count(source.text, { port, nowMs, datagrams: 1, bytes: datagram.length, connections: 0 });
      return;
    }
    context.source = source.bytes;
    context.sourcePort = sourcePort;
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
    const source = address === undefined ? undefined : sources.ofText(address);
    if (source?.isAllowed === true) connections.accept(socket, source.bytes, counts);
    else {
      socket.destroy();
      if (source !== undefined) refused.count(source.text, { port, nowMs: now(), datagrams: 0, bytes: 0, connections: 1 });
    }
  }

  const listeners = new Listeners({
    sources,
    onDatagram,
    onConnection,
    onClosed: (listener) => connections.closeIf(({ counts }) => counts === listener.counts, "closing"),
  });

  const system = new SystemCounters();
  const refusedNow = (): CollectorStatus["refused"] => describeRefused(refused, sources, operator.config.allow);
  const startedMs = now();
  const accounting = new Accounting(
    {
      stats: () => decoder.stats(),
      takeEnded: () => decoder.takeEnded(),
      refusedRows: output.refusedBySession,
      refusedSources: refusedNow,
      kernelDrops: () => system.kernelDrops,
    },
    config.name,
    startedMs,
  );
  const assembly = new StatusAssembly({
    collector: config.name,
    startedMs,
    accounting,
    listeners,
    connections,
    system,
    spool: writer,
    refused: refusedNow,
    givenUp: () => decoder.givenUp(),
    directory: () => operator.directory,
    now,
  });
  const status = (): CollectorStatus => assembly.status();
  const sideTables = new SideTables(config.name, { decoder, sessions: () => assembly.sessions(), spool: writer, now });
  const sink: FlowSink = { batch: output.batch, flush: () => output.flush(), counters: (row) => sideTables.counters.add(row) };
  const lossWriter = new LossWriter({ accounting, decoder, output, spool: writer, journal: losses?.journal, now });
  const lossLog = new LossLog(log);
  const saver = stateFile && new StateSaver(decoder, { file: stateFile, log, now });
  const holdBack = new HoldBack({ connections, spool: writer, log });
  const bufferAdvice = new ReceiveBufferAdvice(log);
  const receiveNote = new ReceiveNote(log);
  const tasks: readonly PeriodicTask[] = [
    {
      everyMs: AGE_CHECK_MS,
      run() {
        output.flushIfOld(now());
        lossWriter.writeIfOld();
        holdBack.update(now());
      },
    },
    ...sideTables.tasks,
    { everyMs: SWEEP_MS, run: () => connections.sweep() },
    { everyMs: EXPIRE_MS, run: () => decoder.expire(now()) },
    { everyMs: FORGET_MS, run: () => decoder.forgetIdle(now()) },
    { everyMs: SAVE_CHECK_MS, run: () => saver?.tick() },
    { everyMs: LOSS_LOG_MS, run: () => lossLog.report(status()) },
    { everyMs: SYSTEM_COUNTERS_MS, run: () => void system.read() },
  ];
  let stopTimers = (): void => undefined;
  let page: StatusPage | undefined;

  /** Ports first, because only they can fail; those that go last, so that nobody is without one. */
  async function apply(options: ReloadOptions): Promise<void> {
    const closeOthers = await listeners.open(options.config);
    operator = operatorOptions(options);
    const { allow, tcp, receive, receiveBuffer } = operator.config;
    sources.allow(allow);
    refused.forgetIf((address) => sources.ofText(address).isAllowed);
    connections.configure(tcp);
    connections.closeIf(({ address }) => !sources.ofText(address).isAllowed, "not_allowed");
    decoder.configure({ samplingOverrides: operator.samplingRates });
    await closeOthers();
    await system.findSockets();
    bufferAdvice.check(listeners.udp, receiveBuffer);
    await receiveNote.check(listeners.udp, receive);
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
      await system.read();
      stopTimers = startTimers(tasks);
    },

    async stop(deadlineMs) {
      const endMs = now() + deadlineMs;
      await listeners.close();
      stopTimers();
      output.flush();
      // What waits for its template waits in memory.
      decoder.expire(Number.POSITIVE_INFINITY);
      assembly.forgetSessions();
      lossWriter.write();
      sideTables.write();
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
