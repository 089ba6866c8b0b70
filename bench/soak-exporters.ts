/**
 * `npm run soak:exporters`: ten thousand exporters with fifty templates each against one decoder, from memory. Prints what the decoder takes
 * to remember them, what a datagram costs among so many, and whether anything was forgotten.
 *
 * Half of the exporters speak v9, half IPFIX, each from an address of its own. They are of a few vendors: devices of one announce the same
 * layouts, as in a real network; `--vendors` as many as exporters is the worst case. Time is CPU time of the process.
 *
 *   npm run soak:exporters [-- --exporters N --templates N --vendors N]
 */
import { parseArgs } from "node:util";
import { Decoder, DEFAULT_LIMITS, type DatagramContext, type ExporterStats } from "../server/src/decode/index.ts";
import { ByteWriter } from "../server/src/demo/index.ts";
import { FlowBatch } from "../server/src/flow/index.ts";

interface SoakOptions {
  readonly exporters: number;
  /** Of each exporter. */
  readonly templates: number;
  /** Sets of layouts that differ from each other. */
  readonly vendors: number;
}

/** What was seen after a phase. */
interface PhaseReport {
  readonly phase: string;
  readonly datagrams: number;
  readonly microsecondsPerDatagram: number;
  readonly slowestMs: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  readonly rssMiB: number;
}

interface SoakReport {
  readonly phases: readonly PhaseReport[];
  readonly sessions: number;
  readonly templates: number;
  readonly evictedSessions: number;
  readonly rows: number;
  readonly expectedRows: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Bytes beyond what the process took before. */
  readonly bytesPerExporter: number;
  readonly bytesPerTemplate: number;
}

const START_MS = 1_790_000_000_000;
const FIRST_TEMPLATE = 256;
const RECORDS_PER_SET = 3;
/** Datagrams stay below an Ethernet frame's size. */
const MAX_PAYLOAD = 1_400;
/** Part of the exporters that send from a new port, that are replaced by new ones, and whose templates change. */
const CHURN = { ports: 0.05, exporters: 0.02, layouts: 0.01 } as const;

/** Elements of a router's usual template, with their lengths. */
const USUAL: readonly (readonly [id: number, length: number])[] = [
  ...([
    [8, 4],
    [12, 4],
    [15, 4],
    [10, 4],
    [14, 4],
    [2, 4],
    [1, 4],
    [22, 4],
    [21, 4],
    [7, 2],
  ] as const),
  ...([
    [11, 2],
    [4, 1],
    [6, 1],
    [5, 1],
    [16, 4],
    [17, 4],
    [9, 1],
    [13, 1],
    [61, 1],
    [58, 2],
    [89, 1],
  ] as const),
];

type Version = 9 | 10;

/** One device as far as its datagrams differ from those of others. */
interface Device {
  readonly version: Version;
  readonly vendor: number;
  readonly address: number;
  port: number;
  /** Changed layouts are those of another vendor. */
  layouts: number;
  sequence: number;
}

function soak(options: SoakOptions, say: (report: PhaseReport) => void): SoakReport {
  const devices = Array.from({ length: options.exporters }, (_, n) => makeDevice(n, options));
  const messages = new Messages(options.templates);
  const run = new SoakRun();
  const phases: PhaseReport[] = [];
  const phase = (name: string, each: (device: Device) => void): void => {
    run.begin();
    for (const device of devices) each(device);
    const report = run.end(name);
    phases.push(report);
    say(report);
  };
  const announce = (device: Device): void => run.send(device, messages.announcements(device));
  const export_ = (device: Device): void => run.send(device, messages.data(device));
  phase("templates", announce);
  phase("data", export_);
  phase("templates again", announce);
  phase("data again", export_);
  churn(devices, options);
  phase("churn: templates", announce);
  phase("churn: data", export_);
  return run.report(phases, { devices: options.exporters, templates: options.exporters * options.templates });
}

function makeDevice(n: number, { vendors }: SoakOptions): Device {
  const vendor = n % vendors;
  return { version: n % 2 === 0 ? 9 : 10, vendor, address: n, port: 2055, layouts: vendor, sequence: 0 };
}

function churn(devices: Device[], options: SoakOptions): void {
  devices.forEach((device, i) => {
    const part = ((i * 7919) % devices.length) / devices.length; // spread evenly, the same in every run
    if (part < CHURN.ports) device.port++;
    else if (part < CHURN.ports + CHURN.exporters) devices[i] = makeDevice(devices.length + i, options);
    else if (part < CHURN.ports + CHURN.exporters + CHURN.layouts) device.layouts++;
  });
}

/** Datagrams, made once for each vendor: only header fields and addresses differ between its devices. */
class Messages {
  private readonly templates: number;
  private readonly made = new Map<string, readonly Uint8Array[]>();

  constructor(templates: number) {
    this.templates = templates;
  }

  announcements(device: Device): readonly Uint8Array[] {
    return this.get("templates", device, (out, n) => {
      const fields = layoutOf(device.layouts, n);
      out.u16(FIRST_TEMPLATE + n).u16(fields.length);
      for (const [id, length] of fields) out.u16(id).u16(length);
    });
  }

  data(device: Device): readonly Uint8Array[] {
    return this.get("data", device, (out, n) => {
      const bytes = layoutOf(device.layouts, n).reduce((sum, [, length]) => sum + length, 0) * RECORDS_PER_SET;
      out.u16(FIRST_TEMPLATE + n).u16(4 + bytes);
      for (let i = 0; i < bytes; i++) out.u8(i & 0x3f);
    });
  }

  private get(
    kind: "templates" | "data",
    { version, layouts }: Device,
    write: (out: ByteWriter, n: number) => void,
  ): readonly Uint8Array[] {
    const key = `${kind} ${version} ${layouts}`;
    const known = this.made.get(key);
    if (known) return known;
    const pieces = Array.from({ length: this.templates }, (_, n) => {
      const out = new ByteWriter();
      write(out, n);
      return out.build();
    });
    const datagrams = pack(pieces).map((group) => buildMessage(version, group, kind));
    if (this.made.size < 64) this.made.set(key, datagrams);
    return datagrams;
  }
}

function layoutOf(vendor: number, template: number): readonly (readonly [number, number])[] {
  // Each vendor leaves out another field of each template, and ends with an element of its own length.
  const without = (vendor + template) % USUAL.length;
  return [...USUAL.filter((_, i) => i !== without), [4_000 + template, 1 + (vendor % 8)], [5_000 + Math.floor(vendor / 8), 2]];
}

function pack(pieces: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = [[]];
  let bytes = 0;
  for (const piece of pieces) {
    if (bytes + piece.length > MAX_PAYLOAD) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(piece);
    bytes += piece.length;
  }
  return groups;
}

function buildMessage(version: Version, pieces: readonly Uint8Array[], kind: "templates" | "data"): Uint8Array {
  const out = new ByteWriter();
  const seconds = START_MS / 1000;
  if (version === 9) out.u16(9).u16(pieces.length).u32(3_600_000).u32(seconds).u32(0).u32(0);
  else out.u16(10).u16(0).u32(seconds).u32(0).u32(0);
  if (kind === "templates") out.u16(version === 9 ? 0 : 2).u16(4 + pieces.reduce((sum, { length }) => sum + length, 0));
  for (const piece of pieces) out.bytes(piece);
  return version === 10 ? out.setU16(2, out.length).build() : out.build();
}

class SoakRun {
  private readonly decoder = new Decoder();
  private readonly batch = new FlowBatch();
  private readonly before = memory();
  private readonly context: DatagramContext & { source: Uint8Array; sourcePort: number; receivedMs: number };
  private readonly sink = {
    batch: this.batch,
    flush: (): void => {
      this.rows += this.batch.rows;
      this.batch.reset();
    },
  };
  private rows = 0;
  private expectedRows = 0;
  private datagrams = 0;
  private slowestMs = 0;
  private cpuStart = process.cpuUsage();
  private nowMs = START_MS;

  constructor() {
    const source = new Uint8Array(16);
    source.set([0xff, 0xff], 10);
    this.context = { source, sourcePort: 0, receivedMs: 0 };
  }

  begin(): void {
    this.datagrams = this.slowestMs = 0;
    this.nowMs += 60_000;
    this.cpuStart = process.cpuUsage();
  }

  send(device: Device, datagrams: readonly Uint8Array[]): void {
    const { context } = this;
    const { address, port, version } = device;
    context.source.set([10, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff], 12);
    context.sourcePort = port;
    context.receivedMs = this.nowMs;
    for (const datagram of datagrams) {
      const view = new DataView(datagram.buffer, datagram.byteOffset);
      view.setUint32(version === 9 ? 12 : 8, device.sequence);
      const isData = view.getUint16(version === 9 ? 20 : 16) >= FIRST_TEMPLATE;
      const records = isData ? countSets(view, version === 9 ? 20 : 16) * RECORDS_PER_SET : 0;
      device.sequence += version === 9 ? 1 : records;
      this.expectedRows += records;
      const started = performance.now();
      this.decoder.decode(datagram, context, this.sink);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - started);
      this.datagrams++;
    }
  }

  end(phase: string): PhaseReport {
    const { user, system } = process.cpuUsage(this.cpuStart);
    const now = memory();
    return {
      phase,
      datagrams: this.datagrams,
      microsecondsPerDatagram: (user + system) / this.datagrams,
      slowestMs: this.slowestMs,
      heapMiB: mebibytes(now.heap - this.before.heap),
      externalMiB: mebibytes(now.external - this.before.external),
      rssMiB: mebibytes(now.rss),
    };
  }

  report(phases: readonly PhaseReport[], sent: { readonly devices: number; readonly templates: number }): SoakReport {
    this.sink.flush();
    const stats = this.decoder.stats();
    const { heap, external } = memory();
    const bytes = heap + external - this.before.heap - this.before.external;
    return {
      phases,
      sessions: stats.length,
      templates: stats.reduce((sum, { templates }) => sum + templates, 0),
      evictedSessions: this.decoder.givenUp().sessions,
      rows: this.rows,
      expectedRows: this.expectedRows,
      dropped: sumDropped(stats),
      bytesPerExporter: bytes / sent.devices,
      bytesPerTemplate: bytes / sent.templates,
    };
  }
}

function countSets(view: DataView, first: number): number {
  let sets = 0;
  for (let at = first; at + 4 <= view.byteLength; at += view.getUint16(at + 2)) sets++;
  return sets;
}

function sumDropped(stats: readonly ExporterStats[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { dropped } of stats) for (const [cause, count] of Object.entries(dropped)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}

function memory(): { readonly heap: number; readonly external: number; readonly rss: number } {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, rss };
}

function mebibytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}

/** What was not kept, and by which limit; undefined: everything was kept. */
function describeCaps({ sessions, templates, evictedSessions }: SoakReport, wanted: { readonly templates: number }): string | undefined {
  const hits: string[] = [];
  if (evictedSessions > 0)
    hits.push(`${evictedSessions} sessions were given up beside the ${sessions} kept (maxSessions ${DEFAULT_LIMITS.maxSessions})`);
  if (templates < wanted.templates)
    hits.push(
      `${templates} of ${wanted.templates} templates are kept (maxTemplates ${DEFAULT_LIMITS.maxTemplates}, maxTemplateFields ${DEFAULT_LIMITS.maxTemplateFields})`,
    );
  return hits.length === 0 ? undefined : hits.join("; ");
}

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      exporters: { type: "string", default: "10000" },
      templates: { type: "string", default: "50" },
      vendors: { type: "string", default: "8" },
    },
  });
  const options = { exporters: Number(values.exporters), templates: Number(values.templates), vendors: Number(values.vendors) };
  for (const [name, value] of Object.entries(options))
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`--${name} wants a positive whole number`);
  if (!globalThis.gc) console.log("without --expose-gc memory counts garbage too");
  console.log("phase                datagrams  us/datagram  slowest ms   heap MiB  external MiB   rss MiB");
  const report = soak(options, (phase) => {
    const { datagrams, microsecondsPerDatagram, slowestMs, heapMiB, externalMiB, rssMiB } = phase;
    const figures = [
      microsecondsPerDatagram.toFixed(1),
      slowestMs.toFixed(1),
      heapMiB.toFixed(1),
      externalMiB.toFixed(1),
      rssMiB.toFixed(0),
    ];
    console.log(`${phase.phase.padEnd(18)}${[String(datagrams), ...figures].map((figure) => figure.padStart(12)).join("")}`);
  });
  const { phases, ...sums } = report;
  const wanted = { templates: options.exporters * options.templates };
  console.log(`${Math.round(sums.bytesPerExporter)} bytes an exporter, ${Math.round(sums.bytesPerTemplate)} a template announced`);
  console.log(`limits: ${describeCaps(report, wanted) ?? "everything was kept"}`);
  console.log(JSON.stringify({ soak: "exporters", node: process.version, ...options, ...sums, phases }));
}

main(process.argv.slice(2));
