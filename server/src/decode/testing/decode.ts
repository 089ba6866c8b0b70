/** Decoding in tests: one exporter, rows as objects. */
import { FlowBatch, parseAddress, readFlow, type FlowValue } from "../../flow/index.ts";
import { Decoder, type DatagramContext, type DecoderOptions, type ExporterStats } from "../index.ts";

/** Every byte that came in was decoded, dropped, skipped, or still waits. */
export function expectBalance(decoder: Decoder): void {
  const balance = decoder.byteBalance();
  const { received, decoded, dropped, skipped, waiting } = balance;
  if (received !== decoded + dropped + skipped + waiting) throw new Error(`bytes do not add up: ${JSON.stringify(balance)}`);
}

/** Receipt of every datagram, unless the test says otherwise: 2026-09-21T14:13:20Z. */
export const RECEIVED_MS = 1_790_000_000_000;

export interface Sender {
  readonly source?: string;
  readonly port?: number;
  readonly receivedMs?: number;
  /** TCP connection; 0 is UDP. */
  readonly connection?: number;
}

export function contextOf({ source = "192.0.2.1", port = 2055, receivedMs = RECEIVED_MS, connection = 0 }: Sender): DatagramContext {
  return { source: parseAddress(source), sourcePort: port, receivedMs, connection };
}

export class TestDecoder {
  readonly decoder: Decoder;
  readonly rows: Record<string, FlowValue>[] = [];
  private readonly batch: FlowBatch;

  constructor(options?: DecoderOptions, capacity = 64) {
    this.decoder = new Decoder(options);
    this.batch = new FlowBatch(capacity);
  }

  /** Decodes one datagram; the rows it completed. */
  decode(datagram: Uint8Array, sender: Sender = {}): Record<string, FlowValue>[] {
    const before = this.rows.length;
    const flush = (): void => {
      for (let row = 0; row < this.batch.rows; row++) this.rows.push(readFlow(this.batch, row));
      this.batch.reset();
    };
    this.decoder.decode(datagram, contextOf(sender), { batch: this.batch, flush });
    flush();
    expectBalance(this.decoder);
    return this.rows.slice(before);
  }

  /** The only session, or the one of a protocol. */
  stats(protocol?: string): ExporterStats {
    const found = this.decoder.stats().filter((one) => protocol === undefined || one.protocol === protocol);
    if (found.length !== 1) throw new Error(`${found.length} sessions`);
    return found[0]!;
  }
}
