/**
 * The sending side of the ingest bench, a process of its own: NetFlow v5 datagrams of 30 flows at a steady rate. Encoded before the clock
 * starts; only the sequence number and the times are written anew, so that sending costs as little as it can on a shared machine.
 *
 *   ingest-sender.ts PORT FLOWS_PER_SECOND SECONDS        tells its parent { flows, datagrams, seconds }
 */
import { createSocket } from "node:dgram";
import { encodeNetflow5, NETFLOW5_MAX_FLOWS, type DemoFlow, TrafficModel } from "../server/src/demo/index.ts";
import { sendPaced } from "./paced-send.ts";

/** What was sent. */
export interface SenderReport {
  readonly flows: number;
  readonly datagrams: number;
  readonly seconds: number;
}

const DISTINCT_DATAGRAMS = 512;

function isIPv4(flow: DemoFlow): boolean {
  return flow.ipVersion === 4;
}

function makeDatagrams(nowMs: number): Uint8Array[] {
  const flows = new TrafficModel(1).next(DISTINCT_DATAGRAMS * NETFLOW5_MAX_FLOWS * 2, nowMs).filter(isIPv4);
  return Array.from({ length: DISTINCT_DATAGRAMS }, (_, n) =>
    encodeNetflow5({
      flows: flows.slice(n * NETFLOW5_MAX_FLOWS, (n + 1) * NETFLOW5_MAX_FLOWS),
      exportMs: nowMs,
      bootMs: nowMs - 3_600_000,
      sequence: 0,
      engine: 0,
      samplingInterval: 0,
    }),
  );
}

async function main(port: number, flowsPerSecond: number, wantedSeconds: number): Promise<SenderReport> {
  const datagrams = makeDatagrams(Date.now());
  const views = datagrams.map((datagram) => new DataView(datagram.buffer, datagram.byteOffset));
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", () => resolve()));
  const total = Math.round((flowsPerSecond * wantedSeconds) / NETFLOW5_MAX_FLOWS);
  const seconds = await sendPaced(socket, {
    datagrams: total,
    perSecond: flowsPerSecond / NETFLOW5_MAX_FLOWS,
    next: (n) => {
      const at = n % DISTINCT_DATAGRAMS;
      views[at]!.setUint32(8, Math.floor(Date.now() / 1000)); // header unix_secs
      views[at]!.setUint32(16, (n * NETFLOW5_MAX_FLOWS) >>> 0); // header flow_sequence
      return datagrams[at]!;
    },
  });
  const report = { flows: total * NETFLOW5_MAX_FLOWS, datagrams: total, seconds };
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return report;
}

const [port, flowsPerSecond, seconds] = process.argv.slice(2).map(Number);
void main(port!, flowsPerSecond!, seconds!).then((report) => process.send?.(report));
