/**
 * The demo network: a deterministic, believable stream of flows. An office (10.20.0.0/16, 2001:db8:20::/48) browses, resolves, mails and
 * backs up; the outside (documentation ranges) visits its website, and scans it now and then. Each conversation is two flows, as a router
 * sees it, except for what nobody answers. Every address is of a private or documentation range.
 */
import { APPLICATIONS, type Application } from "./applications.ts";
import type { DemoFlow } from "./demo-flow.ts";
import { Random } from "./random.ts";

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const SYN = 0x02;
const RST_ACK = 0x14;
/** Union of the flags of a whole connection: SYN, ACK, PSH, FIN. */
const COMPLETE = 0x1b;

/** Interfaces of the demo router. */
const INSIDE_IF = 1;
const OUTSIDE_IF = 2;
const SERVER_IF = 3;
const OWN_AS = 64_500;
const HEADER_BYTES = { 4: { [TCP]: 40, [UDP]: 28 }, 6: { [TCP]: 60, [UDP]: 48 } } as const;
const MAX_PACKET_BYTES = 1_500;
const INSIDE_CLIENTS = 600;
const OUTSIDE_SERVERS = 250;
const OUTSIDE_VISITORS = 3_000;
/** Part of the conversations that use IPv6. */
const IPV6_SHARE = 0.22;
/** Longest a router keeps a flow before it exports what it has. Unit: ms. */
const ACTIVE_TIMEOUT_MS = 60_000;
/** A scan begins after so many conversations, give or take. */
const SCAN_EVERY = 700;

interface Endpoint {
  readonly address: string;
  readonly as: number;
  readonly mask: number;
  readonly interface: number;
}

interface Volume {
  readonly bytes: number;
  readonly packets: number;
}

export class TrafficModel {
  private readonly random: Random;
  /** Flows that are made and not yet handed out. */
  private readonly pending: DemoFlow[] = [];
  private untilScan: number;

  private readonly ipv6Share: number;

  /** @param seed the same seed and the same calls give the same flows */
  constructor(seed: number, { ipv6 = true }: { readonly ipv6?: boolean } = {}) {
    this.random = new Random(seed);
    this.ipv6Share = ipv6 ? IPV6_SHARE : 0;
    this.untilScan = this.random.integer(50, 150);
  }

  /** The next `count` flows, all ended by `nowMs` (epoch ms). */
  next(count: number, nowMs: number): DemoFlow[] {
    while (this.pending.length < count) this.addConversation(nowMs);
    return this.pending.splice(0, count);
  }

  private addConversation(nowMs: number): void {
    if (--this.untilScan <= 0) {
      this.untilScan = this.random.integer(SCAN_EVERY / 2, SCAN_EVERY * 1.5);
      if (this.random.chance(0.7)) this.addHorizontalScan(nowMs);
      else this.addVerticalScan(nowMs);
      return;
    }
    if (this.random.chance(0.03)) this.addPing(nowMs);
    else if (this.random.chance(0.01)) this.addUnanswered(nowMs);
    else this.addExchange(this.random.weighted(applicationsAt(nowMs)), nowMs);
  }

  private addExchange(application: Application, nowMs: number): void {
    const { random } = this;
    const ipVersion = random.chance(this.ipv6Share) && application.name !== "dhcp" ? 6 : 4;
    const client = application.inbound ? this.visitor(ipVersion) : this.insideClient(ipVersion);
    const server = application.server === "inside" ? this.insideServer(application, ipVersion) : this.outsideServer(ipVersion);
    const request = this.volume(application, ipVersion, random.integer(...application.request));
    const answer = this.volume(application, ipVersion, random.heavyTail(...application.answer, application.shape));
    const clientPort = application.name === "dhcp" ? 68 : application.name === "ntp" ? 123 : random.integer(32_768, 60_999);
    const endMs = nowMs - random.integer(0, 900);
    const durationMs = Math.min(ACTIVE_TIMEOUT_MS, Math.round((request.packets + answer.packets) * random.integer(1, 30)));
    const tcpFlags = application.proto === TCP ? COMPLETE : 0;
    const common = { ipVersion, proto: application.proto, tcpFlags, startMs: endMs - durationMs, endMs } as const;
    this.add(client, server, { ...common, ...request, srcPort: clientPort, dstPort: application.port });
    this.add(server, client, { ...common, ...answer, srcPort: application.port, dstPort: clientPort });
  }

  private addPing(nowMs: number): void {
    const ipVersion = this.random.chance(this.ipv6Share) ? 6 : 4;
    const [from, to] = [this.insideClient(ipVersion), this.outsideServer(ipVersion)];
    const packets = this.random.integer(1, 5);
    const common = {
      ipVersion,
      proto: ipVersion === 4 ? ICMP : 58,
      tcpFlags: 0,
      srcPort: 0,
      packets,
      bytes: packets * 84,
      startMs: nowMs - packets * 1_000,
      endMs: nowMs,
    } as const;
    this.add(from, to, { ...common, dstPort: (ipVersion === 4 ? 8 : 128) * 256 });
    this.add(to, from, { ...common, dstPort: (ipVersion === 4 ? 0 : 129) * 256 });
  }

  /** A client of ours asks a server that is down: three SYNs, no answer. */
  private addUnanswered(nowMs: number): void {
    const port = this.random.pick([443, 80, 8080]);
    this.add(this.insideClient(4), this.outsideServer(4), {
      ...syn(nowMs),
      packets: 3,
      bytes: 180,
      srcPort: this.random.integer(32_768, 60_999),
      dstPort: port,
      startMs: nowMs - 7_000,
    });
  }

  /** Somebody outside tries one port on many of our hosts; some refuse, most are silent. */
  private addHorizontalScan(nowMs: number): void {
    const { random } = this;
    const port = random.weighted([
      { port: 445, weight: 6 },
      { port: 22, weight: 2 },
      { port: 3389, weight: 2 },
      { port: 23, weight: 1 },
    ]).port;
    const scanner = this.scanner();
    const srcPort = random.integer(40_000, 60_000);
    const first = random.integer(1, 180);
    const subnet = random.integer(0, 15);
    const hosts = random.integer(25, 60);
    for (let i = 0; i < hosts; i++)
      this.addProbe(scanner, insideHost(`10.20.${subnet}.${first + i}`, INSIDE_IF), { srcPort, dstPort: port, nowMs });
  }

  /** Somebody outside tries many ports on one of our servers. */
  private addVerticalScan(nowMs: number): void {
    const scanner = this.scanner();
    const target = insideHost(`10.20.200.${this.random.integer(10, 30)}`, SERVER_IF);
    const ports = this.random.integer(25, 60);
    for (let i = 0; i < ports; i++)
      this.addProbe(scanner, target, { srcPort: this.random.integer(40_000, 60_000), dstPort: this.random.integer(1, 9_999), nowMs });
  }

  private addProbe(
    scanner: Endpoint,
    target: Endpoint,
    { srcPort, dstPort, nowMs }: { readonly srcPort: number; readonly dstPort: number; readonly nowMs: number },
  ): void {
    this.add(scanner, target, { ...syn(nowMs), srcPort, dstPort });
    if (this.random.chance(0.15)) this.add(target, scanner, { ...syn(nowMs), tcpFlags: RST_ACK, srcPort: dstPort, dstPort: srcPort });
  }

  private add(
    from: Endpoint,
    to: Endpoint,
    rest: Pick<DemoFlow, "ipVersion" | "proto" | "srcPort" | "dstPort" | "tcpFlags" | "bytes" | "packets" | "startMs" | "endMs">,
  ): void {
    this.pending.push({
      ...rest,
      srcAddr: from.address,
      dstAddr: to.address,
      srcAs: from.as,
      dstAs: to.as,
      srcMask: from.mask,
      dstMask: to.mask,
      inIf: from.interface,
      outIf: to.interface,
      tos: 0,
      vlan: from.interface === OUTSIDE_IF ? 0 : 100 + from.interface,
    });
  }

  /** Packets that carry so many bytes of payload, headers included. */
  private volume(application: Application, ipVersion: 4 | 6, payload: number): Volume {
    const header = HEADER_BYTES[ipVersion][application.proto];
    const bulk = Math.ceil(payload / (MAX_PACKET_BYTES - header));
    // Beside the data: TCP's handshake, acknowledgements and end; nothing for a datagram.
    const packets = bulk + (application.proto === TCP ? 4 + Math.floor(bulk / 3) : 0);
    return { packets, bytes: payload + packets * header };
  }

  private insideClient(ipVersion: 4 | 6): Endpoint {
    const host = this.random.rank(INSIDE_CLIENTS);
    const [subnet, last] = [Math.floor(host / 40), (host % 40) + 10];
    return insideHost(
      ipVersion === 4 ? `10.20.${subnet}.${last}` : `2001:db8:20:${(subnet + 1).toString(16)}::${last.toString(16)}`,
      INSIDE_IF,
    );
  }

  private insideServer({ port }: Application, ipVersion: 4 | 6): Endpoint {
    const last = 10 + (port % 20);
    return insideHost(ipVersion === 4 ? `10.20.200.${last}` : `2001:db8:20:200::${last.toString(16)}`, SERVER_IF);
  }

  private outsideServer(ipVersion: 4 | 6): Endpoint {
    const host = this.random.rank(OUTSIDE_SERVERS);
    return outsideHost(
      ipVersion === 4 ? `198.51.100.${(host % 250) + 1}` : `2001:db8:51:${((host % 16) + 1).toString(16)}::${(host + 1).toString(16)}`,
      64_510 + (host % 12),
    );
  }

  private visitor(ipVersion: 4 | 6): Endpoint {
    const host = this.random.rank(OUTSIDE_VISITORS);
    return outsideHost(
      ipVersion === 4
        ? `198.18.${Math.floor(host / 250)}.${(host % 250) + 1}`
        : `2001:db8:113:${((host % 256) + 1).toString(16)}::${(host + 1).toString(16)}`,
      64_530 + (host % 40),
    );
  }

  private scanner(): Endpoint {
    return outsideHost(`203.0.113.${this.random.integer(1, 40)}`, 64_666);
  }
}

/** One SYN and nothing more. */
function syn(nowMs: number): Pick<DemoFlow, "ipVersion" | "proto" | "tcpFlags" | "packets" | "bytes" | "startMs" | "endMs"> {
  return { ipVersion: 4, proto: TCP, tcpFlags: SYN, packets: 1, bytes: 60, startMs: nowMs, endMs: nowMs };
}

function insideHost(address: string, at: number): Endpoint {
  return { address, as: OWN_AS, mask: address.includes(":") ? 64 : 24, interface: at };
}

function outsideHost(address: string, as: number): Endpoint {
  return { address, as, mask: address.includes(":") ? 48 : 24, interface: OUTSIDE_IF };
}

type WeightedApplication = Application & { readonly weight: number };

/** Those of the time that was asked for last: thousands of conversations share one. */
let lastMix: { readonly nowMs: number; readonly applications: readonly WeightedApplication[] } | undefined;

/** Weights by the hour of the day in UTC: office hours fade in from 6 to 9 and out from 17 to 20. */
function applicationsAt(nowMs: number): readonly WeightedApplication[] {
  if (lastMix?.nowMs === nowMs) return lastMix.applications;
  const hour = (nowMs / 3_600_000) % 24;
  const office = Math.max(0, Math.min(1, (hour - 6) / 3, (20 - hour) / 3));
  const applications = APPLICATIONS.map((application) => ({
    ...application,
    weight: application.day * office + application.night * (1 - office),
  }));
  lastMix = { nowMs, applications };
  return applications;
}
