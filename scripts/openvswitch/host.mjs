/** A host of the trial: `listen` takes what comes on TCP 5201 and UDP 7000; `talk ADDRESS` sends, waits for the answer and ends. */
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const [role, address] = process.argv.slice(2);
const UPLOAD_BYTES = 1_000_000;
const PIECE_BYTES = 5_000;
const ANSWER_BYTES = 50_000;
const DATAGRAMS = 300;

if (role === "listen") {
  const udp = createSocket("udp4").bind(7000);
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume();
    socket.on("end", () => socket.end(Buffer.alloc(ANSWER_BYTES)));
  }).listen(5201);
  await Promise.all([once(udp, "listening"), once(tcp, "listening")]);
  console.log("ready");
} else {
  // TCP first: the switch learns both hosts' ports by it, and floods nothing that follows.
  const tcp = connect({ host: address, port: 5201, allowHalfOpen: true });
  await once(tcp, "connect");
  tcp.resume();
  // At a pace: a burst overruns the sockets that the userspace datapath reads from.
  for (let sent = 0; sent < UPLOAD_BYTES; sent += PIECE_BYTES) {
    tcp.write(Buffer.alloc(PIECE_BYTES));
    await delay(5);
  }
  tcp.end();
  await once(tcp, "end");
  const udp = createSocket("udp4");
  for (let i = 0; i < DATAGRAMS; i++) {
    udp.send(Buffer.alloc(500), 7000, address);
    await delay(5);
  }
  udp.close();
}
