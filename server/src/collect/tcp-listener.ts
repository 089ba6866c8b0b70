/** One TCP port of the collector: takes connections and hands them on. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { listenError } from "../listen-error.ts";
import { withoutIpv6 } from "./open-receive-socket.ts";
import type { PortCounts } from "./tcp-connections.ts";

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  readonly counts: PortCounts;
  /** Takes no more connections; those that are open stay. */
  close(): Promise<void>;
}

export type OnConnection = (socket: Socket, listener: TcpListener) => void;

/**
 * Listens. `::` also takes IPv4, and becomes 0.0.0.0 on a system without IPv6.
 * @throws SillageError PORT_IN_USE and the others of listenError
 */
export async function openTcpListener(
  at: { readonly host: string; readonly port: number },
  onConnection: OnConnection,
): Promise<TcpListener> {
  const { host, port } = at;
  try {
    return await withoutIpv6(host, (usable) => open(usable, port, onConnection));
  } catch (error) {
    throw listenError({ protocol: "TCP", host, port, what: "the collector", option: "collector.listen" }, error);
  }
}

async function open(host: string, port: number, onConnection: OnConnection): Promise<TcpListener> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  // A connection that could not be taken (no file handle left) is not the end of the port.
  server.on("error", () => undefined);
  const listener: TcpListener = {
    host,
    port: (server.address() as AddressInfo).port,
    counts: { messages: 0, bytes: 0 },
    close: () => closeServer(server),
  };
  server.on("connection", (socket) => onConnection(socket, listener));
  return listener;
}

/** Waits for nobody: the end of a server is told only when its last connection has ended. */
function closeServer(server: Server): Promise<void> {
  server.close();
  return Promise.resolve();
}
