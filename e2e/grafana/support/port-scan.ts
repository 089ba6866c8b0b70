/** A port scan as a router would report it: first contacts (SYN, never ACK) from one source, in NetFlow v5. */
import { createSocket } from "node:dgram";

/** Source: Cisco, NetFlow Export Datagram Format: a 24-byte header and up to 30 records of 48 bytes. */
const HEADER_BYTES = 24;
const RECORD_BYTES = 48;
const RECORDS = 30;
const UPTIME_MS = 3_600_000;

/** Sends `count` flows from `source` to port 445 of as many targets in 203.0.113.0/24. `collector` is `host:port`. */
export async function sendPortScan(collector: string, source: string, count: number): Promise<void> {
  const socket = createSocket("udp4");
  const [host, port] = [collector.slice(0, collector.lastIndexOf(":")), Number(collector.slice(collector.lastIndexOf(":") + 1))];
  for (let sent = 0; sent < count; sent += RECORDS) {
    const datagram = buildDatagram(source, sent, Math.min(RECORDS, count - sent));
    await new Promise<void>((resolve, reject) => socket.send(datagram, port, host, (error) => (error ? reject(error) : resolve())));
  }
  socket.close();
}

function buildDatagram(source: string, first: number, count: number): Buffer {
  const datagram = Buffer.alloc(HEADER_BYTES + count * RECORD_BYTES);
  const now = Date.now();
  datagram.writeUInt16BE(5, 0);
  datagram.writeUInt16BE(count, 2);
  datagram.writeUInt32BE(UPTIME_MS, 4);
  datagram.writeUInt32BE(Math.floor(now / 1000), 8);
  datagram.writeUInt32BE((now % 1000) * 1_000_000, 12);
  datagram.writeUInt32BE(first, 16);
  for (let i = 0; i < count; i++) {
    const record = datagram.subarray(HEADER_BYTES + i * RECORD_BYTES);
    record.set(address(source), 0);
    record.set(address(`203.0.113.${1 + ((first + i) % 254)}`), 4);
    record.writeUInt32BE(1, 16); // packets
    record.writeUInt32BE(40, 20); // bytes
    record.writeUInt32BE(UPTIME_MS - 1000, 24);
    record.writeUInt32BE(UPTIME_MS - 500, 28);
    record.writeUInt16BE(40_000 + first + i, 32);
    record.writeUInt16BE(445, 34);
    record.writeUInt8(2, 37); // SYN
    record.writeUInt8(6, 38); // TCP
  }
  return datagram;
}

const address = (text: string): number[] => text.split(".").map(Number);
