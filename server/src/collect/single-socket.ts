/**
 * A UDP socket as Node has it: dgram makes a Buffer, an address text and an object for each datagram. Nothing is added to that here: one
 * function call, no promise, no closure.
 */
import { createSocket, type Socket } from "node:dgram";
import type { OnDatagram, ReceiveSocket, ReceiveSocketOptions } from "./receive-socket.ts";

/** Opens and binds a socket. */
export async function openSingleSocket(options: ReceiveSocketOptions, onDatagram: OnDatagram): Promise<ReceiveSocket> {
  const socket = createSocket({ type: options.host.includes(":") ? "udp6" : "udp4" });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: options.host, port: options.port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw error;
  });
  const receive: ReceiveSocket = {
    host: options.host,
    port: socket.address().port,
    receives: "single",
    receiveBufferBytes: growBuffer(socket, options.receiveBuffer),
    datagrams: 0,
    bytes: 0,
    askForBuffer(bytes) {
      receive.receiveBufferBytes = growBuffer(socket, bytes);
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
  // An error of one datagram (an ICMP answer, a lack of buffers) is not an error of the socket.
  socket.on("error", () => undefined);
  socket.on("message", (datagram, remote) => {
    receive.datagrams++;
    receive.bytes += datagram.length;
    onDatagram(datagram, options.sources.ofText(remote.address), remote.port, receive);
  });
  return receive;
}

/** Asks for a buffer and returns what was granted: Linux cuts at net.core.rmem_max, and reports twice what it counts as usable. */
function growBuffer(socket: Socket, wanted: number): number {
  try {
    socket.setRecvBufferSize(wanted);
  } catch {
    // Some systems refuse a size above their limit instead of cutting it: the default stays.
  }
  return process.platform === "linux" ? socket.getRecvBufferSize() / 2 : socket.getRecvBufferSize();
}
