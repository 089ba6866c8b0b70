/** Disks without room, and disks that take no more writes. */
import { appendFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../account.ts";
import { makeReadOnly, makeWritable, mountDisk, unmountDisk, whyNoMounts } from "../mounts.ts";
import type { FaultRow, RowResult } from "../row.ts";
import { SystemUnderFault } from "../system-under-fault.ts";
import { underLoad, type Running } from "../under-load.ts";

const FAULT_SECONDS = 10;
const FILL_BYTES = 65_536;
/** Smallest that the option allows: a few seconds of load. */
const SMALL_SPOOL_SECONDS = 20;

/** Ends the system, puts a disk of its own below one of its folders, and starts it again. */
async function giveDisk({ system, defer }: Running, folder: string, megabytes: number): Promise<void> {
  await system.stop();
  mountDisk(folder, megabytes);
  defer(() => unmountDisk(folder));
  system.launch();
  await system.up();
}

/** Takes all that is free, and what becomes free meanwhile. @returns gives it back */
function fill(folder: string): () => void {
  const file = path.join(folder, "somebody-elses-file");
  const piece = Buffer.alloc(FILL_BYTES);
  const grow = (): void => {
    try {
      for (;;) appendFileSync(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  };
  grow();
  const timer = setInterval(grow, 100);
  return () => {
    clearInterval(timer);
    rmSync(file);
  };
}

/** What is missing is exactly what the loss balance says had no room. */
const countedAsFull = ({ lost, balance }: Account): string[] => {
  const missing = lost["spool full"] ?? 0;
  return balance.parts["spool_full"] === missing
    ? []
    : [`${missing} flows are missing, the loss balance says ${String(balance.parts["spool_full"])} found no room`];
};

export const DISK_ROWS: readonly FaultRow[] = [
  {
    name: "spool-limit",
    fault: "the server hangs until the spool has reached its limit",
    moment: "under load",
    expectation: "what was kept is stored; the rest is counted in the loss balance, to the flow",
    run: (options) =>
      underLoad(options, { set: ["spool.maxBytes=16MiB"] }, async ({ system, load }) => {
        load.start(options.rate);
        await sleep(1_000);
        const fromMs = Date.now();
        system.signal(["server"], "SIGSTOP");
        await sleep(SMALL_SPOOL_SECONDS * 1_000);
        system.signal(["server"], "SIGCONT");
        await sleep(5_000);
        await load.stop();
        return {
          allowed: (exporter, flow) => (exporter.sentMsOf(flow) > fromMs ? "spool full" : undefined),
          check: (account) => [
            ...countedAsFull(account),
            ...(account.lost["spool full"] === undefined ? ["the spool never was full"] : []),
          ],
        };
      }),
  },
  {
    name: "spool-enospc",
    fault: "something else fills the spool's disk",
    moment: `under load, for ${FAULT_SECONDS} s`,
    expectation: "what the disk had taken is stored; the rest is counted in the loss balance, to the flow",
    skip: whyNoMounts,
    run: (options) =>
      underLoad(options, {}, async (running) => {
        const { system, load } = running;
        await giveDisk(running, system.spool, 64);
        load.start(options.rate);
        await sleep(3_000);
        const fromMs = Date.now();
        const giveBack = fill(system.spool);
        await sleep(FAULT_SECONDS * 1_000);
        giveBack();
        await sleep(5_000);
        await load.stop();
        return { allowed: (exporter, flow) => (exporter.sentMsOf(flow) > fromMs - 2_000 ? "spool full" : undefined), check: countedAsFull };
      }),
  },
  {
    name: "store-enospc",
    fault: "something else fills the store's disk",
    moment: `under load, for ${FAULT_SECONDS} s`,
    expectation: "flows wait in the spool; nothing lost, nothing twice",
    skip: whyNoMounts,
    run: (options) =>
      // Never a reason to drop what is old: on a disk that small the default would be one.
      underLoad(options, { set: ["store.maxBytes=100GiB"] }, async (running) => {
        const { system, load } = running;
        await giveDisk(running, path.join(system.data, "store"), 256);
        load.start(options.rate);
        await sleep(3_000);
        const giveBack = fill(path.join(system.data, "store"));
        await sleep(FAULT_SECONDS * 1_000);
        giveBack();
        await sleep(3_000);
        await load.stop();
        return { note: errorsOf(system) };
      }),
  },
  {
    name: "spool-read-only",
    fault: "the spool's disk turns read-only",
    moment: `under load, for ${FAULT_SECONDS} s`,
    expectation: "nothing lost: what is received waits in memory, what is stored is deleted later",
    skip: whyNoMounts,
    run: (options) =>
      underLoad(options, {}, async (running) => {
        const { system, load } = running;
        await giveDisk(running, system.spool, 256);
        load.start(options.rate);
        await sleep(3_000);
        await makeReadOnly(system.spool);
        await sleep(FAULT_SECONDS * 1_000);
        makeWritable(system.spool);
        await sleep(3_000);
        await load.stop();
        return undefined;
      }),
  },
  {
    name: "read-only-start",
    fault: "the data folder is read-only",
    moment: "at the start",
    expectation: "refused in a sentence, exit code 1",
    skip: whyNoMounts,
    run: refusesReadOnly,
  },
];

/** Which errors of the database the log has, for the note. */
function errorsOf({ output }: SystemUnderFault): string {
  const codes = new Set([...output.matchAll(/Code: (\d+)/g)].map(([, code]) => code));
  return codes.size === 0 ? "no error of the database" : `errors of the database: ${[...codes].join(", ")}`;
}

async function refusesReadOnly(): Promise<RowResult> {
  const system = await SystemUnderFault.prepare();
  const disk = path.join(system.folder, "data");
  try {
    system.makeDataFolder();
    mountDisk(disk, 16, { readOnly: true });
    system.launch();
    const end = await system.end();
    const isRefused = end === "1" && /the data folder \S+ cannot be written \(EROFS\)/.test(system.output);
    return {
      ...{ sent: 0, stored: 0, duplicated: 0, lost: {}, balance: { exported: 0, parts: {}, duplicateRecords: 0 } },
      wrong: isRefused ? [] : [`ended with ${end}: ${system.output.slice(-500)}`],
    };
  } finally {
    await system.kill();
    unmountDisk(disk);
    await system.close();
  }
}
