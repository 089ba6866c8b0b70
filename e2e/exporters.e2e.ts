/**
 * Whatever the protocol, identical traffic has identical sums: exporters that other people wrote read one capture, each feeds the one
 * running system from an address of its own, and what the query API answers for it is, 5-tuple by 5-tuple, what the capture holds.
 */
import path from "node:path";
import { fprobe, pmacctdEverything, run, softflowd } from "./support/exporters.ts";
import { describeWith, NETWORK_NAMESPACES, REPOSITORY } from "./support/needs.ts";
import { appendFiller, shiftPcap } from "./support/pcap.ts";
import { udpRelay, type Relay } from "./support/relay.ts";
import { BUNDLE, frameRows, startSystem, waitFor, type System } from "./support/system.ts";
import { readTrace, sumByFiveTuple, type Sums, type TracePacket } from "./support/trace.ts";

const TRACE = path.join(REPOSITORY, "e2e/captures/input-trace.pcap");
/** Leaves out the filler that pmacctd reads behind the trace. */
const TRACE_ONLY = "net 10.99.0.0/24 or net fd99::/64";

/** One exporter in one protocol. */
interface Exporter {
  readonly name: string;
  /** What the collector takes it for; the last octet of 127.0.0.N. */
  readonly host: number;
  readonly flowType: string;
  /** Packets of the trace that it saw. */
  readonly sees: (packet: TracePacket, index: number) => boolean;
  /** 1 in N packets is exported, and the query multiplies by N. */
  readonly rate?: number;
}

const everything = (): boolean => true;
const ipv4 = ({ ipVersion }: TracePacket): boolean => ipVersion === 4;
const everyTenth = (_: TracePacket, index: number): boolean => index % 10 === 0;
const addressOf = ({ host }: Exporter): string => `127.0.0.${host}`;

interface Softflowd extends Exporter {
  readonly version: "1" | "5" | "9" | "10" | "psamp";
  readonly arguments: readonly string[];
  /** BPF expressions, one run each: PSAMP of the whole trace in one burst is more than a socket's usual buffer holds. */
  readonly parts?: readonly string[];
  /** Straight to the collector: a relay passes datagrams only. */
  readonly isDirect?: true;
}

/** softflowd by itself, from the file: `arguments` come after its `-v`. */
// prettier-ignore
const SOFTFLOWD: readonly Softflowd[] = [
  { name: "softflowd, NetFlow v1", host: 20, flowType: "netflow1", version: "1", arguments: [], sees: ipv4 },
  { name: "softflowd, NetFlow v5", host: 21, flowType: "netflow5", version: "5", arguments: [], sees: ipv4 },
  { name: "softflowd, NetFlow v9", host: 22, flowType: "netflow9", version: "9", arguments: [], sees: everything },
  { name: "softflowd, IPFIX", host: 23, flowType: "ipfix", version: "10", arguments: [], sees: everything },
  { name: "softflowd, IPFIX over TCP", host: 1, flowType: "ipfix", version: "10", arguments: ["-P", "tcp"], isDirect: true, sees: everything },
  { name: "softflowd, IPFIX biflows", host: 27, flowType: "ipfix", version: "10", arguments: ["-b", "-A", "nano", "-T", "ether"], sees: everything },
  { name: "softflowd, PSAMP", host: 28, flowType: "ipfix", version: "psamp", arguments: [], parts: ["not tcp", "tcp and src 10.99.0.1", "tcp and src 10.99.0.2"], sees: everything },
  { name: "softflowd, NetFlow v5, sampled", host: 24, flowType: "netflow5", version: "5", arguments: ["-s", "10"], rate: 10, sees: (packet, i) => ipv4(packet) && everyTenth(packet, i) },
  { name: "softflowd, NetFlow v9, sampled", host: 25, flowType: "netflow9", version: "9", arguments: ["-s", "10"], rate: 10, sees: everyTenth },
  { name: "softflowd, IPFIX, sampled", host: 26, flowType: "ipfix", version: "10", arguments: ["-s", "10"], rate: 10, sees: everyTenth },
];

/** One pmacctd with a probe for each. */
const PMACCTD = {
  v5: { name: "pmacctd, NetFlow v5", host: 31, flowType: "netflow5", sees: ipv4 },
  v9: { name: "pmacctd, NetFlow v9", host: 32, flowType: "netflow9", sees: everything },
  ipfix: { name: "pmacctd, IPFIX", host: 33, flowType: "ipfix", sees: everything },
  sflow: { name: "pmacctd, sFlow", host: 34, flowType: "sflow5", sees: everything },
} satisfies Record<string, Exporter>;

/** fprobe, live in a network of its own: by the version it exports. */
// prettier-ignore
const FPROBE: ReadonlyMap<number, Exporter> = new Map([
  [1, { name: "fprobe, NetFlow v1", host: 41, flowType: "netflow1", sees: ipv4 }],
  [5, { name: "fprobe, NetFlow v5", host: 45, flowType: "netflow5", sees: ipv4 }],
  [7, { name: "fprobe, NetFlow v7", host: 47, flowType: "netflow7", sees: ipv4 }],
]);

describeWith(["softflowd", "pmacctd", "tshark"])("exporters that other people wrote", () => {
  let system: System;
  let packets: readonly TracePacket[];
  let pcap: string;
  let range: { from: number; to: number };
  const relays: Relay[] = [];

  const relayFor = async (exporter: Exporter): Promise<Relay> => {
    const relay = await udpRelay(addressOf(exporter), system.udpPort);
    relays.push(relay);
    return relay;
  };
  const wanted = (exporter: Exporter): Record<string, Sums> => {
    const sums = sumByFiveTuple(packets.filter(exporter.sees));
    for (const sum of Object.values(sums)) {
      sum.bytes *= exporter.rate ?? 1;
      sum.packets *= exporter.rate ?? 1;
    }
    return sums;
  };
  /** What the system says of an exporter, once as many packets as wanted are loaded; what it says at last if they never are. */
  const stored = async (exporter: Exporter): Promise<Record<string, Sums>> => {
    const total = Object.values(wanted(exporter)).reduce((sum, { packets: count }) => sum + count, 0);
    let sums: Record<string, Sums> = {};
    await waitFor(`${total} packets of ${exporter.name}`, async () => {
      sums = await queryFiveTuples(system, range, exporter);
      return Object.values(sums).reduce((sum, { packets: count }) => sum + count, 0) >= total ? true : undefined;
    }).catch(() => undefined);
    return sums;
  };
  const expectExactSums = async (exporter: Exporter): Promise<void> => {
    const sums = await stored(exporter);
    expect(sums).toEqual(wanted(exporter));
    expect(Object.keys(sums).length).toBeGreaterThan(0);
  };

  const expectNoLoss = async (some: readonly Exporter[]): Promise<void> => {
    const { exporters } = (await system.get("/api/v1/exporters")) as {
      exporters: { exporter: string; protocol: string; lost_units: number; dropped: Record<string, number> }[];
    };
    const ours = exporters.map(({ exporter, protocol, lost_units, dropped }) => ({ exporter, protocol, lost_units, dropped }));
    for (const exporter of some)
      expect(ours).toContainEqual({ exporter: addressOf(exporter), protocol: exporter.flowType, lost_units: 0, dropped: {} });
  };

  beforeAll(async () => {
    packets = await readTrace(TRACE);
    system = await startSystem();
    const startedMs = Date.now();
    range = { from: startedMs - 3_600_000, to: startedMs + 3_600_000 };
    pcap = path.join(system.folder, "trace.pcap");
    shiftPcap(TRACE, pcap, startedMs - 60_000);
    for (const exporter of SOFTFLOWD) {
      const port = exporter.isDirect === true ? system.udpPort : (await relayFor(exporter)).port;
      for (const part of exporter.parts ?? [""]) await softflowd(pcap, port, exporter.version, [...exporter.arguments, part]);
    }
    const withFiller = path.join(system.folder, "filled.pcap");
    shiftPcap(pcap, withFiller, startedMs - 60_000);
    appendFiller(withFiller, 40);
    await pmacctdEverything(withFiller, {
      v5: (await relayFor(PMACCTD.v5)).port,
      v9: (await relayFor(PMACCTD.v9)).port,
      ipfix: (await relayFor(PMACCTD.ipfix)).port,
      sflow: (await relayFor(PMACCTD.sflow)).port,
      agent: addressOf(PMACCTD.sflow),
    });
  });

  afterAll(async () => {
    await Promise.all(relays.map((relay) => relay.close()));
    await system.stop();
  });

  it("read a trace that is what its description says", () => {
    const sum = (some: readonly TracePacket[]): Sums => ({
      bytes: some.reduce((total, { bytes }) => total + bytes, 0),
      packets: some.length,
    });
    expect(sum(packets)).toEqual({ bytes: 223_372, packets: 233 });
    expect(sum(packets.filter(ipv4))).toEqual({ bytes: 221_892, packets: 223 });
  });

  it.each([...SOFTFLOWD, ...Object.values(PMACCTD)])("$name: each 5-tuple has the bytes and packets of the trace", expectExactSums);

  const expectIcmpTypes = async (exporter: Exporter): Promise<void> => {
    await stored(exporter);
    const { A } = await system.query(range, {
      A: {
        view: "top",
        filter: `exporter ip ${addressOf(exporter)} and proto icmp`,
        dimensions: ["src_addr", "icmp_type", "icmp_code"].map((field) => ({ field })),
        measures: ["packets"],
      },
    });
    const echoes = frameRows(A!.frames[0]!).map((row) => `${String(row.src_addr)} ${String(row.icmp_type)}.${String(row.icmp_code)}`);
    expect(echoes.sort()).toEqual(exporter.rate === undefined ? ["10.99.0.1 8.0", "10.99.0.2 0.0"] : ["10.99.0.1 8.0"]);
  };

  it.each([...SOFTFLOWD, ...Object.values(PMACCTD)])("$name: echo requests are 8.0 and replies 0.0", expectIcmpTypes);

  describeWith(["fprobe", "tcpreplay", NETWORK_NAMESPACES])("fprobe", () => {
    beforeAll(async () => {
      const passes = new Map<number, (datagram: Buffer) => void>();
      for (const [version, exporter] of FPROBE) {
        const relay = await relayFor(exporter);
        passes.set(version, (datagram) => relay.pass(datagram));
      }
      await fprobe(pcap, passes);
    });

    it.each([...FPROBE.values()])("$name: each 5-tuple has the bytes and packets of the trace", expectExactSums);
    it.each([...FPROBE.values()])("$name: echo requests are 8.0 and replies 0.0", expectIcmpTypes);
    it("lost nothing on the way, and was understood to the last byte", () => expectNoLoss([...FPROBE.values()]));
  });

  it("lost nothing on the way, and were understood to the last byte", () => expectNoLoss([...SOFTFLOWD, ...Object.values(PMACCTD)]));

  it("are told apart by the command line too", async () => {
    const output = await run(process.execPath, [
      BUNDLE,
      "query",
      TRACE_ONLY,
      "--url",
      system.url,
      "--view",
      "top",
      "--by",
      "exporter,flow_type",
      "--measure",
      "bytes",
      "--limit",
      "100",
      "--from",
      "-1h",
      "--format",
      "json",
    ]);
    const rows = JSON.parse(output) as { exporter: string; flow_type: string; bytes: number }[];
    for (const exporter of [...SOFTFLOWD, ...Object.values(PMACCTD)])
      expect(rows).toContainEqual({
        exporter: addressOf(exporter),
        flow_type: exporter.flowType,
        bytes: Object.values(wanted(exporter)).reduce((sum, { bytes }) => sum + bytes, 0),
      });
  });
});

async function queryFiveTuples(system: System, range: { from: number; to: number }, exporter: Exporter): Promise<Record<string, Sums>> {
  const { A } = await system.query(range, {
    A: {
      view: "top",
      filter: `exporter ip ${addressOf(exporter)} and (${TRACE_ONLY})`,
      dimensions: ["src_addr", "dst_addr", "proto", "src_port", "dst_port", "flow_type"].map((field) => ({ field })),
      measures: ["bytes", "packets"],
      limit: 1_000,
    },
  });
  const sums: Record<string, Sums> = {};
  for (const row of frameRows(A!.frames[0]!)) {
    if (row.flow_type !== exporter.flowType) throw new Error(`${addressOf(exporter)} sent ${String(row.flow_type)}`);
    const fiveTuple = [row.src_addr, row.dst_addr, row.proto, row.src_port, row.dst_port].join(" ");
    sums[fiveTuple] = { bytes: Number(row.bytes), packets: Number(row.packets) };
  }
  return sums;
}
