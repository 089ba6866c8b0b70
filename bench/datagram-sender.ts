/**
 * The sending side of the decode bench, a process of its own: the datagrams of one workload at a steady rate, templates first.
 *
 *   datagram-sender.ts PORT WORKLOAD DATAGRAMS_PER_SECOND SECONDS        WORKLOAD: its place in WORKLOADS
 */
import { createSocket } from "node:dgram";
import { DISTINCT_DATAGRAMS, makeDatagrams, WORKLOADS } from "./decode-workloads.ts";
import { sendPaced } from "./paced-send.ts";

async function main([port, workloadAt, perSecond, seconds]: readonly number[]): Promise<void> {
  const workload = WORKLOADS[workloadAt!]!;
  const datagrams = makeDatagrams(workload);
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(port!, "127.0.0.1", () => resolve()));
  const { prelude } = workload;
  if (prelude) await sendPaced(socket, { datagrams: 1, perSecond: 1_000, next: () => prelude });
  const total = Math.round(perSecond! * seconds!);
  await sendPaced(socket, { datagrams: total, perSecond: perSecond!, next: (n) => datagrams[n % DISTINCT_DATAGRAMS]! });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

void main(process.argv.slice(2).map(Number));
