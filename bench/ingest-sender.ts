/**
 * The sending side of the ingest bench, a process of its own: NetFlow v5 datagrams of 30 flows at a steady rate. Encoded before the clock
 * starts; only the sequence number and the times are written anew, so that sending costs as little as it can on a shared machine.
 *
 *   ingest-sender.ts PORT FLOWS_PER_SECOND SECONDS        tells its parent { flows, datagrams, seconds }
 */
import { createSocket } from "node:dgram";
import { encodeNetflow5, NETFLOW5_MAX_FLOWS, type DemoFlow, TrafficModel } from "../server/src/demo/index.ts";

/** What was sent. */
export interface SenderReport {
  readonly flows: number;
  readonly datagrams: number;
  readonly seconds: number;
}

const DISTINCT_DATAGRAMS = 512;
/** Datagrams between two looks at the clock; short, so that the receiver's buffer sees the rate and not bursts. */
const BURST = 16;

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

async function main(port: number, flowsPerSecond: number, seconds: number): Promise<SenderReport> {
  const datagrams = makeDatagrams(Date.now());
  const views = datagrams.map((datagram) => new DataView(datagram.buffer, datagram.byteOffset));
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", () => resolve()));
  const total = Math.round((flowsPerSecond * seconds) / NETFLOW5_MAX_FLOWS);
  let sent = 0;
  const started = performance.now();
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * (flowsPerSecond / NETFLOW5_MAX_FLOWS)));
    const end = Math.min(due, sent + BURST);
    const waiting: Promise<void>[] = [];
    for (; sent < end; sent++) {
      const at = sent % DISTINCT_DATAGRAMS;
      views[at]!.setUint32(8, Math.floor(Date.now() / 1000)); // header unix_secs
      views[at]!.setUint32(16, (sent * NETFLOW5_MAX_FLOWS) >>> 0); // header flow_sequence
      waiting.push(new Promise((resolve, reject) => socket.send(datagrams[at]!, (error) => (error ? reject(error) : resolve()))));
    }
    if (waiting.length > 0) await Promise.all(waiting);
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const report = { flows: sent * NETFLOW5_MAX_FLOWS, datagrams: sent, seconds: (performance.now() - started) / 1000 };
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return report;
}

const [port, flowsPerSecond, seconds] = process.argv.slice(2).map(Number);
void main(port!, flowsPerSecond!, seconds!).then((report) => process.send?.(report));
