/**
 * A lock file that names its owner. Node has no flock(2), so the owner is told alive from dead by process id *and* start time: ids are
 * reused, in a container even at once (the first process is always number 1). Where /proc is missing only the id counts.
 * ClickHouse's own flock on its folder stays behind this as the last line; its message would be no help to a person.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { SillageError } from "@sillage/model";

interface Owner {
  readonly pid: number;
  /** Clock ticks since boot at which the process started, with the boot's id; empty where the system does not tell. */
  readonly started: string;
}

/**
 * Takes the lock for this process; a dead process's lock is taken over. Returns the function that gives it up.
 * @throws SillageError DATA_IN_USE when a live process has it, this one included
 */
export async function lockProcess(file: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid), token: randomUUID() });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, mine);
  try {
    while (!(await tryTake(file, draft)));
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readFile(file, "utf8").catch(() => "")) === mine) await rm(file, { force: true });
  };
}

/** One attempt to give `draft` the lock's name; false when things changed meanwhile. */
async function tryTake(file: string, draft: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = await readFile(file, "utf8").catch(() => undefined);
  if (found === undefined) return false;
  const owner = parseOwner(found);
  if (owner !== undefined && isAlive(owner)) throw inUse(file, owner.pid);
  // Two starters may see the same stale lock. Replacing it has a lock of its own, named after what is replaced; whoever gets that looks again.
  const release = await lockProcess(`${file}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`);
  try {
    if ((await readFile(file, "utf8").catch(() => undefined)) !== found) return false;
    await rename(draft, file);
    return true;
  } finally {
    await release();
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false; // EPERM: alive, of another user
  }
  const started = startOf(owner.pid);
  return started === "" || owner.started === "" || started === owner.started;
}

/** When a process started, as text that differs between two processes with the same id; empty where /proc does not tell. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The second field, the command in parentheses, may hold spaces; starttime is the 22nd field (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended, not yet collected by its parent" : `${boot} ${fields[19] ?? ""}`;
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
