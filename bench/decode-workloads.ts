/** What the decode bench decodes: one kind of datagram each, as an exporter of that protocol fills it. */
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

export const EXPORT_MS = 1_790_000_000_000;
const BOOT_MS = EXPORT_MS - 86_400_000;
/** Datagrams that are decoded round and round; each differs, so that the data does not sit in the first-level cache. */
export const DISTINCT_DATAGRAMS = 200;

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

export interface Workload {
  readonly name: string;
  readonly protocol: "netflow" | "sflow";
  /** Announced once, before the clock starts. */
  readonly prelude?: Uint8Array;
  readonly datagram: (n: number, flows: readonly DemoFlow[]) => Uint8Array;
  readonly flowsPerDatagram: number;
}

/** Clock of the exporter at the n-th datagram: four a millisecond. */
function exportTime(n: number): number {
  return EXPORT_MS + Math.floor(n / 4);
}

function templated(version: 9 | 10, template: EncodedTemplate): Pick<Workload, "protocol" | "prelude" | "datagram"> {
  const message = (n: number, parts: Pick<TemplatedMessage, "templates" | "sets">): Uint8Array => {
    // v9 counts datagrams, IPFIX records.
    const sequence = version === 9 ? n : n * parts.sets.reduce((sum, { flows }) => sum + flows.length, 0);
    return encodeTemplated({ version, exportMs: exportTime(n), bootMs: BOOT_MS, sequence, obsDomain: 1, ...parts });
  };
  return {
    protocol: "netflow",
    prelude: message(0, { templates: [template], sets: [] }),
    datagram: (n, flows) => message(n, { templates: [], sets: [{ template, flows }] }),
  };
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: "NetFlow v5",
    protocol: "netflow",
    flowsPerDatagram: 30,
    datagram: (n, flows) =>
      encodeNetflow5({ flows, exportMs: exportTime(n), bootMs: BOOT_MS, sequence: n * 30, engine: 0, samplingInterval: 0 }),
  },
  { name: "NetFlow v9, 21 fields", flowsPerDatagram: 20, ...templated(9, NETFLOW9_TEMPLATES[4]) },
  { name: "IPFIX, 21 fields", flowsPerDatagram: 18, ...templated(10, IPFIX_TEMPLATES[4]) },
  { name: "IPFIX, 21 fields and 2 of variable length", flowsPerDatagram: 14, ...templated(10, VARIABLE_TEMPLATE) },
  {
    name: "sFlow v5, samples of 128 bytes",
    protocol: "sflow",
    flowsPerDatagram: 7,
    datagram: (n, samples) =>
      encodeSflow({ agent: "192.0.2.1", subAgent: 0, sequence: n, uptimeMs: n, sampleSequence: n * 7, samplingRate: 512, samples }),
  },
];

/** The datagrams of a workload, all different. */
export function makeDatagrams({ datagram, flowsPerDatagram }: Workload): Uint8Array[] {
  return Array.from({ length: DISTINCT_DATAGRAMS }, (_, n) =>
    datagram(
      n,
      Array.from({ length: flowsPerDatagram }, (__, i) => makeFlow(n * flowsPerDatagram + i)),
    ),
  );
}
