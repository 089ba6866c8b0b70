/**
 * Datagrams that the kernel threw away because a socket's buffer was full: the one loss that this process cannot see in what it receives.
 * Linux tells it by socket in /proc/net/udp and udp6 (last column). Other systems do not; there the number is unknown.
 */
import { readdir, readFile, readlink } from "node:fs/promises";

const TABLES = ["/proc/net/udp", "/proc/net/udp6"];

/** Inodes of the sockets this process has open now; empty where the system does not tell. Ask once, when all are open. */
export async function readSocketInodes(): Promise<ReadonlySet<string>> {
  const inodes = new Set<string>();
  for (const fd of await readdir("/proc/self/fd").catch(() => [])) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => "");
    const match = /^socket:\[(\d+)\]$/.exec(target);
    if (match) inodes.add(match[1]!);
  }
  return inodes;
}

/**
 * Adds up drops by local port from the text of one table, for the given sockets only: another program may use the same port on another
 * address. Columns: sl, local_address (hex address:hex port), ..., inode (10th), ref, pointer, drops.
 */
export function parseUdpTable(text: string, inodes: ReadonlySet<string>, drops: Map<number, number>): void {
  for (const line of text.split("\n").slice(1)) {
    const words = line.trim().split(/\s+/);
    const inode = words[9];
    const port = words[1]?.split(":").at(-1);
    if (inode === undefined || port === undefined || !inodes.has(inode)) continue;
    const portNumber = parseInt(port, 16);
    drops.set(portNumber, (drops.get(portNumber) ?? 0) + Number(words.at(-1)));
  }
}

/** Drops of the given sockets by port since they were opened; undefined where the system does not tell. */
export async function readKernelDrops(inodes: ReadonlySet<string>): Promise<ReadonlyMap<number, number> | undefined> {
  if (inodes.size === 0) return undefined;
  const drops = new Map<number, number>();
  for (const table of TABLES) parseUdpTable(await readFile(table, "utf8").catch(() => ""), inodes, drops);
  return drops;
}
