/**
 * How many rows one core decodes: datagrams from memory into a FlowBatch, no socket, no encoding, no disk.
 *
 * Time is CPU time of the process, so that a busy machine does not count against the decoder.
 *
 *   npm run bench -- decode [--seconds N]
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Decoder } from "../server/src/decode/index.ts";
import {
  encodeNetflow5,
  encodeSflow,
  encodeTemplated,
  IPFIX_TEMPLATES,
  NETFLOW9_TEMPLATES,
  type DemoFlow,
  type EncodedTemplate,
  type TemplatedMessage,
} from "../server/src/demo/index.ts";
import { FlowBatch, parseAddress } from "../server/src/flow/index.ts";

const EXPORT_MS = 1_790_000_000_000;
const BOOT_MS = EXPORT_MS - 86_400_000;
/** Datagrams that are decoded round and round; each differs, so that the data does not sit in the first-level cache. */
const DISTINCT_DATAGRAMS = 200;

/** A flow whose every field depends on its number. */
function makeFlow(n: number): DemoFlow {
  const octets = [(n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff];
  return {
    ipVersion: 4,
    srcAddr: `10.${octets.join(".")}`,
    dstAddr: `198.18.${octets[1]}.${octets[2]}`,
    proto: n % 5 === 0 ? 17 : 6,
    srcPort: 1024 + (n % 60_000),
    dstPort: n % 3 === 0 ? 443 : 53,
    tcpFlags: 0x1b,
    tos: 0,
    bytes: 40 + (n % 1400),
    packets: 1,
    inIf: 1 + (n % 8),
    outIf: 1 + (n % 7),
    srcAs: 64_500,
    dstAs: 64_501,
    srcMask: 24,
    dstMask: 16,
    vlan: 20,
    startMs: EXPORT_MS - 20_000 - (n % 1000),
    endMs: EXPORT_MS - (n % 1000),
  };
}

/** The IPFIX template with two strings of different length, as DPI probes send them. */
const VARIABLE_TEMPLATE: EncodedTemplate = {
  id: 300,
  fields: [
    ...IPFIX_TEMPLATES[4].fields,
    { id: 460, length: 65_535, write: (out, { srcPort }) => out.u8(8 + (srcPort % 8)).zeros(8 + (srcPort % 8)) },
    { id: 461, length: 65_535, write: (out, { dstPort }) => out.u8(dstPort % 24).zeros(dstPort % 24) },
  ],
};

interface Workload {
  readonly name: string;
  /** Announced once, before the clock starts. */
  readonly prelude?: Uint8Array;
  readonly datagram: (n: number, flows: readonly DemoFlow[]) => Uint8Array;
  readonly flowsPerDatagram: number;
}

function templated(version: 9 | 10, template: EncodedTemplate): Pick<Workload, "prelude" | "datagram"> {
  const message = (sequence: number, parts: Pick<TemplatedMessage, "templates" | "sets">): Uint8Array =>
    encodeTemplated({ version, exportMs: EXPORT_MS, bootMs: BOOT_MS, sequence, obsDomain: 1, ...parts });
  return {
    prelude: message(0, { templates: [template], sets: [] }),
    datagram: (n, flows) => message(n, { templates: [], sets: [{ template, flows }] }),
  };
}

const WORKLOADS: readonly Workload[] = [
  {
    name: "NetFlow v5",
    flowsPerDatagram: 30,
    datagram: (n, flows) =>
      encodeNetflow5({ flows, exportMs: EXPORT_MS, bootMs: BOOT_MS, sequence: n * 30, engine: 0, samplingInterval: 0 }),
  },
  { name: "NetFlow v9, 21 fields", flowsPerDatagram: 20, ...templated(9, NETFLOW9_TEMPLATES[4]) },
  { name: "IPFIX, 21 fields", flowsPerDatagram: 18, ...templated(10, IPFIX_TEMPLATES[4]) },
  { name: "IPFIX, 21 fields and 2 of variable length", flowsPerDatagram: 14, ...templated(10, VARIABLE_TEMPLATE) },
  {
    name: "sFlow v5, samples of 128 bytes",
    flowsPerDatagram: 7,
    datagram: (n, samples) =>
      encodeSflow({ agent: "192.0.2.1", subAgent: 0, sequence: n, uptimeMs: n, sampleSequence: n * 7, samplingRate: 512, samples }),
  },
];

interface Result {
  readonly name: string;
  readonly rowsPerSecond: number;
  readonly datagramsPerSecond: number;
  readonly nanosecondsPerRow: number;
}

function measure({ name, prelude, datagram, flowsPerDatagram }: Workload, seconds: number): Result {
  const datagrams = Array.from({ length: DISTINCT_DATAGRAMS }, (_, n) =>
    datagram(
      n,
      Array.from({ length: flowsPerDatagram }, (__, i) => makeFlow(n * flowsPerDatagram + i)),
    ),
  );
  const decoder = new Decoder();
  const context = { source: parseAddress("192.0.2.1"), sourcePort: 2055, receivedMs: EXPORT_MS };
  const batch = new FlowBatch();
  let rows = 0;
  const sink = {
    batch,
    flush: (): void => {
      rows += batch.rows;
      batch.reset();
    },
  };
  if (prelude) decoder.decode(prelude, context, sink);
  const run = (until: number): number => {
    let rounds = 0;
    do {
      for (const bytes of datagrams) decoder.decode(bytes, context, sink);
      rounds++;
    } while (performance.now() < until);
    return rounds;
  };
  run(performance.now() + Math.min(1000, seconds * 500)); // lets V8 compile the loops
  sink.flush();
  rows = 0;
  const before = process.cpuUsage();
  const rounds = run(performance.now() + seconds * 1000);
  const used = process.cpuUsage(before);
  const elapsed = (used.user + used.system) / 1e6;
  sink.flush();
  if (rows !== rounds * DISTINCT_DATAGRAMS * flowsPerDatagram)
    throw new Error(`${name}: ${rows} rows from ${rounds * DISTINCT_DATAGRAMS} datagrams`);
  return {
    name,
    rowsPerSecond: Math.round(rows / elapsed),
    datagramsPerSecond: Math.round((rounds * DISTINCT_DATAGRAMS) / elapsed),
    nanosecondsPerRow: Math.round((elapsed * 1e10) / rows) / 10,
  };
}

/** Prints a table and returns the figures. */
export function run(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { seconds: { type: "string", default: "3" } } });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new RangeError(`--seconds wants a positive number, not ${values.seconds}`);
  const results = WORKLOADS.map((workload) => measure(workload, seconds));
  console.log(`${"decode, one core".padEnd(44)}${"rows/s".padStart(14)}${"datagrams/s".padStart(14)}${"ns/row".padStart(9)}`);
  for (const { name, rowsPerSecond, datagramsPerSecond, nanosecondsPerRow } of results) {
    console.log(
      `${name.padEnd(44)}${rowsPerSecond.toLocaleString("en").padStart(14)}${datagramsPerSecond.toLocaleString("en").padStart(14)}${nanosecondsPerRow.toFixed(1).padStart(9)}`,
    );
  }
  return Promise.resolve({ bench: "decode", node: process.version, cpu: cpus()[0]?.model.trim() ?? "unknown", seconds, results });
}
