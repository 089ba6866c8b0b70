/** From a datagram to a query's answer: single flows with an address of their own, sent among others, and looked for until they are found. */
import { createSocket } from "node:dgram";
import { encodeNetflow5 } from "../server/src/demo/index.ts";
import { pause } from "./ingest-trial.ts";
import type { SillageServe } from "./sillage-serve.ts";

const PROBE_ADDRESS = "192.0.2.77";
const FIRST_PORT = 20_000;
/** Between two probes, and between two looks: the delays are exact to one look. */
const PROBE_MS = 200;
const LOOK_MS = 100;
/** What is not found by then never comes. */
const PATIENCE_MS = 30_000;

let probesMade = 0;

/** Milliseconds from datagram to answer, sorted; Infinity for a probe that was never found. */
export async function probeDelays(serve: SillageServe, seconds: number): Promise<number[]> {
  const socket = createSocket("udp4");
  const waiting = new Map<number, number>();
  const delays: number[] = [];
  const started = performance.now();
  let nextProbe = started;
  try {
    while (performance.now() - started < seconds * 1000 || waiting.size > 0) {
      if (performance.now() - started > seconds * 1000 + PATIENCE_MS) break;
      if (performance.now() >= nextProbe && performance.now() - started < seconds * 1000) {
        nextProbe += PROBE_MS;
        const port = FIRST_PORT + probesMade++;
        waiting.set(port, performance.now());
        socket.send(probe(port), serve.system.udpPort, "127.0.0.1");
      }
      if (waiting.size > 0) {
        for (const port of await findPorts(serve)) {
          const sentAt = waiting.get(port);
          if (sentAt === undefined) continue;
          delays.push(performance.now() - sentAt);
          waiting.delete(port);
        }
      }
      await pause(LOOK_MS);
    }
  } finally {
    socket.close();
  }
  return [...delays.sort((a, b) => a - b), ...Array.from(waiting, () => Infinity)];
}

/** Source ports of the probes of the last minute that a query knows. */
async function findPorts(serve: SillageServe): Promise<number[]> {
  const now = Date.now();
  const { A } = await serve.system.query(
    { from: now - 60_000, to: now + 60_000 },
    { A: { view: "top", filter: `src ip ${PROBE_ADDRESS}`, dimensions: [{ field: "src_port" }], measures: ["flows"], limit: 1000 } },
  );
  if (A?.error) throw new Error(`the probes' query failed: ${A.error.message}`);
  const frame = A?.frames[0];
  const at = frame?.schema.fields.findIndex(({ name }) => name === "src_port") ?? -1;
  return (frame?.data.values[at] ?? []).map(Number);
}

function probe(srcPort: number): Uint8Array {
  const nowMs = Date.now();
  const flow = {
    ...({ ipVersion: 4, srcAddr: PROBE_ADDRESS, dstAddr: "198.51.100.77", proto: 17, srcPort, dstPort: 53, tcpFlags: 0, tos: 0 } as const),
    ...{ bytes: 100, packets: 1, inIf: 1, outIf: 2, srcAs: 0, dstAs: 0, srcMask: 0, dstMask: 0, vlan: 0 },
    ...{ startMs: nowMs - 10, endMs: nowMs },
  };
  return encodeNetflow5({
    flows: [flow],
    exportMs: nowMs,
    bootMs: nowMs - 3_600_000,
    sequence: probesMade,
    engine: 7,
    samplingInterval: 0,
  });
}
