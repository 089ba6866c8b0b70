/**
 * One UDP socket of the collector. Node's dgram makes a Buffer and an address object for each datagram; nothing is added to that here: one
 * function call, no promise, no closure.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { listenError } from "../listen-error.ts";

/** Called for each datagram. `remote.address` is text; see SourceTable. */
export type OnDatagram = (datagram: Buffer, remote: RemoteInfo, socket: ReceiveSocket) => void;

export interface ReceiveSocket {
  readonly host: string;
  readonly port: number;
  /** Kernel buffer granted, bytes as the kernel counts them for use (half of what it reports on Linux). */
  receiveBufferBytes: number;
  datagrams: number;
  bytes: number;
  /** Asks the kernel for another buffer; what was granted stands in `receiveBufferBytes`. */
  askForBuffer(bytes: number): void;
  close(): Promise<void>;
}

export interface ReceiveSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly receiveBuffer: number;
}

/** Codes of a system that has no IPv6. */
const NO_IPV6 = ["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"];

/**
 * Opens a socket. `::` also takes IPv4, and becomes 0.0.0.0 on a system without IPv6.
 * @throws SillageError PORT_IN_USE and the others of listenError
 */
export async function openReceiveSocket(options: ReceiveSocketOptions, onDatagram: OnDatagram): Promise<ReceiveSocket> {
  const { host, port } = options;
  try {
    return await withoutIpv6(host, (usable) => open({ ...options, host: usable }, onDatagram));
  } catch (error) {
    throw listenError({ protocol: "UDP", host, port, what: "the collector", option: "collector.listen" }, error);
  }
}

/** Tries a host; `::` becomes 0.0.0.0 on a system without IPv6. */
export async function withoutIpv6<T>(host: string, open: (host: string) => Promise<T>): Promise<T> {
  try {
    return await open(host);
  } catch (error) {
    if (host !== "::" || !NO_IPV6.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return await open("0.0.0.0");
  }
}

async function open(options: ReceiveSocketOptions, onDatagram: OnDatagram): Promise<ReceiveSocket> {
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
    onDatagram(datagram, remote, receive);
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
