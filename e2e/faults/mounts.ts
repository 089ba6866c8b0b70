/** Small disks and read-only ones, as mounts that only this process and its children see: `npm run faults` gives itself a mount namespace. */
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** Set in the process that has the namespace. */
const FLAG = "SILLAGE_FAULTS_MOUNTS";
/** Root needs no user namespace; others may make one on most systems. */
const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--mount", "--user", "--map-root-user"];
const BUSY_TRIES = 100;

const hasOwnMounts = (): boolean => process.env[FLAG] === "1";

/** For `FaultRow.skip`. */
export function whyNoMounts(): string | undefined {
  return hasOwnMounts() ? undefined : "no mount namespace of its own";
}

/** Runs this program again in a mount namespace of its own. @returns its exit code; undefined when the system does not let it */
export function runWithOwnMounts(): number | undefined {
  if (hasOwnMounts() || spawnSync("unshare", [...NAMESPACE, "true"]).status !== 0) return undefined;
  const { status } = spawnSync("unshare", [...NAMESPACE, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, [FLAG]: "1" },
  });
  return status ?? 1;
}

function mount(...args: string[]): string | undefined {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  return status === 0 ? undefined : stderr.trim();
}

/** An empty disk in memory. @throws Error what `mount` says */
export function mountDisk(folder: string, megabytes: number, { readOnly = false } = {}): void {
  const trouble = mount("-t", "tmpfs", "-o", `size=${megabytes}m${readOnly ? ",ro" : ""}`, "sillage-faults", folder);
  if (trouble !== undefined) throw new Error(trouble);
}

export function unmountDisk(folder: string): void {
  spawnSync("umount", ["--lazy", folder]);
}

/** Waits for a moment at which no file is open for writing. @throws Error when there is none */
export async function makeReadOnly(folder: string): Promise<void> {
  let trouble: string | undefined;
  for (let i = 0; i < BUSY_TRIES; i++) {
    trouble = mount("-o", "remount,ro", folder);
    if (trouble === undefined) return;
    await sleep(20);
  }
  throw new Error(trouble);
}

/** @throws Error what `mount` says */
export function makeWritable(folder: string): void {
  const trouble = mount("-o", "remount,rw", folder);
  if (trouble !== undefined) throw new Error(trouble);
}
