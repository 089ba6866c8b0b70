/**
 * A UDP socket that is read in batches: recvmmsg takes up to 64 datagrams into memory that is there already, where Node's dgram makes a
 * Buffer, an address text and an object of each (8 us). The socket is made by libc as well and not taken from a dgram socket, because Node has
 * no public way to its descriptor and would go on reading it.
 *
 * libuv tells when there is something to read. What is done then waits for the same turn's immediates: koffi calls back outside of Node's
 * callback scope, where promises would not go on and errors would get lost. A turn reads each socket once, so none keeps others, TCP or
 * timers waiting; what is left is told again in the next turn.
 */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { isIPv4, isIPv6 } from "node:net";
import { parseAddress } from "../flow/index.ts";
import {
  AF_INET,
  AF_INET6,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  type Libc,
  type Readiness,
} from "./libc.ts";
import { MessageBatch } from "./message-batch.ts";
import type { OnDatagram, ReceiveSocket, ReceiveSocketOptions } from "./receive-socket.ts";

let sharedBatch: MessageBatch | undefined;

/** Opens and binds a socket. Errors have the codes that dgram's have. */
export async function openBatchSocket(libc: Libc, options: ReceiveSocketOptions, onDatagram: OnDatagram): Promise<ReceiveSocket> {
  const { host, port, sources } = options;
  const local = await socketAddress(host, port);
  const fd = libc.socket(local.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw libc.failure("socket");
  if (libc.bind(fd, local.bytes, local.bytes.length) < 0 || libc.getsockname(fd, local.bytes, Uint32Array.of(local.bytes.length)) < 0) {
    const error = libc.failure("bind");
    libc.close(fd);
    throw error;
  }
  const batch = (sharedBatch ??= new MessageBatch(libc));
  const address = new Uint32Array(4);
  let isDue = false;
  let isOpen = true;

  function receive(): void {
    isDue = false;
    if (!isOpen) return;
    const count = batch.receive(fd);
    for (let i = 0; i < count; i++) {
      const datagram = batch.payload(i);
      const sourcePort = batch.sender(i, address);
      socket.datagrams++;
      socket.bytes += datagram.length;
      onDatagram(datagram, sources.ofAddress(address), sourcePort, socket);
    }
  }

  function onReadable(status: unknown): void {
    // libuv stops for an error of the socket, which reading it takes away.
    if (Number(status) < 0) readiness.start({ readable: true }, onReadable);
    if (isDue) return;
    isDue = true;
    setImmediate(receive);
  }

  const socket: ReceiveSocket = {
    host,
    port: new DataView(local.bytes.buffer).getUint16(2),
    receives: "batches",
    receiveBufferBytes: growBuffer(libc, fd, options.receiveBuffer),
    datagrams: 0,
    bytes: 0,
    askForBuffer(bytes) {
      socket.receiveBufferBytes = growBuffer(libc, fd, bytes);
    },
    close() {
      // The descriptor may be somebody else's by then.
      if (!isOpen) return Promise.resolve();
      isOpen = false;
      readiness.close();
      libc.close(fd);
      return Promise.resolve();
    },
  };
  let readiness: Readiness;
  try {
    readiness = libc.whenReadable(fd, onReadable);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return socket;
}

interface SocketAddress {
  readonly family: number;
  /** sockaddr_in or sockaddr_in6 */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The address of a host: of a name the first IPv4 one, as for dgram. */
async function socketAddress(host: string, port: number): Promise<SocketAddress> {
  const { address } = isIPv6(host) ? { address: host } : await lookup(host, { family: host.includes(":") ? 6 : 4 });
  const family = isIPv4(address) ? AF_INET : AF_INET6;
  const bytes = new Uint8Array(family === AF_INET ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  if (family === AF_INET) bytes.set(parseAddress(address).subarray(12), 4);
  else {
    bytes.set(parseAddress(address), 8);
    view.setUint32(24, zoneNumber(address), true);
  }
  return { family, bytes };
}

/** Number of the interface behind the % of an address that holds on one link only; 0 without. */
function zoneNumber(address: string): number {
  const zone = address.split("%")[1];
  if (zone === undefined) return 0;
  const known = networkInterfaces()[zone]?.find(({ scopeid }) => scopeid !== undefined && scopeid !== 0);
  return known?.scopeid ?? (Number(zone) || 0);
}

/** Asks for a buffer and returns what was granted, as the kernel counts it for use: it reports twice as much. */
function growBuffer(libc: Libc, fd: number, wanted: number): number {
  const value = Int32Array.of(wanted);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value, 4) < 0) libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, 4);
  libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, Uint32Array.of(4));
  return value[0]! / 2;
}
