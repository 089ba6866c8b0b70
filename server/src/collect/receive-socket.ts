/** What a UDP socket of the collector is to everybody else, however it takes datagrams from the kernel (open-receive-socket.ts). */
import type { Source, SourceTable } from "./source-table.ts";

/** Called for each datagram, whose bytes hold until it returns. */
export type OnDatagram = (datagram: Uint8Array, source: Source, sourcePort: number, socket: ReceiveSocket) => void;

/** How datagrams are taken from the kernel: many with one call, or each with one of its own. */
export const RECEIVE_WAYS = ["batches", "single"] as const;
export type ReceiveWay = (typeof RECEIVE_WAYS)[number];

export interface ReceiveSocket {
  readonly host: string;
  readonly port: number;
  readonly receives: ReceiveWay;
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
  /** The way that is wanted; `batches` becomes `single` where it does not work. */
  readonly receive: ReceiveWay;
  readonly sources: Pick<SourceTable, "ofText" | "ofAddress">;
}
