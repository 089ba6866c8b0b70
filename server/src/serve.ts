/**
 * `sillage serve`: the supervisor of collector and server (and of the demo exporter). It only forks, restarts, passes messages on and ends
 * its children in order: first the collector, which makes durable what it has, then the server, which loads what is there. On SIGHUP it reads
 * the configuration again and tells them what has changed.
 */
import { fork } from "node:child_process";
import { networkInterfaces } from "node:os";
import { SillageError } from "@sillage/model";
import { ConfigReloader } from "./config-reloader.ts";
import { endByHangUp, watchTerminal, type TerminalWatch } from "./hang-up.ts";
import { createLogger } from "./log.ts";
import type { ChildName, FromChild, Restarts } from "./process-messages.ts";
import type { SillageConfig } from "./sillage-config.ts";
import { prepareDataFolder, threadPoolSize } from "./store/index.ts";
import { SupervisedChild } from "./supervised-child.ts";
import { VERSION } from "./version.ts";

/** Longest ends, a little more than what the children allow themselves. */
const DEADLINES_MS: Readonly<Record<ChildName, number>> = { demo: 2_000, collector: 7_000, server: 9_000 };
/** Longest pauses before a child that keeps ending is started again: while there is no collector, flows are lost; a server costs more to start. */
const LONGEST_PAUSES_MS: Readonly<Record<ChildName, number>> = { demo: 10_000, collector: 2_000, server: 10_000 };
/** npm passes Ctrl-C on although the terminal has sent it to everybody: a second one counts only after this. */
const SECOND_SIGNAL_MS = 1_000;

export interface ServeOptions {
  readonly config: SillageConfig;
  /** Reads and checks the configuration again. @throws SillageError */
  readonly reread: () => SillageConfig;
  /** The program's file, forked for each child. */
  readonly entry: string;
  /** Send demo traffic. */
  readonly demo: boolean;
  /** Writes one line for people. */
  readonly print: (line: string) => void;
}

/**
 * Runs until a signal ends it; resolves with the exit code.
 * @throws SillageError when it cannot start; everything is ended then
 */
export async function serve({ config, reread, entry, demo, print }: ServeOptions): Promise<number> {
  const startedMs = Date.now();
  const log = createLogger("supervisor", config.log, process.stderr.isTTY);
  const { root: dataRoot } = await prepareDataFolder(config.data);

  const child = (name: ChildName, onMessage?: (message: FromChild) => void): SupervisedChild =>
    new SupervisedChild({
      name,
      log,
      longestPauseMs: LONGEST_PAUSES_MS[name],
      ...(onMessage && { onMessage }),
      startMessage: () => ({ type: "start", config: reloader.config, startedMs, supervisorPid: process.pid }),
      fork: () =>
        fork(entry, ["child", name], {
          stdio: ["ignore", "inherit", "inherit", "ipc"],
          execArgv: ["--enable-source-maps"],
          env: { ...process.env, ...(name === "server" && { UV_THREADPOOL_SIZE: String(threadPoolSize(config.store.queryConnections)) }) },
        }),
    });
  const server = child("server");
  const collector = child("collector", (message) => {
    if (message.type !== "status") return;
    server.send(message);
    server.send({ type: "restarts", restarts: restarts() });
  });
  const exporter = demo ? child("demo") : undefined;
  const children = [...(exporter ? [exporter] : []), collector, server];
  const restarts = (): Restarts => Object.fromEntries(children.map((each) => [each.name, each.restarts]));
  const stopAll = async (): Promise<void> => {
    // A signal to the whole process group ends a child before its turn: it must not be started again.
    for (const each of children) each.expectEnd();
    for (const each of children) await each.stop(DEADLINES_MS[each.name]);
  };

  const reloader = new ConfigReloader(config, {
    reread,
    log,
    // The collector first: its ports are what may fail.
    apply: async (next) => {
      await collector.reload(next);
      await server.reload(next);
    },
  });
  const isTerminalGone = watchTerminal();
  const signalled = watchSignals(isTerminalGone, {
    reload: () => void reloader.reload(),
    force: () => {
      for (const each of children) each.kill();
      process.exit(1);
    },
  });
  try {
    const [listening, urls] = await startBoth(collector, server);
    const demoLines = (await exporter?.start()) ?? [];
    const first = firstPorts(config);
    print(`Sillage ${VERSION} is running; data in ${dataRoot}; Ctrl-C ends it.`);
    print(`  listens    ${listening.join("; ")}: NetFlow v1 and v5 to v9, IPFIX, sFlow v5, each on each port`);
    print(`  exporters  send to ${ownAddress(config)} port ${first}${demoLines.length > 0 ? `; ${demoLines.join("; ")}` : ""}`);
    print(`  look at    ${urls.join(" or ")}`);
    print(
      `  health     ${urls[0] ?? ""}/api/v1/health; collector: http://${hostInUrl(config.collector.status.host)}:${config.collector.status.port}/metrics`,
    );
  } catch (error) {
    await Promise.all(children.map((each) => each.stop(DEADLINES_MS[each.name])));
    throw error;
  }
  const signal = await signalled;
  log.info({ signal }, "ending: the collector saves what it has, the server loads what is there");
  await stopAll();
  if (isTerminalGone()) endByHangUp();
  return 0;
}

/** Starts both side by side: flows are received while the database opens. The error that explains most wins. */
async function startBoth(collector: SupervisedChild, server: SupervisedChild): Promise<[readonly string[], readonly string[]]> {
  const [received, served] = await Promise.allSettled([collector.start(), server.start()]);
  if (received.status === "fulfilled" && served.status === "fulfilled") return [received.value, served.value];
  const reasons = [served, received].flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  // A second start finds the ports in use as well, but the folder is the reason.
  throw reasons.find((reason) => reason instanceof SillageError && reason.code.startsWith("DATA_")) ?? reasons.at(-1);
}

interface SignalActions {
  /** SIGHUP, unless it tells that the terminal is gone: that ends the program. */
  readonly reload: () => void;
  /** A second signal to end, a while after the first. */
  readonly force: () => void;
}

/** Resolves with the first signal that asks to end. */
function watchSignals(isTerminalGone: TerminalWatch, { reload, force }: SignalActions): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const end = (signal: NodeJS.Signals): void => {
      firstMs ??= Date.now();
      resolve(signal);
      // A terminal that goes may tell so twice, by the kernel and by the shell.
      if (signal !== "SIGHUP" && Date.now() - firstMs > SECOND_SIGNAL_MS) force();
    };
    process.on("SIGINT", end).on("SIGTERM", end);
    process.on("SIGHUP", () => {
      if (isTerminalGone()) end("SIGHUP");
      else if (firstMs === undefined) reload();
    });
  });
}

/** The ports by what people usually send there. */
function firstPorts({ collector }: SillageConfig): string {
  const usual: Readonly<Record<number, string>> = { 2055: "NetFlow", 4739: "IPFIX", 6343: "sFlow" };
  return collector.listen.map(({ port }) => (usual[port] === undefined ? String(port) : `${port} (${usual[port]})`)).join(" or ");
}

/** An address of this machine that exporters can reach; loopback when nothing else is listened on. */
function ownAddress({ collector }: SillageConfig): string {
  const host = collector.listen[0]!.host;
  if (host !== "::" && host !== "0.0.0.0") return host;
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith("fe80:"));
  return (outside.find((address) => address.family === "IPv4") ?? outside[0])?.address ?? "127.0.0.1";
}

const hostInUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);
