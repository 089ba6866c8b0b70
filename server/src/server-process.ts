/** The server as a process: store, loader, HTTP API and page. The only process that talks to ClickHouse. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { SillageError } from "@sillage/model";
import { checkExposure, createApi, type Inspection, type SystemStatus } from "./api/index.ts";
import { BacklogTrend } from "./backlog-trend.ts";
import type { ChildContext, RunningChild } from "./child-process.ts";
import type { CollectorStatus } from "./collect/index.ts";
import { ExporterDirectory } from "./exporters/index.ts";
import { createLateStore, LateWork, type LateStore } from "./late-store.ts";
import { limitLog } from "./limited-log.ts";
import { listenError } from "./listen-error.ts";
import { createServerMetrics } from "./loader-metrics.ts";
import type { Logger } from "./log.ts";
import type { Restarts, ToChild } from "./process-messages.ts";
import type { SillageConfig } from "./sillage-config.ts";
import { fillNetworks, NetworkLabels } from "./networks/index.ts";
import { quarantineReasons } from "./spool/index.ts";
import { addStoreMetrics } from "./store-metrics.ts";
import { watchStore } from "./store-watch.ts";
import {
  createLoader,
  createStore,
  defaultLimits,
  inspectStore,
  LATE_RATES,
  measureStore,
  openDataFolder,
  replaceRows,
  retentionReport,
  type DataFolder,
  type DictionaryRow,
  type Loader,
  type StoreDeps,
} from "./store/index.ts";
import { VERSION } from "./version.ts";

/** Time to load what the collector left at its end. */
const LOAD_AT_END_MS = 5_000;
/** Time for answers that are on their way. */
const CLOSE_MS = 1_000;
const RECOVERY_CHECK_MS = 1_000;
const TREND_LOOK_MS = 5_000;
/** Limits of a connection that sends slowly. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the idle time after which Grafana's and browsers' clients give a connection up, so that they close it, not we. */
const KEEP_ALIVE_MS = 95_000;

/**
 * Opens store, loader and API.
 * @param root folder of the program, with preview/, plugin/ and dashboards/
 * @throws SillageError what is wrong with configuration, data folder, store or port
 */
export async function runServer({ config, startedMs, supervisorPid, log }: ChildContext, root: string): Promise<RunningChild> {
  checkExposure(config.api);
  let known = knowledgeOf(config);
  const folder = await openDataFolder(config.data, supervisorPid);
  let collector: CollectorStatus | undefined;
  let restarts: Restarts = {};
  const store = await openStore(config, folder, {
    rows: () => ({ networks: known.labels.rows, lateRates: lateRates(known.directory) }),
    log,
  });
  const dictionaries = new LateWork(
    async () => {
      const { labels, directory } = known;
      await fillNetworks(store, labels.networks);
      await replaceRows(store, LATE_RATES, lateRates(directory));
    },
    (error) => log.error({ err: error }, "flows go on being labelled as before the reload"),
  );
  const loader = createLoader(config.loader, { store, paths: folder, log: limitLog(log) });
  const trend = new BacklogTrend();
  const watch = watchStore(store, config.store.maxBytes, log);
  const metrics = createServerMetrics(() => loader.stats());
  addStoreMetrics(metrics, () => watch);
  const status = (): SystemStatus => ({
    version: VERSION,
    startedMs,
    loader: { ...loader.stats(), backlogGrowth: trend.rowsPerSecond },
    restarts: { ...restarts },
    ...(collector && { collector }),
  });
  const app = createApi({
    store,
    status,
    retention: async (whatIf) => retentionReport(await measureStore(store), config.store, Date.now(), whatIf),
    inspect: () => inspect(store, folder, config),
    config: config.api,
    log,
    now: Date.now,
    limits: defaultLimits(config.store),
    directory: () => known.directory,
    hasLateRates: () => known.directory.rates.length > 0,
    metrics,
    previewDir: path.join(root, "preview/dist"),
    pluginDir: path.join(root, "plugin/dist"),
    dashboardsDir: path.join(root, "dashboards"),
  });
  const servers = await listenAll(config.api, () => createServer(app)).catch(async (error: unknown) => {
    watch.stop();
    await store.close();
    await folder.release();
    throw error;
  });
  loader.start();
  const recovery = tellRecovery(loader, log);
  const looks = setInterval(() => trend.look(Date.now(), loader.stats().backlogRows), TREND_LOOK_MS);

  return {
    details: urlsOf(servers),
    onMessage(message: ToChild) {
      if (message.type === "status") collector = message;
      else if (message.type === "restarts") restarts = message.restarts;
    },
    async reload(next) {
      const before = known;
      known = knowledgeOf(next);
      const isDone = await dictionaries.run().catch((error: unknown) => {
        known = before;
        throw error;
      });
      const networks = known.labels.networks.length;
      if (isDone) log.info({ networks }, "flows are labelled with the networks as they are now");
      else log.warn({ networks }, "the database does not answer: flows are labelled with the networks as they are now when it does");
    },
    async stop() {
      clearInterval(recovery);
      clearInterval(looks);
      watch.stop();
      dictionaries.stop();
      const answered = Promise.all(servers.map(closeServer));
      await loader.stop(LOAD_AT_END_MS);
      await answered;
      await store.close();
      await folder.release();
      const { backlogSegments } = loader.stats();
      if (backlogSegments > 0) log.info({ segments: backlogSegments }, "segments wait in the spool for the next start");
    },
  };
}

/** What the operator says about networks and exporters. */
interface Knowledge {
  readonly labels: NetworkLabels;
  readonly directory: ExporterDirectory;
}

/** @throws SillageError when the networks file has a mistake */
function knowledgeOf({ networks, exporters }: SillageConfig): Knowledge {
  return { labels: new NetworkLabels(networks), directory: new ExporterDirectory(exporters) };
}

/** The operator's sampling rates, for flows that were stored without one. */
function lateRates({ rates }: ExporterDirectory): DictionaryRow[] {
  return rates.map(({ address, prefix, rate }) => ({ address, prefix, values: [rate] }));
}

/** What the doctor sees of tables, disk and quarantine. */
async function inspect(store: LateStore, folder: DataFolder, { store: config }: SillageConfig): Promise<Inspection> {
  const quarantined = { quarantined: await quarantineReasons(folder.quarantine), quarantineFolder: folder.quarantine };
  try {
    const size = await measureStore(store);
    const storage = { ...(await inspectStore(store, size)), retention: retentionReport(size, config, Date.now()) };
    return { ...quarantined, storage };
  } catch (error) {
    // One that does not answer is told already.
    const isKnown = error instanceof SillageError && error.kind === "unavailable";
    return isKnown ? quarantined : { ...quarantined, storageError: error instanceof Error ? error.message : String(error) };
  }
}

/** An outage is logged by who meets it; this logs its end. */
function tellRecovery(loader: Loader, log: Logger): NodeJS.Timeout {
  let failing = false;
  return setInterval(() => {
    const { failing: reason, backlogRows } = loader.stats();
    if (failing && reason === undefined) log.info({ rows: backlogRows }, "loading goes on");
    failing = reason !== undefined;
  }, RECOVERY_CHECK_MS);
}

interface OpenDeps {
  /** Asked at each attempt: a reload may have come before the database. */
  readonly rows: () => Pick<StoreDeps, "networks" | "lateRates">;
  readonly log: Logger;
}

async function openStore(config: SillageConfig, dataFolder: DataFolder, { rows, log }: OpenDeps): Promise<LateStore> {
  const open = () => createStore(config.store, { dataFolder, ...rows() });
  if (config.store.kind === "http") {
    return createLateStore(open, log, (error) => {
      log.fatal({ err: error }, "the ClickHouse server refuses this program");
      process.exit(1);
    });
  }
  try {
    return await open();
  } catch (error) {
    await dataFolder.release();
    throw error;
  }
}

/** Listens on every host; a machine without IPv6 does without ::1. Port 0 means the same free port on all. */
async function listenAll({ host: hosts, port }: SillageConfig["api"], create: () => Server): Promise<Server[]> {
  const servers: Server[] = [];
  try {
    for (const host of hosts) {
      const server = create();
      server.requestTimeout = REQUEST_TIMEOUT_MS;
      server.headersTimeout = HEADERS_TIMEOUT_MS;
      server.keepAliveTimeout = KEEP_ALIVE_MS;
      const chosen = servers[0] === undefined ? port : (servers[0].address() as AddressInfo).port;
      if (await listen(server, host, chosen, servers.length > 0)) servers.push(server);
    }
  } catch (error) {
    await Promise.all(servers.map(closeServer));
    throw error;
  }
  return servers;
}

/** @returns false when the host is the IPv6 loopback of a machine without IPv6 and another host listens already */
function listen(server: Server, host: string, port: number, optional: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (optional && host === "::1" && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT")) resolve(false);
      else reject(listenError({ protocol: "TCP", host, port, what: "the API", option: "api.port" }, error));
    });
    server.listen({ host, port, exclusive: true }, () => resolve(true));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Where to look, loopback by the name people type. */
function urlsOf(servers: readonly Server[]): string[] {
  const urls = servers.map((server) => {
    const { address, port } = server.address() as AddressInfo;
    const host = address === "127.0.0.1" || address === "::1" ? "localhost" : address.includes(":") ? `[${address}]` : address;
    return `http://${host}:${port}`;
  });
  return [...new Set(urls)];
}
