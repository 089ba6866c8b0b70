/** Process ids from the kernel: the program under test tells nobody. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Runs, and is no zombie. */
export function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}

/** A child of `parent` whose command line has the word. */
export function childOf(parent: number, word: string): number | undefined {
  for (const text of (read(`/proc/${parent}/task/${parent}/children`) ?? "").trim().split(" ")) {
    if (text !== "" && read(`/proc/${text}/cmdline`)?.split("\0").includes(word) === true) return Number(text);
  }
  return undefined;
}

/** A signal; a process that has ended already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The sockets of a UDP port on the loopback address: inode, bytes that wait to be read, datagrams dropped (the last column). proc_net_udp. */
function udpSockets(port: number): { readonly inode: string; readonly waitingBytes: number; readonly drops: number }[] {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return (read("/proc/net/udp") ?? "")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1] === local)
    .map((columns) => ({ inode: columns[9]!, waitingBytes: parseInt(columns[4]!.split(":")[1]!, 16), drops: Number(columns[12]) }));
}

/** Datagrams that the kernel dropped at each socket that there is now, by inode. */
export function kernelDrops(port: number): Map<string, number> {
  return new Map(udpSockets(port).map(({ inode, drops }) => [inode, drops]));
}

/** Whether everything that has arrived at a port was read. */
export function isReadUp(port: number): boolean {
  return udpSockets(port).every(({ waitingBytes }) => waitingBytes === 0);
}

/** Whether a process has a UDP port of the loopback address open. */
export function listensOn(pid: number, port: number): boolean {
  const wanted = new Set(udpSockets(port).map(({ inode }) => `socket:[${inode}]`));
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return wanted.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false; // closed meanwhile
      }
    });
  } catch {
    return false;
  }
}
