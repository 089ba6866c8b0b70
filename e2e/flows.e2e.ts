/**
 * The main job: flows of exporters that other people wrote come out of the query API and the command line as exactly the traffic that
 * went in. The trace's truth is in e2e/captures/README.md; both exporters read the same file, moved so that it ended a minute ago.
 */
import path from "node:path";
import type { FlowQueryInput } from "@sillage/model";
import { pmacctdSflow, run, softflowd } from "./support/exporters.ts";
import { describeWith, REPOSITORY } from "./support/needs.ts";
import { appendFiller, shiftPcap } from "./support/pcap.ts";
import { BUNDLE, frameRows, startSystem, waitFor, type System } from "./support/system.ts";

const TRACE = path.join(REPOSITORY, "e2e/captures/input-trace.pcap");
/** Leaves out the filler that pmacctd reads behind the trace. */
const TRACE_ONLY = "net 10.99.0.0/24 or net fd99::/64";
const FIVE_TUPLE = ["src_addr", "dst_addr", "src_port", "dst_port", "proto"].map((field) => ({ field }));

describeWith(["softflowd", "pmacctd"])("flows of softflowd and pmacctd", () => {
  let system: System;
  let range: { from: number; to: number };
  let endMs: number;

  const totals = async (): Promise<Map<string, { bytes: number; packets: number }>> => {
    const { A } = await system.query(range, {
      A: { view: "top", filter: TRACE_ONLY, dimensions: [{ field: "flow_type" }], measures: ["bytes", "packets"] },
    });
    return new Map(
      frameRows(A!.frames[0]!).map((row) => [String(row.flow_type), { bytes: Number(row.bytes), packets: Number(row.packets) }]),
    );
  };

  beforeAll(async () => {
    system = await startSystem();
    const pcap = path.join(system.folder, "trace.pcap");
    const startedMs = Date.now();
    endMs = startedMs - 60_000;
    shiftPcap(TRACE, pcap, endMs);
    await softflowd(pcap, system.udpPort, "5");
    await softflowd(pcap, system.udpPort, "9");
    await softflowd(pcap, system.udpPort, "10");
    appendFiller(pcap, 40);
    await pmacctdSflow(pcap, system.udpPort);
    range = { from: startedMs - 3_600_000, to: startedMs + 3_600_000 };
    await waitFor("all packets of the sFlow samples", async () => ((await totals()).get("sflow5")?.packets === 233 ? true : undefined));
  });

  afterAll(async () => {
    await system.stop();
  });

  it("adds up to the trace, whatever the protocol", async () => {
    expect(Object.fromEntries(await totals())).toEqual({
      netflow5: { bytes: 221_892, packets: 223 }, // NetFlow v5 has no IPv6
      netflow9: { bytes: 223_372, packets: 233 },
      ipfix: { bytes: 223_372, packets: 233 },
      sflow5: { bytes: 223_372, packets: 233 },
    });
  });

  it("has equal sums and times for each 5-tuple in NetFlow v9 and IPFIX", async () => {
    const { A } = await system.query(range, { A: { view: "records", filter: TRACE_ONLY, limit: 1000 } });
    const rows = frameRows(A!.frames[0]!);
    const flowsOf = (type: string): { key: string; times: [number, number] }[] =>
      rows
        .filter((row) => row.flow_type === type)
        .map((row) => ({
          key: [...FIVE_TUPLE.map(({ field }) => row[field]), row.bytes, row.packets].join(" "),
          times: [Number(row.time_start), Number(row.time_end)] as [number, number],
        }))
        .sort((a, b) => a.key.localeCompare(b.key));
    const v9 = flowsOf("netflow9");
    const ipfix = flowsOf("ipfix");
    expect(v9).toHaveLength(7);
    expect(ipfix.map(({ key }) => key)).toEqual(v9.map(({ key }) => key));
    // A v9 header tells the exporter's clock in whole seconds, so every time of a datagram lies the same part of a second too early, up to
    // the exporter's own rounding to milliseconds.
    const offsets = ipfix.flatMap(({ times }, i) => times.map((time, end) => time - v9[i]!.times[end]!));
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThanOrEqual(2);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...offsets)).toBeLessThanOrEqual(1_000);
    // The trace is 2.1 s long and was moved to end within the second of endMs.
    const starts = ipfix.map(({ times }) => times[0]);
    expect(Math.min(...starts)).toBeGreaterThan(endMs - 4_000);
    expect(Math.max(...starts)).toBeLessThanOrEqual(endMs + 1_000);
  });

  it("answers a filter by what it means", async () => {
    const packetsOf = (filter: string): FlowQueryInput => ({ view: "stat", measures: ["packets"], filter });
    const results = await system.query(range, {
      icmp: packetsOf("proto icmp and ipv4"),
      icmp6: packetsOf("proto ipv6-icmp"),
      udp: packetsOf("proto udp and dst port 7000"),
      tcp: packetsOf("host 10.99.0.1 and host 10.99.0.2 and port 5201"),
      nothing: packetsOf("net 198.51.100.0/24"),
      wrong: packetsOf("prot tcp"),
    });
    const packets = Object.fromEntries(
      Object.entries(results).map(([name, result]) => [
        name,
        result.status === 200 ? (result.frames[0]?.data.values[0]?.[0] ?? 0) : result.status,
      ]),
    );
    // Four exports of the trace, three of IPv6 (v5 has none).
    expect(packets).toEqual({ icmp: 40, icmp6: 30, udp: 80, tcp: 772, nothing: 0, wrong: 400 });
    expect(results.wrong?.error?.position).toMatchObject({ offset: 0, length: 4 });
  });

  it("draws the same totals over time", async () => {
    const { A } = await system.query(range, {
      A: { view: "timeseries", filter: TRACE_ONLY, dimensions: [{ field: "proto" }], measures: ["bytes"], intervalMs: 60_000 },
    });
    const sums = Object.fromEntries(
      A!.frames.map((frame) => [
        frame.schema.fields[1]?.labels?.proto,
        (frame.data.values[1] ?? []).reduce<number>((sum, value) => sum + Number(value ?? 0), 0),
      ]),
    );
    expect(sums).toEqual({ tcp: 4 * 210_052, udp: 4 * 10_560, icmp: 4 * 1_280, icmp6: 3 * 1_480 });
  });

  it("says the same on the command line", async () => {
    const output = await run(process.execPath, [
      BUNDLE,
      "query",
      "proto tcp",
      "--url",
      system.url,
      "--view",
      "top",
      "--by",
      "flow_type",
      "--measure",
      "bytes",
      "--from",
      "-1h",
      "--format",
      "json",
    ]);
    expect(JSON.parse(output)).toContainEqual(expect.objectContaining({ flow_type: "ipfix", bytes: 210_052 }));
    await expect(run(process.execPath, [BUNDLE, "query", "prot tcp", "--url", system.url])).rejects.toThrow(
      /ended with 1: [\s\S]*\^\^\^\^/,
    );
  });

  it("knows its exporters", async () => {
    const { exporters } = (await system.get("/api/v1/exporters")) as { exporters: { exporter: string; protocol: string }[] };
    expect(new Set(exporters.map(({ exporter, protocol }) => `${exporter} ${protocol}`))).toEqual(
      new Set(["127.0.0.1 netflow5", "127.0.0.1 netflow9", "127.0.0.1 ipfix", "127.0.0.9 sflow5"]),
    );
  });
});
