/**
 * Datagrams of demo traffic, prepared before the clock starts: encoding a flow costs more than receiving it. They are made once, kept in
 * node_modules/.cache (the same seed makes the same bytes), and brought up to date in place when they are sent again:
 *
 *   header    sequence number, export time, uptime
 *   records   start and end move with the export time; client ports move on with every round, so that a conversation is a new one
 *
 * sFlow has no times and its ports lie behind headers of different length: only its header is renewed.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { IPFIX_TEMPLATES, NETFLOW9_TEMPLATES, TrafficModel, type DemoFlow, type EncodedTemplate } from "../server/src/demo/index.ts";
import { EXPORT_MS, WORKLOADS, type Workload } from "./decode-workloads.ts";

export const INGEST_PROTOCOLS = ["v5", "v9", "ipfix", "sflow"] as const;
export type IngestProtocol = (typeof INGEST_PROTOCOLS)[number];

const CACHE = path.resolve(__dirname, "../node_modules/.cache/sillage-bench");
/** Part of the cache's file name: a change of the traffic or its encoding is a new version. */
const CACHE_VERSION = 1;
/** Flows of the model for one second of its clock; only decides how many flows share a time. */
const FLOWS_PER_MODEL_SECOND = 100_000;
const MAX_SAMPLED_PACKET = 1_500;
const MIN_SAMPLED_PACKET = 60;

/** The decode bench's workload of a protocol. */
export function workloadOf(protocol: IngestProtocol): Workload {
  const name = { v5: "NetFlow v5", v9: "NetFlow v9, 21 fields", ipfix: "IPFIX, 21 fields", sflow: "sFlow v5, samples of 128 bytes" }[
    protocol
  ];
  const workload = WORKLOADS.find((each) => each.name === name);
  if (!workload) throw new Error(`there is no workload ${name}`);
  return workload;
}

/** Where a protocol has its numbers. Offsets in bytes. */
interface Layout {
  /** Of the header. */
  readonly sequence: number;
  readonly sequenceUnit: "datagrams" | "flows";
  readonly seconds?: number;
  /** v5's part of a second below the seconds. */
  readonly nanoseconds?: number;
  readonly uptime?: number;
  readonly records?: RecordLayout;
}

interface RecordLayout {
  readonly first: number;
  readonly length: number;
  readonly start: number;
  readonly end: number;
  /** 4: uptime, 8: epoch milliseconds. */
  readonly timeBytes: 4 | 8;
  readonly ports: readonly [number, number];
}

/** A template's records behind the headers of message and set. */
function recordLayout({ fields }: EncodedTemplate, first: number, times: readonly [number, number]): RecordLayout {
  const offset = (id: number): number => {
    let at = 0;
    for (const field of fields) {
      if (field.id === id) return at;
      at += field.length;
    }
    throw new Error(`the template has no element ${id}`);
  };
  return {
    first,
    length: fields.reduce((sum, field) => sum + field.length, 0),
    start: offset(times[0]),
    end: offset(times[1]),
    timeBytes: times[0] === 152 ? 8 : 4,
    ports: [offset(7), offset(11)],
  };
}

const LAYOUTS: Readonly<Record<IngestProtocol, Layout>> = {
  v5: {
    sequence: 16,
    sequenceUnit: "flows",
    seconds: 8,
    nanoseconds: 12,
    uptime: 4,
    records: { first: 24, length: 48, start: 24, end: 28, timeBytes: 4, ports: [32, 34] },
  },
  v9: {
    sequence: 12,
    sequenceUnit: "datagrams",
    seconds: 8,
    uptime: 4,
    records: recordLayout(NETFLOW9_TEMPLATES[4], 24, [22, 21]),
  },
  ipfix: { sequence: 8, sequenceUnit: "flows", seconds: 4, records: recordLayout(IPFIX_TEMPLATES[4], 20, [152, 153]) },
  sflow: { sequence: 16, sequenceUnit: "datagrams", uptime: 20 },
};

/** How long the exporter has been up when it begins. */
const UPTIME_MS = 86_400_000;

/** Client ports as the model picks them, and how far they move a round: coprime to their number. */
const CLIENT_PORTS = { first: 32_768, count: 28_232, step: 7_919 } as const;

export class PreparedDatagrams {
  readonly flowsPerDatagram: number;
  readonly #prelude: Uint8Array | undefined;
  readonly #layout: Layout;
  readonly #datagrams: readonly Uint8Array[];
  readonly #views: readonly DataView[];
  readonly #bootMs: number;
  #next = 0;
  #sequence = 0;

  constructor(protocol: IngestProtocol, datagrams: readonly Uint8Array[], nowMs: number) {
    const { prelude, flowsPerDatagram } = workloadOf(protocol);
    this.flowsPerDatagram = flowsPerDatagram;
    this.#prelude = prelude;
    this.#layout = LAYOUTS[protocol];
    this.#datagrams = datagrams;
    this.#views = datagrams.map((datagram) => new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength));
    this.#bootMs = nowMs - UPTIME_MS;
  }

  /** The template with the header of now, where the protocol has one. */
  announce(nowMs: number): Uint8Array | undefined {
    if (this.#prelude === undefined) return undefined;
    const datagram = this.#prelude.slice();
    this.#writeHeader(new DataView(datagram.buffer), nowMs);
    if (this.#layout.sequenceUnit === "datagrams") this.#sequence++;
    return datagram;
  }

  /** The next datagram, up to date. Its bytes change when its turn comes again. */
  next(nowMs: number): Uint8Array {
    const at = this.#next;
    this.#next = at + 1 === this.#datagrams.length ? 0 : at + 1;
    const view = this.#views[at]!;
    const { records, sequenceUnit } = this.#layout;
    if (records !== undefined) this.#renewRecords(view, records, nowMs);
    this.#writeHeader(view, nowMs);
    this.#sequence += sequenceUnit === "flows" ? this.flowsPerDatagram : 1;
    return this.#datagrams[at]!;
  }

  #writeHeader(view: DataView, nowMs: number): void {
    const { sequence, seconds, nanoseconds, uptime } = this.#layout;
    view.setUint32(sequence, this.#sequence >>> 0);
    if (seconds !== undefined) view.setUint32(seconds, Math.floor(nowMs / 1000));
    if (nanoseconds !== undefined) view.setUint32(nanoseconds, (nowMs % 1000) * 1_000_000);
    if (uptime !== undefined) view.setUint32(uptime, this.#uptime(nowMs));
  }

  /** v9 says its clock in whole seconds, and its uptime is of that second too. */
  #uptime(nowMs: number): number {
    const { seconds, nanoseconds } = this.#layout;
    const clockMs = seconds !== undefined && nanoseconds === undefined ? Math.floor(nowMs / 1000) * 1000 : nowMs;
    return (clockMs - this.#bootMs) >>> 0;
  }

  /** Before the header is written: what it says until now is what the records' times belong to. */
  #renewRecords(view: DataView, records: RecordLayout, nowMs: number): void {
    const { first, length, start, end, timeBytes, ports } = records;
    const { seconds, uptime } = this.#layout;
    const behind = first + length * this.flowsPerDatagram;
    const laterMs =
      timeBytes === 4 ? this.#uptime(nowMs) - view.getUint32(uptime!) : (Math.floor(nowMs / 1000) - view.getUint32(seconds!)) * 1000;
    for (let at = first; at < behind; at += length) {
      shiftTime(view, { at: at + start, bytes: timeBytes, laterMs });
      shiftTime(view, { at: at + end, bytes: timeBytes, laterMs });
      movePort(view, at + ports[0]);
      movePort(view, at + ports[1]);
    }
  }
}

interface TimeShift {
  readonly at: number;
  readonly bytes: 4 | 8;
  readonly laterMs: number;
}

function shiftTime(view: DataView, { at, bytes, laterMs }: TimeShift): void {
  if (bytes === 4) {
    view.setUint32(at, (view.getUint32(at) + laterMs) >>> 0);
    return;
  }
  const ms = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4) + laterMs;
  view.setUint32(at, ms / 2 ** 32);
  view.setUint32(at + 4, ms >>> 0);
}

function movePort(view: DataView, at: number): void {
  const { first, count, step } = CLIENT_PORTS;
  const port = view.getUint16(at);
  if (port >= first && port < first + count) view.setUint16(at, first + ((port - first + step) % count));
}

/** Datagrams of at least so many flows: from the cache, or made now and cached. */
export function prepareDatagrams(protocol: IngestProtocol, flows: number): readonly Uint8Array[] {
  const file = path.join(CACHE, `datagrams-${CACHE_VERSION}-${protocol}-${flows}.bin`);
  if (!existsSync(file)) writeDatagrams(file, makeDatagrams(protocol, flows));
  return readDatagrams(file);
}

function makeDatagrams(protocol: IngestProtocol, flows: number): Uint8Array[] {
  const { datagram, flowsPerDatagram } = workloadOf(protocol);
  const model = new TrafficModel(1, { ipv6: false });
  return Array.from({ length: Math.ceil(flows / flowsPerDatagram) }, (_, n) => {
    const nowMs = EXPORT_MS + Math.floor((n * flowsPerDatagram * 1000) / FLOWS_PER_MODEL_SECOND);
    const made = model.next(flowsPerDatagram, nowMs);
    return datagram(n, protocol === "sflow" ? made.map(toSample) : made);
  });
}

/** One packet of the flow, as a switch would pick it. */
function toSample(flow: DemoFlow): DemoFlow {
  const bytes = Math.round(flow.bytes / flow.packets);
  return { ...flow, packets: 1, bytes: Math.min(MAX_SAMPLED_PACKET, Math.max(MIN_SAMPLED_PACKET, bytes)) };
}

/** File: count, the length of each datagram (u32, this machine's order), then their bytes. */
function writeDatagrams(file: string, datagrams: readonly Uint8Array[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const head = new Uint32Array([datagrams.length, ...datagrams.map(({ length }) => length)]);
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, Buffer.concat([new Uint8Array(head.buffer), ...datagrams]));
  renameSync(unfinished, file);
}

function readDatagrams(file: string): Uint8Array[] {
  const bytes = new Uint8Array(readFileSync(file));
  const count = new Uint32Array(bytes.buffer, 0, 1)[0]!;
  const lengths = new Uint32Array(bytes.buffer, 4, count);
  let at = 4 + count * 4;
  return Array.from(lengths, (length) => bytes.subarray(at, (at += length)));
}
