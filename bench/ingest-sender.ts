/**
 * The sending side of the ingest and soak benches, a process of its own: prepared datagrams of one protocol at a steady rate to a port of
 * this machine, whenever its parent asks. The next are handed to the kernel while others are under way, so that libuv sends up to twenty with one call
 * (sendmmsg): 4 us a datagram instead of 8.
 *
 *   ingest-sender PROTOCOL DISTINCT_FLOWS        takes SendOrder, answers SendReport; the first message says that it is ready
 */
import { createSocket, type Socket } from "node:dgram";
import { setPriority } from "node:os";
import { prepareDatagrams, PreparedDatagrams, type IngestProtocol } from "./prepared-datagrams.ts";

export interface SendOrder {
  readonly port: number;
  readonly flowsPerSecond: number;
  readonly flows: number;
}

export interface SendReport {
  readonly flows: number;
  readonly datagrams: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Most datagrams that wait for the kernel; what is beyond waits for its turn. */
const MAX_UNDER_WAY = 512;
/** A sender that the machine held up does not catch up with a burst that no exporter would send: it sends later. Unit: ms. */
const MAX_CATCH_UP_MS = 8;
/** Templates are repeated so often, as exporters do. Unit: ms. */
const ANNOUNCE_MS = 5_000;
/** Between the first template and the first data. */
const SETTLE_MS = 20;

/** Exporters have machines of their own: who measures as root does not let other work hold the sender up. */
const PRIORITY = -10;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function send(socket: Socket, prepared: PreparedDatagrams, { flowsPerSecond, flows }: SendOrder): Promise<SendReport> {
  const perMs = flowsPerSecond / prepared.flowsPerDatagram / 1000;
  const total = Math.ceil(flows / prepared.flowsPerDatagram);
  let [sent, underWay] = [0, 0];
  let failed: Error | undefined;
  let announcedMs = 0;
  const onSent = (error: Error | null): void => {
    underWay--;
    failed ??= error ?? undefined;
  };
  const hand = (datagram: Uint8Array): void => {
    underWay++;
    socket.send(datagram, onSent);
  };
  const announceIfDue = (nowMs: number): void => {
    if (nowMs - announcedMs < ANNOUNCE_MS) return;
    announcedMs = nowMs;
    const template = prepared.announce(nowMs);
    if (template !== undefined) hand(template);
  };
  announceIfDue(Date.now());
  await pause(SETTLE_MS);
  const cpu = process.cpuUsage();
  const started = performance.now();
  let scheduleFrom = started;
  while (sent < total && failed === undefined) {
    const now = performance.now();
    let due = Math.floor((now - scheduleFrom) * perMs);
    const most = sent + Math.ceil(MAX_CATCH_UP_MS * perMs);
    if (due > most) {
      scheduleFrom += (due - most) / perMs;
      due = most;
    }
    const nowMs = Date.now();
    announceIfDue(nowMs);
    for (const end = Math.min(due, total); sent < end && underWay < MAX_UNDER_WAY; sent++) hand(prepared.next(nowMs));
    await pause(1);
  }
  while (underWay > 0) await pause(1);
  if (failed !== undefined) throw failed;
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  return { flows: total * prepared.flowsPerDatagram, datagrams: total, seconds, cpuSeconds: (used.user + used.system) / 1e6 };
}

async function serveOrder(prepared: PreparedDatagrams, order: SendOrder): Promise<SendReport> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(order.port, "127.0.0.1", () => resolve()));
  try {
    return await send(socket, prepared, order);
  } finally {
    socket.close();
  }
}

function main([protocol, distinctFlows]: readonly string[]): void {
  try {
    setPriority(PRIORITY);
  } catch {
    // Without the right to, the sender competes with everybody else; its report says which rate it reached.
  }
  const prepared = new PreparedDatagrams(
    protocol as IngestProtocol,
    prepareDatagrams(protocol as IngestProtocol, Number(distinctFlows)),
    Date.now(),
  );
  process.on("message", (order: SendOrder) => {
    void serveOrder(prepared, order).then((report) => process.send?.(report));
  });
  process.on("disconnect", () => process.exit());
  process.send?.("ready");
}

main(process.argv.slice(2));
