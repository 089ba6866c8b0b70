/**
 * Most scanned ports, proved on traffic that other people labelled: rank, attempts and distinct sources equal what tshark counts in the
 * same packets, and the answers to a flood that spoofed our addresses (backscatter) add no attempt.
 */
import path from "node:path";
import { sendFlows, type Health } from "../server/src/testing/built-program.ts";
import { run, softflowd } from "./support/exporters.ts";
import { describeWith, SHARED } from "./support/needs.ts";
import { shiftPcap } from "./support/pcap.ts";
import { frameRows, startSystem, waitFor, type System } from "./support/system.ts";

const NCSA = path.join(SHARED, "datasets/ncsa");

interface PortCount {
  port: string;
  attempts: number;
  sources: number;
  destinations: number;
}

/** First contacts without an answer, counted by tshark: distinct 5-tuples that sent SYN and never ACK. */
async function countWithTshark(file: string): Promise<PortCount[]> {
  const fields = ["ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.flags"];
  const lines = (await run("tshark", ["-r", file, "-Y", "tcp", "-T", "fields", ...fields.flatMap((field) => ["-e", field])])).split("\n");
  const flags = new Map<string, number>();
  for (const line of lines) {
    const [src, sport, dst, dport, bits] = line.split("\t");
    if (bits === undefined) continue; // tshark's warning about running as root
    const tuple = [src, sport, dst, dport].join(" ");
    flags.set(tuple, (flags.get(tuple) ?? 0) | Number(bits));
  }
  const ports = new Map<string, { attempts: number; sources: Set<string>; destinations: Set<string> }>();
  for (const [tuple, bits] of flags) {
    if ((bits & 0x12) !== 0x02) continue;
    const [src, , dst, dport] = tuple.split(" ") as [string, string, string, string];
    const port = ports.get(dport) ?? { attempts: 0, sources: new Set(), destinations: new Set() };
    ports.set(dport, port);
    port.attempts += 1;
    port.sources.add(src);
    port.destinations.add(dst);
  }
  return [...ports]
    .map(([port, { attempts, sources, destinations }]) => ({ port, attempts, sources: sources.size, destinations: destinations.size }))
    .sort(byPort);
}

const byPort = (a: PortCount, b: PortCount): number => b.attempts - a.attempts || Number(a.port) - Number(b.port);

describeWith(["softflowd", "tshark", NCSA])("most scanned ports", () => {
  let system: System;
  let range: { from: number; to: number };

  const scannedPorts = async (): Promise<PortCount[]> => {
    const { A } = await system.query(range, {
      A: {
        view: "top",
        dimensions: [{ field: "svc_port" }],
        measures: ["attempts", "attempt_sources", "attempt_destinations"],
        limit: 100,
        filter: "proto tcp",
      },
    });
    expect(A).toMatchObject({ status: 200 });
    const frame = A!.frames[0]!;
    expect(frame.schema.meta?.custom).toMatchObject({ table: "ports_5m" });
    return frameRows(frame)
      .map((row) => ({
        port: String(row.svc_port),
        attempts: Number(row.attempts),
        sources: Number(row.attempt_sources),
        destinations: Number(row.attempt_destinations),
      }))
      .filter(({ attempts }) => attempts > 0)
      .sort(byPort);
  };

  let marks = 0;

  /** Exports a capture and waits until all of it is stored: a flow of no protocol that was sent behind it is, and nothing waits. */
  const feed = async (file: string): Promise<void> => {
    const shifted = path.join(system.folder, path.basename(file));
    shiftPcap(file, shifted, Date.now() - 60_000);
    await softflowd(shifted, system.udpPort, "9");
    await sendFlows(system.udpPort, 1);
    marks++;
    await waitFor("the flows of the capture", async () => {
      const { A } = await system.query(range, { A: { view: "stat", filter: "proto 0", measures: ["flows"] } });
      const { loader } = (await system.get("/api/v1/health")) as Health;
      return A!.frames[0]?.data.values[0]?.[0] === marks && loader?.backlogRows === 0 ? true : undefined;
    });
  };

  beforeAll(async () => {
    system = await startSystem();
    // Whole slots of ports_5m, so that the rollup may answer.
    const slot = 300_000;
    range = { from: Math.floor(Date.now() / slot) * slot - 12 * slot, to: Math.ceil(Date.now() / slot) * slot + 12 * slot };
  });

  afterAll(async () => {
    await system.stop();
  });

  it("equal what tshark counts in a scan of one host and in a sweep for one port", async () => {
    const files = ["port_scan.pcap", "445_scan.pcap"].map((name) => path.join(NCSA, name));
    for (const file of files) await feed(file);
    const merged = new Map<string, PortCount>();
    for (const count of (await Promise.all(files.map(countWithTshark))).flat()) {
      const other = merged.get(count.port);
      // The two captures share no address, so distinct counts add up.
      merged.set(
        count.port,
        other
          ? {
              port: count.port,
              attempts: other.attempts + count.attempts,
              sources: other.sources + count.sources,
              destinations: other.destinations + count.destinations,
            }
          : count,
      );
    }
    const expected = [...merged.values()].sort(byPort);
    expect(expected[0]?.port).toBe("445");
    expect(await scannedPorts()).toEqual(expected);
  });

  it("do not change when backscatter arrives", async () => {
    const before = await scannedPorts();
    await feed(path.join(NCSA, "backscatter.trace"));
    expect(await scannedPorts()).toEqual(before);
  });
});
