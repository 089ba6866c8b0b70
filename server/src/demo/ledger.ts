/**
 * What the demo exporter sent, kept so that tests can hold the answers of queries against it. It counts what went into the datagrams by
 * minute of sending, exporter, protocol and service port, and remembers single flows when asked to.
 */
import type { DemoFlow } from "./demo-flow.ts";

const TCP = 6;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

export interface LedgerKey {
  /** Start of the minute of sending, epoch ms. */
  readonly minuteMs: number;
  /** Address that the flows are stored under. */
  readonly exporter: string;
  /** Name in FLOW_TYPES. */
  readonly flowType: string;
  readonly proto: number;
  /** 0 for protocols without ports. */
  readonly svcPort: number;
}

export interface LedgerCounts {
  bytes: number;
  packets: number;
  flows: number;
  tcpFlows: number;
  /** TCP first contacts: SYN without ACK. */
  attempts: number;
  /** Bytes and packets times the sampling rate. */
  bytesScaled: number;
  packetsScaled: number;
}

export type LedgerEntry = LedgerKey & LedgerCounts;

export interface SentFlow extends DemoFlow {
  readonly sentMs: number;
  readonly exporter: string;
  readonly flowType: string;
  readonly samplingRate: number;
  readonly svcPort: number;
}

export interface Sending {
  readonly sentMs: number;
  readonly exporter: string;
  readonly flowType: string;
  /** 1 in N; 1 for unsampled. */
  readonly samplingRate: number;
}

export class Ledger {
  private readonly entries = new Map<string, LedgerEntry>();
  private readonly sent: SentFlow[] | undefined;

  /** @param keepFlows also remember every flow; costs about 300 bytes each. @default false */
  constructor({ keepFlows = false }: { readonly keepFlows?: boolean } = {}) {
    this.sent = keepFlows ? [] : undefined;
  }

  record(flows: readonly DemoFlow[], sending: Sending): void {
    const minuteMs = Math.floor(sending.sentMs / 60_000) * 60_000;
    for (const flow of flows) {
      const svcPort = servicePort(flow);
      this.sent?.push({ ...flow, ...sending, svcPort });
      count(
        this.entry({ minuteMs, exporter: sending.exporter, flowType: sending.flowType, proto: flow.proto, svcPort }),
        flow,
        sending.samplingRate,
      );
    }
  }

  /** By minute, exporter, protocol and service port, in order of appearance. */
  list(): LedgerEntry[] {
    return [...this.entries.values()];
  }

  /** Every flow sent; empty unless `keepFlows` was asked for. */
  flows(): readonly SentFlow[] {
    return this.sent ?? [];
  }

  /** Everything added up, of the entries that pass. */
  total(passes: (entry: LedgerEntry) => boolean = () => true): LedgerCounts {
    const total: LedgerCounts = { bytes: 0, packets: 0, flows: 0, tcpFlows: 0, attempts: 0, bytesScaled: 0, packetsScaled: 0 };
    for (const entry of this.entries.values()) {
      if (!passes(entry)) continue;
      for (const name of Object.keys(total) as (keyof LedgerCounts)[]) total[name] += entry[name];
    }
    return total;
  }

  private entry(key: LedgerKey): LedgerEntry {
    const text = Object.values(key).join(" ");
    let entry = this.entries.get(text);
    if (!entry)
      this.entries.set(
        text,
        (entry = { ...key, bytes: 0, packets: 0, flows: 0, tcpFlows: 0, attempts: 0, bytesScaled: 0, packetsScaled: 0 }),
      );
    return entry;
  }
}

function count(entry: LedgerCounts, { proto, tcpFlags, bytes, packets }: DemoFlow, samplingRate: number): void {
  entry.bytes += bytes;
  entry.packets += packets;
  entry.flows += 1;
  entry.bytesScaled += bytes * samplingRate;
  entry.packetsScaled += packets * samplingRate;
  if (proto !== TCP) return;
  entry.tcpFlows += 1;
  if ((tcpFlags & (SYN | ACK)) === SYN) entry.attempts += 1;
}

/**
 * The port that serves, known from how the demo's traffic is made and not from the store's rule: probes go to the destination, refusals
 * come from the source, clients use ports from 32,768 up (but NTP and DHCP, whose two ports are both of the service).
 */
function servicePort({ proto, srcPort, dstPort, tcpFlags }: DemoFlow): number {
  if (proto !== TCP && proto !== 17) return 0;
  if (proto === TCP && (tcpFlags & (SYN | ACK)) === SYN) return dstPort;
  if (proto === TCP && (tcpFlags & RST) !== 0) return srcPort;
  return Math.min(srcPort, dstPort);
}
