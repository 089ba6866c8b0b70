/**
 * A lock file that names its owner. Node has no flock(2), so the owner is told alive from dead by process id *and* start time: ids are
 * reused, in a container even at once (the first process is always number 1). Where /proc is missing only the id counts.
 * ClickHouse's own flock on its folder stays behind this as the last line; its message would be no help to a person.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { SillageError } from "@sillage/model";

/** Longest wait for an owner that is about to end: a little more than the supervisor gives its children. Unit: ms. */
const ORPHAN_END_MS = 12_000;
const ORPHAN_POLL_MS = 50;

interface Identity {
  readonly pid: number;
  /** Clock ticks since boot at which the process started, with the boot's id; empty where the system does not tell. */
  readonly started: string;
}

interface Owner extends Identity {
  /** Whose end is the owner's end too. */
  readonly supervisor?: Identity;
}

/**
 * Takes the lock for this process; a dead process's lock is taken over. An owner whose supervisor is dead is about to end: it is waited for, so
 * that whoever starts the program again at once need not try again.
 * @param supervisorPid process without which this one ends
 * @returns the function that gives the lock up
 * @throws SillageError DATA_IN_USE when a live process has it, this one included
 */
export async function lockProcess(file: string, supervisorPid?: number): Promise<() => Promise<void>> {
  const supervisor = supervisorPid === undefined ? undefined : identityOf(supervisorPid);
  const mine = JSON.stringify({ ...identityOf(process.pid), ...(supervisor && { supervisor }), token: randomUUID() });
  const draft = `${file}.${randomUUID()}`;
  const endMs = performance.now() + ORPHAN_END_MS;
  await writeFile(draft, mine);
  try {
    for (let attempt = await tryTake(file, draft); attempt !== "taken"; attempt = await tryTake(file, draft)) {
      if (attempt === "changed") continue;
      if (!isOrphan(attempt) || performance.now() > endMs) throw inUse(file, attempt.pid);
      await sleep(ORPHAN_POLL_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readFile(file, "utf8").catch(() => "")) === mine) await rm(file, { force: true });
  };
}

/** One attempt to give `draft` the lock's name. @returns the live owner when there is one */
async function tryTake(file: string, draft: string): Promise<"taken" | "changed" | Owner> {
  try {
    await link(draft, file);
    return "taken";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = await readFile(file, "utf8").catch(() => undefined);
  if (found === undefined) return "changed";
  const owner = parseOwner(found);
  if (owner !== undefined && isAlive(owner)) return owner;
  // Two starters may see the same stale lock. Replacing it has a lock of its own, named after what is replaced; whoever gets that looks again.
  const release = await lockProcess(`${file}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`);
  try {
    if ((await readFile(file, "utf8").catch(() => undefined)) !== found) return "changed";
    await rename(draft, file);
    return "taken";
  } finally {
    await release();
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    const { supervisor } = owner;
    if (!isIdentity(owner)) return undefined;
    const { pid, started } = owner;
    return { pid, started, ...(isIdentity(supervisor) && { supervisor }) };
  } catch {
    return undefined;
  }
}

function isIdentity(value: Partial<Identity> | undefined): value is Identity {
  return typeof value?.pid === "number" && typeof value.started === "string";
}

const identityOf = (pid: number): Identity => ({ pid, started: startOf(pid) });

/** It ends by itself: its supervisor is dead. */
function isOrphan({ supervisor }: Owner): boolean {
  return supervisor !== undefined && !isAlive(supervisor);
}

function isAlive({ pid, started }: Identity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false; // EPERM: alive, of another user
  }
  const now = startOf(pid);
  return now !== ENDED && (now === "" || started === "" || now === started);
}

/** What `startOf` says of a process that only waits to be collected by its parent. */
const ENDED = "ended";

/** When a process started, as text that differs between two processes with the same id; empty where /proc does not tell. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The second field, the command in parentheses, may hold spaces; starttime is the 22nd field (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? ENDED : `${boot} ${fields[19] ?? ""}`;
  } catch {
    return "";
  }
}

function inUse(file: string, pid: number): SillageError {
  const folder = file.slice(0, file.lastIndexOf("/"));
  return new SillageError("config", "DATA_IN_USE", `the data folder ${folder} is in use by process ${pid}`, {
    hint: `stop the other Sillage first, or choose another folder with the option \`data\`; if process ${pid} is no Sillage, delete ${file}`,
  });
}
