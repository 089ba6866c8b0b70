/**
 * Gives each exporter of a test an address of its own: what it sends to the relay's port goes on to the collector, byte for byte, from
 * 127.0.0.N. All exporters can then feed one running system, and a query for `exporter` tells them apart. Linux answers for all of
 * 127.0.0.0/8.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Room for a burst that a file reader sends at full speed; Linux grants at most net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface Relay {
  /** Where the exporter sends to, on 127.0.0.1. */
  readonly port: number;
  /** The datagrams that have passed. */
  readonly passed: readonly Buffer[];
  /** Sends a datagram that came another way. */
  pass(datagram: Buffer): void;
  close(): Promise<void>;
}

/** @param address the address that the collector sees */
export async function udpRelay(address: string, collectorPort: number): Promise<Relay> {
  const incoming = createSocket("udp4");
  const outgoing = createSocket("udp4");
  const passed: Buffer[] = [];
  const pass = (datagram: Buffer): void => {
    passed.push(datagram);
    outgoing.send(datagram, collectorPort, "127.0.0.1");
  };
  incoming.on("message", pass);
  incoming.bind(0, "127.0.0.1");
  outgoing.bind(0, address);
  await Promise.all([once(incoming, "listening"), once(outgoing, "listening")]);
  try {
    incoming.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // Then the kernel's default has to do.
  }
  return {
    port: incoming.address().port,
    passed,
    pass,
    async close() {
      incoming.close();
      outgoing.close();
      await Promise.all([once(incoming, "close"), once(outgoing, "close")]);
    },
  };
}
