/**
 * An exporter that sends numbered flows in one protocol, with the sequence numbers of that protocol. The demo encoder makes one datagram; the
 * next ones are that with other numbers in it, so that a fast sender leaves the processor to what is tested.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  encodeNetflow5,
  encodeTemplated,
  IPFIX_TEMPLATES,
  NETFLOW9_TEMPLATES,
  type DemoFlow,
  type EncodedTemplate,
} from "../../server/src/demo/index.ts";
import { bytesOf, dstAddressOf, kindOf, packetsOf, srcAddressOf, srcPortOf } from "./numbered-flow.ts";

export type ExporterProtocol = "netflow5" | "netflow9" | "ipfix";

/** Flows of a datagram: one of v9 or IPFIX with its template still fits an Ethernet frame. */
const FLOWS: Readonly<Record<ExporterProtocol, number>> = { netflow5: 30, netflow9: 16, ipfix: 14 };
const UPTIME_MS = 3_600_000;
const DURATION_MS = 900;
/** Every so many datagrams carry the template. */
const TEMPLATE_EVERY = 50;

/** Where a record's fields are, from its start, and how many bytes its counters have. */
interface RecordLayout {
  readonly bytes: number;
  readonly at: Readonly<
    Record<"srcAddr" | "dstAddr" | "srcPort" | "dstPort" | "proto" | "flags" | "packets" | "bytes" | "start" | "end", number>
  >;
  readonly counterBytes: 4 | 8;
}

/** A datagram to fill in, and where its first record is. */
interface Form {
  readonly datagram: Uint8Array;
  readonly view: DataView;
  readonly recordsAt: number;
}

const NETFLOW5_LAYOUT: RecordLayout = {
  bytes: 48,
  at: { srcAddr: 0, dstAddr: 4, packets: 16, bytes: 20, start: 24, end: 28, srcPort: 32, dstPort: 34, flags: 37, proto: 38 },
  counterBytes: 4,
};
/** Elements by what they hold; the times are of v9 or of IPFIX. */
const ELEMENTS = {
  srcAddr: [8],
  dstAddr: [12],
  srcPort: [7],
  dstPort: [11],
  proto: [4],
  flags: [6],
  packets: [2],
  bytes: [1],
  start: [22, 152],
  end: [21, 153],
};

export class NumberedExporter {
  readonly protocol: ExporterProtocol;
  /** Address that the flows are stored under. */
  readonly address: string;
  readonly flowsPerDatagram: number;
  /** When each datagram was handed to the kernel, epoch ms; datagram d holds the flows from d * flowsPerDatagram on. */
  readonly sentMs: number[] = [];
  readonly #socket: Socket;
  readonly #port: number;
  readonly #bootMs: number;
  readonly #layout: RecordLayout;
  readonly #plain: Form;
  readonly #withTemplate: Form;
  #again = 0;

  private constructor(protocol: ExporterProtocol, address: string, to: { readonly socket: Socket; readonly port: number }) {
    this.protocol = protocol;
    this.address = address;
    this.flowsPerDatagram = FLOWS[protocol];
    this.#socket = to.socket;
    this.#port = to.port;
    this.#bootMs = Date.now() - UPTIME_MS;
    this.#layout = protocol === "netflow5" ? NETFLOW5_LAYOUT : templateLayout(templateOf(protocol));
    this.#plain = this.#form(false);
    this.#withTemplate = protocol === "netflow5" ? this.#plain : this.#form(true);
  }

  /** @param address one of 127.0.0.0/8, which Linux has all */
  static async open(protocol: ExporterProtocol, address: string, collectorPort: number): Promise<NumberedExporter> {
    const socket = createSocket("udp4");
    socket.bind(0, address);
    await once(socket, "listening");
    return new NumberedExporter(protocol, address, { socket, port: collectorPort });
  }

  /** Flows sent, copies not counted. */
  get sentFlows(): number {
    return this.sentMs.length * this.flowsPerDatagram;
  }

  /** Datagrams sent a second time. */
  get copies(): number {
    return this.#again;
  }

  /** Sends the next datagram. @returns its number of flows */
  send(): number {
    const number = this.sentMs.length;
    this.sentMs.push(Date.now());
    this.#transmit(number);
    return this.flowsPerDatagram;
  }

  /** Sends a datagram that was sent before, byte for byte but for the times of its flows. */
  sendAgain(number: number): void {
    this.#again++;
    this.#transmit(number);
  }

  /** When the datagram of a flow was sent, epoch ms. */
  sentMsOf(flow: number): number {
    return this.sentMs[Math.floor(flow / this.flowsPerDatagram)]!;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }

  #transmit(number: number): void {
    const form = number % TEMPLATE_EVERY === 0 ? this.#withTemplate : this.#plain;
    this.#fill(form, number);
    // The kernel copies at once, so the form may be filled again. An error would show as a missing flow.
    this.#socket.send(Buffer.from(form.datagram), this.#port, "127.0.0.1");
  }

  #fill({ view, recordsAt }: Form, number: number): void {
    const nowMs = this.sentMs[number]!;
    const { flowsPerDatagram } = this;
    const { bytes: recordBytes, at, counterBytes } = this.#layout;
    const seconds = Math.floor(nowMs / 1_000);
    if (this.protocol === "netflow5") {
      view.setUint32(4, nowMs - this.#bootMs);
      view.setUint32(8, seconds);
      view.setUint32(12, (nowMs % 1_000) * 1_000_000);
      view.setUint32(16, number * flowsPerDatagram);
    } else if (this.protocol === "netflow9") {
      view.setUint32(4, seconds * 1_000 - this.#bootMs);
      view.setUint32(8, seconds);
      view.setUint32(12, number);
    } else {
      view.setUint32(4, seconds);
      view.setUint32(8, number * flowsPerDatagram);
    }
    const endMs = seconds * 1_000;
    for (let i = 0; i < flowsPerDatagram; i++) {
      const flow = number * flowsPerDatagram + i;
      const record = recordsAt + i * recordBytes;
      const { port, proto, flags } = kindOf(flow);
      view.setUint32(record + at.srcAddr, srcAddressOf(flow));
      view.setUint32(record + at.dstAddr, dstAddressOf(flow));
      view.setUint16(record + at.srcPort, srcPortOf(flow));
      view.setUint16(record + at.dstPort, port);
      view.setUint8(record + at.proto, proto);
      view.setUint8(record + at.flags, flags);
      // Counters are small: the upper half of a long one is 0 already.
      view.setUint32(record + at.packets + counterBytes - 4, packetsOf(flow));
      view.setUint32(record + at.bytes + counterBytes - 4, bytesOf(flow));
      this.#setTime(view, record + at.start, endMs - DURATION_MS);
      this.#setTime(view, record + at.end, endMs);
    }
  }

  #setTime(view: DataView, at: number, ms: number): void {
    if (this.protocol === "ipfix") view.setBigUint64(at, BigInt(ms));
    else view.setUint32(at, ms - this.#bootMs);
  }

  #form(hasTemplate: boolean): Form {
    const exportMs = Date.now();
    const flows = Array.from({ length: this.flowsPerDatagram }, () => blankFlow(exportMs));
    const common = { exportMs, bootMs: this.#bootMs, sequence: 0 };
    if (this.protocol === "netflow5") {
      const datagram = encodeNetflow5({ ...common, flows, engine: 0, samplingInterval: 0 });
      return { datagram, view: viewOf(datagram), recordsAt: 24 };
    }
    const [version, headerBytes] = this.protocol === "netflow9" ? ([9, 20] as const) : ([10, 16] as const);
    const template = templateOf(this.protocol);
    const encode = (templates: readonly EncodedTemplate[]): Uint8Array =>
      encodeTemplated({ ...common, version, obsDomain: 1, templates, sets: [{ template, flows }] });
    const [plain, full] = [encode([]), encode([template])];
    const datagram = hasTemplate ? full : plain;
    // The header and that of the set; the template stands before the set.
    return { datagram, view: viewOf(datagram), recordsAt: headerBytes + 4 + datagram.length - plain.length };
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);

function templateOf(protocol: "netflow9" | "ipfix"): EncodedTemplate {
  return protocol === "netflow9" ? NETFLOW9_TEMPLATES[4] : IPFIX_TEMPLATES[4];
}

function templateLayout({ fields }: EncodedTemplate): RecordLayout {
  const offsets = new Map<number, number>();
  let bytes = 0;
  for (const { id, length } of fields) {
    offsets.set(id, bytes);
    bytes += length;
  }
  const at = Object.fromEntries(
    Object.entries(ELEMENTS).map(([name, ids]) => {
      const offset = ids.map((id) => offsets.get(id)).find((found) => found !== undefined);
      if (offset === undefined) throw new Error(`the template has no ${name}`);
      return [name, offset];
    }),
  ) as RecordLayout["at"];
  return { bytes, at, counterBytes: 8 };
}

function blankFlow(nowMs: number): DemoFlow {
  const numbers = { proto: 0, srcPort: 0, dstPort: 0, tcpFlags: 0, tos: 0, bytes: 0, packets: 0, inIf: 1, outIf: 2, srcAs: 0, dstAs: 0 };
  return {
    ...numbers,
    ipVersion: 4,
    srcAddr: "0.0.0.0",
    dstAddr: "0.0.0.0",
    srcMask: 0,
    dstMask: 0,
    vlan: 0,
    startMs: nowMs,
    endMs: nowMs,
  };
}
