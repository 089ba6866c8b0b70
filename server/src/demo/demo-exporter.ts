/**
 * Sends the demo traffic as real datagrams over UDP, as four exporters would: NetFlow v5, v9, IPFIX and sFlow, each from a loopback address
 * of its own where that can be bound (127.0.1.1 to 127.0.1.4), else each from a port of its own. A flow is sent by exactly one of them and
 * written into the ledger when its datagram was handed to the kernel.
 */
import { createSocket, type Socket } from "node:dgram";
import type { DemoFlow } from "./demo-flow.ts";
import { encodeNetflow5, NETFLOW5_MAX_FLOWS } from "./encode-fixed.ts";
import { encodeSflow } from "./encode-sflow.ts";
import { encodeTemplated, IPFIX_TEMPLATES, NETFLOW9_TEMPLATES, type EncodedTemplate, type TemplatedMessage } from "./encode-templated.ts";
import type { Ledger } from "./ledger.ts";
import { TrafficModel } from "./traffic-model.ts";

export const DEMO_PROTOCOLS = ["v5", "v9", "ipfix", "sflow"] as const;
export type DemoProtocol = (typeof DEMO_PROTOCOLS)[number];

export interface DemoExporterOptions {
  /** Where to send: an address or name, and the UDP port of each protocol (all may be equal). */
  readonly host: string;
  readonly ports: Readonly<Record<DemoProtocol, number>>;
  /** Who sends; flows are shared out among them. @default all four */
  readonly protocols?: readonly DemoProtocol[];
  /** Flows a second. @default 300 */
  readonly rate?: number;
  /** The same seed gives the same flows in the same order. @default 1 */
  readonly seed?: number;
  /** Writes down what was sent; without one nothing is kept. */
  readonly ledger?: Ledger;
  /** Told of errors of sending (nobody listens, no route); sending goes on. */
  readonly onError?: (error: Error) => void;
  /** @default Date.now */
  readonly now?: () => number;
}

/** How often flows are made and sent. Unit: ms. */
const TICK_MS = 50;
/** Templates are repeated so often, for collectors that start later. Unit: ms. */
const TEMPLATE_REFRESH_MS = 5_000;
/** Flows of one v9 or IPFIX datagram: stays below an Ethernet frame also for IPv6. */
const TEMPLATED_FLOWS = 14;
const SFLOW_SAMPLES = 6;
const SFLOW_RATE = 64;
/** Uptime of the exporters when they begin. */
const UPTIME_MS = 3_600_000;
const LARGEST_SAMPLED_PACKET = 1_500;

/** Share of the flows that each protocol carries. v5 takes IPv4 only. */
const SHARES: Readonly<Record<DemoProtocol, number>> = { v5: 2, v9: 3, ipfix: 3, sflow: 2 };
const FLOW_TYPES: Readonly<Record<DemoProtocol, string>> = { v5: "netflow5", v9: "netflow9", ipfix: "ipfix", sflow: "sflow5" };

interface Sender {
  readonly protocol: DemoProtocol;
  readonly socket: Socket;
  /** Address the flows are stored under. */
  readonly exporter: string;
  readonly waiting: DemoFlow[];
  /** In the protocol's own unit. */
  sequence: number;
  sampleSequence: number;
  templatesSentMs: number;
}

export class DemoExporter {
  private readonly options: DemoExporterOptions;
  private readonly model: TrafficModel;
  private readonly senders: Sender[] = [];
  private readonly now: () => number;
  private bootMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private startedMs = 0;
  private made = 0;
  private sending: Promise<void> = Promise.resolve();

  constructor(options: DemoExporterOptions) {
    this.options = options;
    this.model = new TrafficModel(options.seed ?? 1, { ipv6: this.protocols().some((protocol) => protocol !== "v5") });
    this.now = options.now ?? Date.now;
  }

  /** Binds the sockets and begins to send at the rate. */
  async start(): Promise<void> {
    await this.open();
    this.startedMs = this.now();
    this.timer = setInterval(() => {
      const due = Math.floor(((this.now() - this.startedMs) / 1000) * (this.options.rate ?? 300)) - this.made;
      if (due > 0) this.sending = this.sending.then(() => this.send(due));
    }, TICK_MS);
  }

  /** Makes and sends so many flows at once, whatever the rate. */
  async send(count: number): Promise<void> {
    await this.open();
    this.made += count;
    const nowMs = this.now();
    for (const flow of this.model.next(count, nowMs)) this.senderOf(flow).waiting.push(flow);
    for (const sender of this.senders) await this.sendWaiting(sender, nowMs);
  }

  /** Flows made so far. */
  get count(): number {
    return this.made;
  }

  /** The exporters as the collector will name them: protocol and address. */
  exporters(): { readonly protocol: DemoProtocol; readonly address: string }[] {
    return this.senders.map(({ protocol, exporter }) => ({ protocol, address: exporter }));
  }

  /** Sends what is on its way and closes the sockets. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    for (const { socket } of this.senders.splice(0)) socket.close();
  }

  private protocols(): readonly DemoProtocol[] {
    return this.options.protocols ?? DEMO_PROTOCOLS;
  }

  private async open(): Promise<void> {
    if (this.senders.length > 0) return;
    this.bootMs = this.now() - UPTIME_MS;
    for (const [i, protocol] of this.protocols().entries()) {
      const { socket, address } = await bindSocket(this.options.host, `127.0.1.${DEMO_PROTOCOLS.indexOf(protocol) + 1}`);
      socket.on("error", (error) => this.options.onError?.(error));
      // An agent names itself: sFlow's exporter is told apart even where the source addresses are equal.
      const exporter = protocol === "sflow" ? `127.0.1.${DEMO_PROTOCOLS.indexOf(protocol) + 1}` : address;
      this.senders[i] = { protocol, socket, exporter, waiting: [], sequence: 0, sampleSequence: 0, templatesSentMs: 0 };
    }
  }

  /** Flows are dealt out by their addresses, so that both directions of a conversation come from one exporter. */
  private senderOf(flow: DemoFlow): Sender {
    const able = flow.ipVersion === 6 ? this.senders.filter(({ protocol }) => protocol !== "v5") : this.senders;
    const total = able.reduce((sum, { protocol }) => sum + SHARES[protocol], 0);
    let rest = hash(flow) % total;
    for (const sender of able) {
      rest -= SHARES[sender.protocol];
      if (rest < 0) return sender;
    }
    return able[0]!;
  }

  private async sendWaiting(sender: Sender, nowMs: number): Promise<void> {
    for (
      let flows = sender.waiting.splice(0, datagramFlows(sender.protocol));
      flows.length > 0;
      flows = sender.waiting.splice(0, datagramFlows(sender.protocol))
    ) {
      const sent = sender.protocol === "sflow" ? flows.map(sampleOf) : flows;
      const datagram = this.encode(sender, sent, nowMs);
      if (!(await this.transmit(sender, datagram))) continue;
      this.options.ledger?.record(sent, {
        sentMs: nowMs,
        exporter: sender.exporter,
        flowType: FLOW_TYPES[sender.protocol],
        samplingRate: sender.protocol === "sflow" ? SFLOW_RATE : 1,
      });
    }
  }

  private transmit({ socket, protocol }: Sender, datagram: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      socket.send(datagram, this.options.ports[protocol], this.options.host, (error) => {
        if (error) this.options.onError?.(error);
        resolve(error === null);
      });
    });
  }

  private encode(sender: Sender, flows: readonly DemoFlow[], exportMs: number): Uint8Array {
    const { bootMs } = this;
    const { sequence, sampleSequence } = sender;
    switch (sender.protocol) {
      case "v5":
        sender.sequence += flows.length;
        return encodeNetflow5({ flows, exportMs, bootMs, sequence, engine: 0, samplingInterval: 0 });
      case "v9":
        sender.sequence += 1;
        return encodeTemplated({
          version: 9,
          exportMs,
          bootMs,
          sequence,
          obsDomain: 1,
          ...this.sets(sender, { flows, exportMs, templates: NETFLOW9_TEMPLATES }),
        });
      case "ipfix":
        sender.sequence += flows.length;
        return encodeTemplated({
          version: 10,
          exportMs,
          bootMs,
          sequence,
          obsDomain: 1,
          ...this.sets(sender, { flows, exportMs, templates: IPFIX_TEMPLATES }),
        });
      case "sflow":
        sender.sequence += 1;
        sender.sampleSequence += flows.length;
        return encodeSflow({
          agent: sender.exporter,
          subAgent: 0,
          sequence,
          uptimeMs: exportMs - bootMs,
          sampleSequence,
          samplingRate: SFLOW_RATE,
          samples: flows,
        });
    }
  }

  /** One set for each address family, and the templates when it is time to repeat them. */
  private sets(
    sender: Sender,
    {
      flows,
      exportMs,
      templates,
    }: { readonly flows: readonly DemoFlow[]; readonly exportMs: number; readonly templates: Readonly<Record<4 | 6, EncodedTemplate>> },
  ): Pick<TemplatedMessage, "templates" | "sets"> {
    const isDue = exportMs - sender.templatesSentMs >= TEMPLATE_REFRESH_MS;
    if (isDue) sender.templatesSentMs = exportMs;
    const families = [4, 6] as const;
    return {
      templates: isDue ? families.map((family) => templates[family]) : [],
      sets: families
        .map((family) => ({ template: templates[family], flows: flows.filter(({ ipVersion }) => ipVersion === family) }))
        .filter((set) => set.flows.length > 0),
    };
  }
}

function datagramFlows(protocol: DemoProtocol): number {
  return protocol === "v5" ? NETFLOW5_MAX_FLOWS : protocol === "sflow" ? SFLOW_SAMPLES : TEMPLATED_FLOWS;
}

/** One packet of the flow, as a switch would pick it. */
function sampleOf(flow: DemoFlow): DemoFlow {
  return { ...flow, packets: 1, bytes: Math.min(LARGEST_SAMPLED_PACKET, Math.max(Math.round(flow.bytes / flow.packets), 60)) };
}

/** FNV-1a over the two addresses in the order that both directions share. */
function hash({ srcAddr, dstAddr }: DemoFlow): number {
  const text = srcAddr < dstAddr ? srcAddr + dstAddr : dstAddr + srcAddr;
  let value = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x0100_0193) >>> 0;
  return value >>> 8;
}

/** A socket bound to `source` where the destination is on this machine and the address can be had; else to whatever the kernel picks. */
async function bindSocket(host: string, source: string): Promise<{ readonly socket: Socket; readonly address: string }> {
  const isLoopback4 = host === "localhost" || host.startsWith("127.");
  if (isLoopback4) {
    try {
      return { socket: await bind("udp4", source), address: source };
    } catch {
      return { socket: await bind("udp4", "127.0.0.1"), address: "127.0.0.1" };
    }
  }
  return host.includes(":")
    ? { socket: await bind("udp6", "::"), address: host === "::1" ? "::1" : "::" }
    : { socket: await bind("udp4", "0.0.0.0"), address: "0.0.0.0" };
}

function bind(type: "udp4" | "udp6", address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(type);
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(0, address, () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
