/**
 * Losses below the sockets, which the kernel counts for the whole machine (its network namespace): datagrams without room in any receive
 * buffer, and IP fragments that never became a datagram again. Exports larger than the path's MTU arrive as fragments; one lost fragment loses
 * all of them. Linux tells it in /proc/net/snmp and snmp6; other systems do not.
 */
import { readFile } from "node:fs/promises";

/** Since the collector started. */
export interface HostCounters {
  /** UDP datagrams, of all programs, that found no room in their receive buffer. */
  readonly udpReceiveBufferErrors: number;
  /** UDP datagrams, of all programs, that could not be delivered; those above and bad checksums. */
  readonly udpInErrors: number;
  /** Datagrams whose fragments did not all come in time. */
  readonly ipReassemblyFailures: number;
}

const NAMES: Readonly<Record<keyof HostCounters, readonly string[]>> = {
  udpReceiveBufferErrors: ["UdpRcvbufErrors", "Udp6RcvbufErrors"],
  udpInErrors: ["UdpInErrors", "Udp6InErrors"],
  ipReassemblyFailures: ["IpReasmFails", "Ip6ReasmFails"],
};

/** Counters of snmp, where each group has a line of names and one of values, under group and name: `UdpRcvbufErrors`. */
export function parseSnmp(text: string): Map<string, number> {
  const counters = new Map<string, number>();
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  for (let i = 0; i + 1 < lines.length; i++) {
    const [names, values] = [lines[i]!, lines[i + 1]!];
    if (names[0] === "" || names[0] !== values[0]) continue;
    const group = names[0]!.replace(":", "");
    for (let j = 1; j < names.length; j++) counters.set(group + names[j]!, Number(values[j]));
    i++;
  }
  return counters;
}

/** Counters of snmp6, one a line. */
export function parseSnmp6(text: string): Map<string, number> {
  const pairs = text.split("\n").map((line) => line.trim().split(/\s+/));
  return new Map(pairs.flatMap(([name, value]) => (name && value ? [[name, Number(value)] as const] : [])));
}

export class HostCounterReader {
  #before: HostCounters | undefined;

  /** Undefined where the system does not tell. The first call is the zero of the others. */
  async read(): Promise<HostCounters | undefined> {
    const [snmp, snmp6] = await Promise.all(["/proc/net/snmp", "/proc/net/snmp6"].map((file) => readFile(file, "utf8").catch(() => "")));
    if (snmp === "") return undefined;
    const counters = new Map([...parseSnmp(snmp!), ...parseSnmp6(snmp6!)]);
    const now = sums(counters);
    this.#before ??= now;
    const before = this.#before;
    return {
      udpReceiveBufferErrors: now.udpReceiveBufferErrors - before.udpReceiveBufferErrors,
      udpInErrors: now.udpInErrors - before.udpInErrors,
      ipReassemblyFailures: now.ipReassemblyFailures - before.ipReassemblyFailures,
    };
  }
}

function sums(counters: ReadonlyMap<string, number>): HostCounters {
  const sum = (key: keyof HostCounters): number => NAMES[key].reduce((total, name) => total + (counters.get(name) ?? 0), 0);
  return {
    udpReceiveBufferErrors: sum("udpReceiveBufferErrors"),
    udpInErrors: sum("udpInErrors"),
    ipReassemblyFailures: sum("ipReassemblyFailures"),
  };
}
