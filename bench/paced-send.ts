/** Sends datagrams at a steady rate from this process. */
import type { Socket } from "node:dgram";

/** Datagrams between two looks at the clock; short, so that the receiver's buffer sees the rate and not bursts. */
const BURST = 16;

export interface Pace {
  readonly datagrams: number;
  readonly perSecond: number;
  /** The n-th datagram; it is handed to the kernel before the next is asked for. */
  readonly next: (n: number) => Uint8Array;
}

/** @returns seconds it took */
export async function sendPaced(socket: Socket, { datagrams, perSecond, next }: Pace): Promise<number> {
  const started = performance.now();
  let sent = 0;
  while (sent < datagrams) {
    const due = Math.min(datagrams, Math.floor(((performance.now() - started) / 1000) * perSecond));
    const end = Math.min(due, sent + BURST);
    const waiting: Promise<void>[] = [];
    for (; sent < end; sent++) {
      const datagram = next(sent);
      waiting.push(new Promise((resolve, reject) => socket.send(datagram, (error) => (error ? reject(error) : resolve()))));
    }
    if (waiting.length > 0) await Promise.all(waiting);
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return (performance.now() - started) / 1000;
}
