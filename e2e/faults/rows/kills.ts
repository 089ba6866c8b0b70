/** SIGKILL of any process at any moment, many times, under load. */
import { watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultRow, RunOptions } from "../row.ts";
import { PROCESSES, type ProcessName, type SystemUnderFault } from "../system-under-fault.ts";
import { underLoad } from "../under-load.ts";

type Target = ProcessName | "all";
const TARGETS: readonly Target[] = [...PROCESSES, "all"];

/** Longest wait for a moment that is told by a file. */
const MOMENT_MS = 2_500;

/** How long a backlog grows: at the usual rate, longer than one segment is. */
const BACKLOG_MS = 5_000;

/** Moments at which a process holds something half done; between them and random ones the generator decides. */
const MOMENTS: readonly {
  readonly name: string;
  readonly wait: (system: SystemUnderFault, random: RunOptions["random"]) => Promise<void>;
}[] = [
  { name: "any time", wait: (_, random) => sleep(random.integer(50, 6_000)) },
  { name: "soon after the one before", wait: (_, random) => sleep(random.integer(50, 1_000)) },
  {
    name: "batch written down",
    wait: async ({ manifests }, random) => {
      await fileEvent(manifests, (name) => name.endsWith(".json"));
      await sleep(random.integer(0, 250));
    },
  },
  {
    name: "backlog being loaded",
    wait: async (system, random) => {
      const before = system.pid("server");
      system.signal(["server"], "SIGSTOP");
      await sleep(BACKLOG_MS);
      // Only if it is the same: one that has started since was never stopped.
      if (before !== undefined && before === system.pid("server")) system.signal(["server"], "SIGCONT");
      await fileEvent(system.manifests, (name) => name.endsWith(".json"));
      await sleep(random.integer(0, 800));
    },
  },
  { name: "insert acknowledged", wait: ({ manifests }) => fileEvent(manifests, (name) => name.endsWith(".done")) },
  { name: "segment half written", wait: ({ spool }) => fileEvent(spool, (name) => name.endsWith(".tmp")) },
];

/** Resolves when such a file comes or goes, or after a while. */
function fileEvent(folder: string, isIt: (name: string) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      watcher.close();
      resolve();
    };
    const timer = setTimeout(done, MOMENT_MS);
    const watcher = watch(folder, (_, name) => {
      if (name !== null && isIt(name)) done();
    });
  });
}

/** Kills, and starts the program again when the supervisor is gone, as an init system does: at once. */
async function killOften(system: SystemUnderFault, { kills, random, say }: RunOptions): Promise<{ killed: string; wrong: string[] }> {
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    const target = random.pick(TARGETS);
    const moment = random.pick(MOMENTS);
    await moment.wait(system, random);
    if (system.ended !== undefined) {
      wrong.push(`before kill ${kill} the program ended by itself with ${system.ended}: ${system.lastLine}`);
      system.launch();
    }
    const hit = system.signal(target === "all" ? PROCESSES : [target], "SIGKILL");
    say(`kill ${kill}: ${target} (hit ${hit.join(", ") || "nothing, it was between two lives"}), ${moment.name}`);
    for (const name of hit) counts.set(name, (counts.get(name) ?? 0) + 1);
    if (!hit.includes("supervisor")) continue;
    await system.end();
    system.launch();
  }
  return { killed: [...counts].map(([name, count]) => `${name} ${count}`).join(", "), wrong };
}

export const SIGKILLS: FaultRow = {
  name: "sigkill",
  fault: "SIGKILL of supervisor, collector, server or all",
  moment: "random, under load",
  expectation: "nothing twice; lost is only what a killed collector held in memory, and what came while none listened",
  run: (options) =>
    underLoad(options, {}, async ({ system, load }) => {
      load.start(options.rate);
      const { killed, wrong } = await killOften(system, options);
      // A supervisor that was killed last is up again, and what comes now is stored.
      await system.up();
      await load.stop();
      return { wrong, note: `killed: ${killed}; largest batch seen: ${system.largestBatch} rows` };
    }),
};
