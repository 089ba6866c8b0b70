/**
 * The receiving side of the decode bench: the collector's socket and decoder in a process of their own, without what comes behind them.
 * Tells its parent the port it listens on, and how many datagrams and rows there were whenever it is asked.
 */
import { openReceiveSocket } from "../server/src/collect/receive-socket.ts";
import { Decoder } from "../server/src/decode/index.ts";
import { FlowBatch, parseAddress } from "../server/src/flow/index.ts";
import { EXPORT_MS } from "./decode-workloads.ts";

export interface ReceiverReport {
  readonly port: number;
  readonly datagrams: number;
  readonly rows: number;
}

const RECEIVE_BUFFER_BYTES = 33_554_432;

async function main(): Promise<void> {
  const decoder = new Decoder();
  const batch = new FlowBatch();
  let rows = 0;
  const sink = {
    batch,
    flush: (): void => {
      rows += batch.rows;
      batch.reset();
    },
  };
  const source = parseAddress("127.0.0.1");
  const socket = await openReceiveSocket({ host: "127.0.0.1", port: 0, receiveBuffer: RECEIVE_BUFFER_BYTES }, (datagram, remote) => {
    // Received when it was exported: the datagrams are older than today, and old times are another path of the decoder.
    decoder.decode(datagram, { source, sourcePort: remote.port, receivedMs: EXPORT_MS }, sink);
  });
  const report = (): ReceiverReport => ({ port: socket.port, datagrams: socket.datagrams, rows: rows + batch.rows });
  process.on("message", () => process.send?.(report()));
  process.on("disconnect", () => process.exit());
  process.send?.(report());
}

void main();
