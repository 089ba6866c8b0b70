/** The collector as a process: a child of `serve`, or alone (`sillage collect`). */
import path from "node:path";
import { SillageError } from "@sillage/model";
import type { ChildContext, RunningChild } from "./child-process.ts";
import { createCollector, LossJournal, readElementsFile, StateFile, type Collector } from "./collect/index.ts";
import { Decoder, type OperatorElement } from "./decode/index.ts";
import type { Logger } from "./log.ts";
import type { SillageConfig } from "./sillage-config.ts";
import { createSpoolWriter } from "./spool/index.ts";
import { lockProcess, prepareDataFolder } from "./store/index.ts";
import { LogLimit } from "./log-limit.ts";

const STATUS_MS = 1_000;
/** Time to make durable what was received. The disk has had a second per segment until now, so more would not help. */
const STOP_MS = 5_000;
const DISK_ERROR_PAUSE_MS = 60_000;

/** A running collector and the way to end it. */
export interface RunningCollector {
  readonly collector: Collector;
  /**
   * Puts other options in force.
   * @throws SillageError PORT_IN_USE and the others of listenError, and of the elements file; nothing has changed then
   */
  readonly reload: (config: SillageConfig) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * Opens sockets and spool.
 * @param supervisorPid process without which this one ends
 * @throws SillageError COLLECTOR_IN_USE, PORT_IN_USE, SPOOL_FOLDER, DATA_FOREIGN, DATA_UNWRITABLE; of the elements file CONFIG_UNREADABLE,
 *   CONFIG_INVALID
 */
export async function startCollector(config: SillageConfig, log: Logger, supervisorPid?: number): Promise<RunningCollector> {
  const decoder = new Decoder({ elements: readElements(config), limits: { maxIdleMs: config.collector.forgetAfter } });
  const paths = await prepareDataFolder(config.data);
  const { name } = config.collector;
  const unlock = await lockProcess(path.join(paths.state, `collector-${name}.lock`), supervisorPid).catch((error: unknown) => {
    if (!(error instanceof SillageError) || error.code !== "DATA_IN_USE") throw error;
    throw new SillageError(
      "config",
      "COLLECTOR_IN_USE",
      `another collector named ${name} already writes to the data folder ${paths.root}`,
      {
        hint: "stop it first, or choose another name with the option collector.name",
        cause: error,
      },
    );
  });
  const losses = new LossJournal(path.join(paths.state, `collector-${name}.losses`), log);
  const saved = await losses.read();
  const diskErrors = new LogLimit(DISK_ERROR_PAUSE_MS);
  const writer = createSpoolWriter(
    {
      config: config.spool,
      folder: path.join(paths.spool, name),
      collector: name,
      bootMs: Date.now(),
      ...(saved && { committed: saved.segment }),
    },
    {
      onDiskError: (code, err) => {
        const line = diskErrors.take(code, Date.now());
        if (line) log.error({ code, count: line.count, err }, "the spool cannot be written; trying again");
      },
    },
  );
  const collector = createCollector(
    { config: config.collector, exporters: config.exporters, spool: config.spool },
    {
      decoder,
      writer,
      stateFile: new StateFile(path.join(paths.state, `collector-${name}.state`), log),
      losses: { journal: losses, saved },
      log,
    },
  );
  try {
    await writer.start();
    await collector.start();
  } catch (error) {
    await unlock();
    throw error;
  }
  return {
    collector,
    async reload(next) {
      const elements = readElements(next);
      await collector.reload({ config: next.collector, exporters: next.exporters });
      decoder.configure({ elements });
      log.info({ listening: listeningLines(collector).join("; "), elements: elements.length }, "options reloaded");
    },
    async stop() {
      const { lostRows } = await collector.stop(STOP_MS);
      if (lostRows > 0) log.error({ rows: lostRows }, "the disk did not take these rows before the end: they are lost");
      await unlock();
    },
  };
}

/** What the operator declares; the file is read again at every reload, because it may have changed under its name. */
function readElements({ elements }: SillageConfig): readonly OperatorElement[] {
  return elements === undefined ? [] : readElementsFile(elements);
}

/** The collector as a child: tells its status once a second. */
export async function runCollector({ config, supervisorPid, log, send }: ChildContext): Promise<RunningChild> {
  const { collector, reload, stop } = await startCollector(config, log, supervisorPid);
  const tell = (): void => send(collector.status());
  tell();
  const timer = setInterval(tell, STATUS_MS);
  return {
    details: listeningLines(collector),
    reload,
    async stop() {
      clearInterval(timer);
      await stop();
      tell();
    },
  };
}

/** Ports and addresses for people. */
export function listeningLines(collector: Collector): string[] {
  const { listening, tcp } = collector.status();
  const hosts = [...new Set(listening.map(({ host }) => (host === "::" || host === "0.0.0.0" ? "every address" : host)))];
  const ports = (sockets: readonly { port: number }[]): string => sockets.map(({ port }) => port).join(", ");
  const overTcp = tcp.listening.length === 0 ? "" : ` and TCP ${ports(tcp.listening)}`;
  return [`UDP ${ports(listening)}${overTcp} on ${hosts.join(", ")}`];
}
