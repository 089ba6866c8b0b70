/** What Linux tells about processes, sockets and the machine: /proc, read at the moment of asking. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

let ticksPerSecond = 0;

/** User and system time of a process so far. */
export function cpuSeconds(pid: number): number {
  ticksPerSecond ||= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in brackets, which may hold blanks; the 14th and 15th are the times.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory in MiB: now, and the most there ever was. */
export function memoryMiB(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kibibytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN);
  return { now: Math.round(kibibytes("VmRSS") / 1024), peak: Math.round(kibibytes("VmHWM") / 1024) };
}

/** Child of a process whose command line has this word. */
export function findChild(parent: number, word: string): number {
  for (const pid of readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ")) {
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(word)) return Number(pid);
  }
  throw new Error(`process ${parent} has no child ${word}`);
}

export interface SocketFacts {
  /** Bytes that wait to be read, as the kernel counts them. */
  readonly waitingBytes: number;
  /** Datagrams thrown away because there was no room. */
  readonly drops: number;
}

/** The UDP sockets on a port, added up. */
export function udpSocket(port: number): SocketFacts {
  let [waitingBytes, drops] = [0, 0];
  for (const table of ["/proc/net/udp", "/proc/net/udp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const words = line.trim().split(/\s+/);
      if (words.length < 10 || parseInt(words[1]!.split(":").at(-1)!, 16) !== port) continue;
      waitingBytes += parseInt(words[4]!.split(":")[1]!, 16);
      drops += Number(words.at(-1));
    }
  }
  return { waitingBytes, drops };
}

export interface MachineFacts {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Largest receive buffer the kernel grants, bytes. */
  readonly rmemMax: number;
  readonly loadAverage: number;
}

/** The machine as it is now. */
export function machineFacts(): MachineFacts {
  return {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    rmemMax: Number(readFileSync("/proc/sys/net/core/rmem_max", "utf8")),
    loadAverage: Math.round(loadavg()[0]! * 10) / 10,
  };
}
