/**
 * IPFIX over TCP: exporters connect, messages follow each other (RFC 7011 section 10.4). What a connection may take is bounded: one message
 * of memory, a time for each message, a time of silence, a number of connections by address and in all. When rows find no room behind the
 * decoder, nothing is read: TCP holds the exporter back and no message is lost.
 */
import type { Socket } from "node:net";
import { IpfixFramer, type ConnectionRest } from "../decode/index.ts";
import type { TcpConfig } from "./config.ts";

/** Why connections ended; the label of a metric. */
export const CLOSE_CAUSES = {
  ended: "the exporter ended it",
  reset: "it broke",
  lost_framing: "what came is no IPFIX",
  slow_message: "a message took longer than `collector.tcp.messageTimeout`",
  idle: "nothing came for `collector.tcp.idleTimeout`",
  too_many: "there were `collector.tcp.maxConnections` already",
  too_many_from_address: "the address had `collector.tcp.maxConnectionsPerAddress` already",
  not_allowed: "its address is no longer in `collector.allow`",
  closing: "the collector or the port was closed",
} as const;

export type CloseCause = keyof typeof CLOSE_CAUSES;

/** Probes of the kernel that find out when an exporter is gone without a word. */
const KEEP_ALIVE_MS = 60_000;

/** What a connection is to those who read its messages. */
export interface Sender {
  /** Number that no other connection has, from 1. */
  readonly connection: number;
  /** 16 bytes. */
  readonly source: Uint8Array;
  readonly sourcePort: number;
}

export interface ConnectionHandler {
  onMessage(message: Uint8Array, sender: Sender): void;
  /** @param rest bytes that became no message */
  onClose(sender: Sender, rest: ConnectionRest): void;
}

/** Counts of one port. */
export interface PortCounts {
  messages: number;
  bytes: number;
}

export interface ConnectionStats {
  readonly open: number;
  readonly opened: number;
  readonly closed: Readonly<Record<CloseCause, number>>;
  /** Address of the last connection that ended for a cause. */
  readonly lastClosed: Readonly<Partial<Record<CloseCause, string>>>;
  /** Nothing is read, because there is no room for rows. */
  readonly isPaused: boolean;
}

interface Connection extends Sender {
  readonly address: string;
  readonly socket: Socket;
  readonly counts: PortCounts;
  readonly framer: IpfixFramer;
  lastByteMs: number;
  /** When the message that is not complete began; undefined between two messages. */
  messageBeganMs: number | undefined;
}

export class TcpConnections {
  readonly #handler: ConnectionHandler;
  readonly #now: () => number;
  #config: TcpConfig;
  readonly #open = new Set<Connection>();
  readonly #byAddress = new Map<string, number>();
  readonly #closed = Object.fromEntries(Object.keys(CLOSE_CAUSES).map((cause) => [cause, 0])) as Record<CloseCause, number>;
  readonly #lastClosed: Partial<Record<CloseCause, string>> = {};
  #lastConnection = 0;
  #opened = 0;
  #isPaused = false;

  constructor(config: TcpConfig, handler: ConnectionHandler, now: () => number) {
    this.#config = config;
    this.#handler = handler;
    this.#now = now;
  }

  /** Limits for connections from now on, and timeouts for all. */
  configure(config: TcpConfig): void {
    this.#config = config;
  }

  /** Takes a connection whose sender is allowed, or ends it when there are too many. */
  accept(socket: Socket, source: Uint8Array, counts: PortCounts): void {
    const { remoteAddress: address, remotePort: sourcePort } = socket;
    // An error of a connection is its end, nothing more.
    socket.on("error", () => undefined);
    if (address === undefined || sourcePort === undefined) {
      socket.destroy(); // it ended before it was looked at
      return;
    }
    const nowMs = this.#now();
    const connection: Connection = {
      ...{ connection: ++this.#lastConnection, source, sourcePort, address, socket, counts },
      ...{ framer: new IpfixFramer(), lastByteMs: nowMs, messageBeganMs: undefined },
    };
    const fromAddress = this.#byAddress.get(address) ?? 0;
    const refusal = this.#refusal(fromAddress);
    if (refusal) {
      this.#countClose(connection, refusal);
      socket.destroy();
      return;
    }
    this.#opened++;
    this.#open.add(connection);
    this.#byAddress.set(address, fromAddress + 1);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("data", (chunk) => this.#onData(connection, chunk));
    socket.on("close", (hadError) => this.#close(connection, hadError ? "reset" : "ended"));
    if (this.#isPaused) socket.pause();
  }

  /** Ends connections that are too slow or silent; call it every second or so. */
  sweep(): void {
    if (this.#isPaused) return;
    const nowMs = this.#now();
    const { messageTimeout, idleTimeout } = this.#config;
    for (const connection of this.#open) {
      const { messageBeganMs, lastByteMs } = connection;
      if (messageBeganMs !== undefined && nowMs - messageBeganMs > messageTimeout) this.#close(connection, "slow_message");
      else if (nowMs - lastByteMs > idleTimeout) this.#close(connection, "idle");
    }
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Stops or goes on reading. Time that we did not read is not held against an exporter. @returns whether that changed something */
  setPaused(isPaused: boolean): boolean {
    if (isPaused === this.#isPaused) return false;
    this.#isPaused = isPaused;
    const nowMs = this.#now();
    for (const connection of this.#open) {
      if (isPaused) connection.socket.pause();
      else {
        connection.lastByteMs = nowMs;
        if (connection.messageBeganMs !== undefined) connection.messageBeganMs = nowMs;
        connection.socket.resume();
      }
    }
    return true;
  }

  /** Ends those that the predicate names. */
  closeIf(isOver: (connection: Sender & { readonly address: string; readonly counts: PortCounts }) => boolean, cause: CloseCause): void {
    for (const connection of this.#open) if (isOver(connection)) this.#close(connection, cause);
  }

  stats(): ConnectionStats {
    return {
      ...{ open: this.#open.size, opened: this.#opened, isPaused: this.#isPaused },
      ...{ closed: { ...this.#closed }, lastClosed: { ...this.#lastClosed } },
    };
  }

  #refusal(fromAddress: number): CloseCause | undefined {
    if (fromAddress >= this.#config.maxConnectionsPerAddress) return "too_many_from_address";
    return this.#open.size >= this.#config.maxConnections ? "too_many" : undefined;
  }

  #onData(connection: Connection, chunk: Uint8Array): void {
    const { framer, counts } = connection;
    const nowMs = this.#now();
    const messagesBefore = counts.messages;
    connection.lastByteMs = nowMs;
    counts.bytes += chunk.length;
    framer.push(chunk, (message) => {
      counts.messages++;
      this.#handler.onMessage(message, connection);
    });
    if (framer.isBroken) this.#close(connection, "lost_framing");
    else if (framer.pendingBytes === 0) connection.messageBeganMs = undefined;
    else if (connection.messageBeganMs === undefined || counts.messages > messagesBefore) connection.messageBeganMs = nowMs;
  }

  #close(connection: Connection, cause: CloseCause): void {
    if (!this.#open.delete(connection)) return;
    const { address, socket, framer } = connection;
    const fromAddress = this.#byAddress.get(address)! - 1;
    if (fromAddress === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, fromAddress);
    this.#countClose(connection, cause);
    socket.destroy();
    this.#handler.onClose(
      connection,
      framer.isBroken ? { cause: "lost_framing", bytes: framer.lostBytes } : { cause: "cut_off_message", bytes: framer.pendingBytes },
    );
  }

  #countClose({ address }: Connection, cause: CloseCause): void {
    this.#closed[cause]++;
    this.#lastClosed[cause] = address;
  }
}
