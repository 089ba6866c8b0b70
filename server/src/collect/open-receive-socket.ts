/** Opens the UDP sockets of the collector: read in batches where that is wanted and works, else one datagram at a time. */
import { listenError } from "../listen-error.ts";
import { openBatchSocket } from "./batch-socket.ts";
import { loadLibc } from "./libc.ts";
import type { OnDatagram, ReceiveSocket, ReceiveSocketOptions, ReceiveWay } from "./receive-socket.ts";
import { openSingleSocket } from "./single-socket.ts";

/** Codes of a system that has no IPv6. */
const NO_IPV6 = ["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"];

/**
 * Opens a socket. `::` also takes IPv4, and becomes 0.0.0.0 on a system without IPv6.
 * @throws SillageError PORT_IN_USE and the others of listenError
 */
export async function openReceiveSocket(options: ReceiveSocketOptions, onDatagram: OnDatagram): Promise<ReceiveSocket> {
  const { host, port } = options;
  try {
    const libc = options.receive === "batches" ? await loadLibc() : "not wanted";
    return await withoutIpv6(host, (usable) => {
      const usableOptions = { ...options, host: usable };
      return typeof libc === "string" ? openSingleSocket(usableOptions, onDatagram) : openBatchSocket(libc, usableOptions, onDatagram);
    });
  } catch (error) {
    throw listenError({ protocol: "UDP", host, port, what: "the collector", option: "collector.listen" }, error);
  }
}

/** The way that a socket will be received from where this one is wanted. */
export async function possibleWay(wanted: ReceiveWay): Promise<ReceiveWay> {
  return wanted === "batches" && typeof (await loadLibc()) === "string" ? "single" : wanted;
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
