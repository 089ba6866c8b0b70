/**
 * Ports for programs that are told their port and start later. They lie below the range from which the kernel serves whoever asks for any port
 * (ip_local_port_range, 32768-60999 on Linux), so no socket of another test, and no connection, takes one between the choice and its use, or
 * while the program starts again.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const LOWEST = 10_000;
const COUNT = 22_000;

/** Each test file begins elsewhere: several run at once. */
let next = Math.floor(Math.random() * COUNT);

/** A port of the loopback address that is free for UDP and for TCP, and that this process has not given out before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = LOWEST + (next++ % COUNT);
    if ((await isFreeForUdp(port)) && (await isFreeForTcp(port))) return port;
  }
  throw new Error(`no port from ${LOWEST} to ${LOWEST + COUNT - 1} is free`);
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
