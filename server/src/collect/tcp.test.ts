/** IPFIX over TCP, from the socket to the rows in the spool. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Decoder } from "../decode/index.ts";
import { encodeTemplated, IPFIX_TEMPLATES, TrafficModel } from "../demo/index.ts";
import { createLogger } from "../log.ts";
import { createSpoolWriter, parseSegmentName, spoolConfigSchema, type SpoolWriter } from "../spool/index.ts";
import { createCollector, type Collector } from "./collector.ts";
import { collectorConfigSchema, takesTcp } from "./config.ts";
import type { CollectorStatus } from "./status.ts";
import { until } from "../testing/until.ts";

const log = createLogger("collector", { level: "error", format: "json" }, false);
const template = IPFIX_TEMPLATES[4];
const clock = { exportMs: Date.now(), bootMs: Date.now() - 60_000, version: 10 as const, obsDomain: 1 };
const model = new TrafficModel(3, { ipv6: false });

let folder: string;
let collector: Collector | undefined;
let sockets: Socket[] = [];
/** Ends the collector, once. */
async function stop(): Promise<void> {
  await collector?.stop(5_000);
  collector = undefined;
}

/** Starts a collector on a TCP port; the clock runs `hurry` times as fast. */
async function start({ tcp = {}, allow = ["private"], hurry = 1, wrap = (writer: SpoolWriter) => writer } = {}): Promise<number> {
  const spool = spoolConfigSchema.parse({ closeAfter: "50ms" });
  const listen = [{ host: "127.0.0.1", port: 0, tcp: true }];
  const config = collectorConfigSchema.parse({ name: "lab", listen, tcp, allow, status: { port: 0 } });
  const writer = createSpoolWriter({ config: spool, folder, collector: "lab", bootMs: Date.now() });
  await writer.start();
  const startMs = Date.now();
  const now = (): number => startMs + (Date.now() - startMs) * hurry;
  collector = createCollector({ config, spool }, { decoder: new Decoder(), writer: wrap(writer), log, now });
  await collector.start();
  return status().tcp.listening[0]!.port;
}

const status = (): CollectorStatus => collector!.status();

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  sockets.push(socket);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

const ended = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once("close", resolve));

const announcement = encodeTemplated({ ...clock, sequence: 0, templates: [template], sets: [] });
const flows = (count: number, sequence: number): Uint8Array =>
  encodeTemplated({ ...clock, sequence, templates: [], sets: [{ template, flows: model.next(count, clock.exportMs) }] });
/** The session of what is of no protocol. The decoder is asked every 200 ms only. */
const unknown = () => status().exporters.find(({ protocol }) => protocol === "unknown");
const decodedRows = (): number => status().exporters.reduce((sum, { rows }) => sum + rows, 0);
const storedRows = (): number =>
  readdirSync(folder).reduce((sum, file) => sum + (parseSegmentName(file)?.table === "flows" ? parseSegmentName(file)!.rows : 0), 0);

describe("a listening port", () => {
  it.each([
    [{ port: 4739 }, true],
    [{ port: 2055 }, false],
    [{ port: 2055, tcp: true }, true],
    [{ port: 4739, tcp: false }, false],
  ])("takes connections on %j: %s", (listen, want) => {
    expect(takesTcp(collectorConfigSchema.parse({ listen: [listen] }).listen[0]!)).toBe(want);
  });
});

describe("the collector over TCP", () => {
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "sillage-tcp-"))));
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await stop();
    rmSync(folder, { recursive: true });
  });

  it("stores every flow of several connections, however their bytes are cut", async () => {
    const port = await start();
    for (const size of [1, 700, 65_000]) {
      const socket = await open(port);
      const stream = Buffer.concat([announcement, ...Array.from({ length: 20 }, (_, i) => flows(10, i * 10))]);
      for (let at = 0; at < stream.length; at += size) socket.write(stream.subarray(at, at + size));
      socket.end();
      await ended(socket);
    }
    await until(() => decodedRows() === 600);
    const { tcp, exporters } = status();
    expect(tcp).toMatchObject({ open: 0, opened: 3, closed: { ended: 3 }, listening: [{ messages: 63 }] });
    expect(exporters).toMatchObject([{ protocol: "ipfix", rows: 600, templates: 0, dropped: {} }]);
    await stop();
    expect(storedRows()).toBe(600);
  });

  it.each([
    { name: "NetFlow v5", bytes: Buffer.from("00050001aabbccdd", "hex") },
    { name: "a request of a browser", bytes: Buffer.from("GET / HTTP/1.1\r\n\r\n") },
    { name: "a length below the header's", bytes: Buffer.from("000a000f00000000", "hex") },
  ])("closes a connection that sends $name, and keeps what came before", async ({ bytes }) => {
    const socket = await open(await start());
    socket.write(Buffer.concat([announcement, flows(5, 0), bytes]));
    await ended(socket);
    await until(() => unknown() !== undefined);
    expect(status().tcp).toMatchObject({ open: 0, closed: { lost_framing: 1 }, lastClosed: { lost_framing: "127.0.0.1" } });
    expect(decodedRows()).toBe(5);
    expect(unknown()).toMatchObject({ dropped: { lost_framing: 1 }, droppedBytes: { lost_framing: bytes.length } });
  });

  it("counts a message that the end of its connection cut off", async () => {
    const socket = await open(await start());
    socket.end(Buffer.concat([announcement, flows(5, 0).subarray(0, 50)]));
    await ended(socket);
    await until(() => unknown() !== undefined);
    expect(unknown()).toMatchObject({ dropped: { cut_off_message: 1 }, droppedBytes: { cut_off_message: 50 } });
  });

  it.each([
    { cause: "slow_message", bytes: flows(1, 0).subarray(0, 9), tcp: { messageTimeout: "1s" } },
    { cause: "idle", bytes: announcement, tcp: { idleTimeout: "10s" } },
  ])("closes a connection for being $cause", async ({ cause, bytes, tcp }) => {
    const socket = await open(await start({ tcp, hurry: 20 }));
    socket.write(bytes);
    await ended(socket);
    expect(status().tcp.closed).toMatchObject({ [cause]: 1 });
  });

  it.each([
    { cause: "too_many_from_address", tcp: { maxConnectionsPerAddress: 3 } },
    { cause: "too_many", tcp: { maxConnections: 3 } },
  ])("closes connections beyond the cap: $cause", async ({ cause, tcp }) => {
    const port = await start({ tcp });
    const held = [await open(port), await open(port), await open(port)];
    await until(() => status().tcp.open === 3);
    await ended(await open(port));
    expect(status().tcp).toMatchObject({ open: 3, opened: 3, closed: { [cause]: 1 } });
    held[0]!.destroy();
    await until(() => status().tcp.open === 2);
    (await open(port)).write(Buffer.concat([announcement, flows(5, 0)]));
    await until(() => decodedRows() === 5);
  });

  it("turns away who is not allowed", async () => {
    const socket = await open(await start({ allow: ["192.0.2.0/24"] }));
    await ended(socket);
    expect(status()).toMatchObject({
      tcp: { opened: 0 },
      refused: { datagrams: 0, connections: 1, sources: [{ source: "127.0.0.1", connections: 1 }] },
    });
  });

  it("holds exporters back while the spool is full, and then loses none of their flows", async () => {
    let isFull = true;
    const port = await start({
      wrap: (writer) => ({ ...writer, isNearlyFull: () => isFull }),
    });
    await until(() => status().tcp.isPaused);
    const socket = await open(port);
    socket.write(announcement);
    // More than the kernel's buffers take: the exporter is stopped, not only unread.
    const message = flows(60, 0);
    const count = 8_000;
    for (let i = 0; i < count; i++) socket.write(message);
    socket.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(socket.writableLength).toBeGreaterThan(0);
    expect(decodedRows()).toBe(0);
    isFull = false;
    await until(() => decodedRows() === count * 60);
    expect(status().tcp.isPaused).toBe(false);
  });

  it("says which port is in use", async () => {
    const port = await start();
    const config = collectorConfigSchema.parse({ listen: [{ host: "127.0.0.1", port, tcp: true }], status: { port: 0 } });
    const spool = spoolConfigSchema.parse({});
    const writer = createSpoolWriter({ config: spool, folder, collector: "other", bootMs: Date.now() });
    const other = createCollector({ config, spool }, { decoder: new Decoder(), writer, log });
    await expect(other.start()).rejects.toMatchObject({ code: "PORT_IN_USE", message: expect.stringMatching(/^TCP port/) as string });
  });
});
