/**
 * The receiving side of the decode bench: the collector's socket and decoder in a process of their own, without what comes behind them.
 * Tells its parent the port it listens on, and how many datagrams and rows there were whenever it is asked.
 */
import { openReceiveSocket } from "../server/src/collect/open-receive-socket.ts";
import type { ReceiveWay } from "../server/src/collect/receive-socket.ts";
import { SourceTable } from "../server/src/collect/source-table.ts";
import { Decoder } from "../server/src/decode/index.ts";
import { EXPORT_MS } from "./decode-workloads.ts";
import { RowCounter } from "./row-counter.ts";

export interface ReceiverReport {
  readonly port: number;
  readonly datagrams: number;
  readonly rows: number;
}

const RECEIVE_BUFFER_BYTES = 33_554_432;

async function main(receive: ReceiveWay): Promise<void> {
  const decoder = new Decoder();
  const sink = new RowCounter();
  const options = { host: "127.0.0.1", port: 0, receive, receiveBuffer: RECEIVE_BUFFER_BYTES, sources: new SourceTable(["private"]) };
  const socket = await openReceiveSocket(options, (datagram, { bytes }, sourcePort) => {
    // Received when it was exported: the datagrams are older than today, and old times are another path of the decoder.
    decoder.decode(datagram, { source: bytes, sourcePort, receivedMs: EXPORT_MS }, sink);
  });
  const report = (): ReceiverReport => ({ port: socket.port, datagrams: socket.datagrams, rows: sink.rows });
  process.on("message", () => process.send?.(report()));
  process.on("disconnect", () => process.exit());
  process.send?.(report());
}

void main(process.argv[2] as ReceiveWay);
