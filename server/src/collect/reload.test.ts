/** Options that change while datagrams arrive. */
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Decoder } from "../decode/index.ts";
import { encodeNetflow5, TrafficModel } from "../demo/index.ts";
import { exportersConfigSchema } from "../exporters/index.ts";
import { FlowBatch, readFlow } from "../flow/index.ts";
import { createLogger } from "../log.ts";
import { createSpoolWriter, spoolConfigSchema, type SpoolWriter } from "../spool/index.ts";
import { freePort } from "../testing/free-port.ts";
import { createCollector, type Collector } from "./collector.ts";
import type { DatagramDecoder } from "./datagram-decoder.ts";
import { collectorConfigSchema } from "./config.ts";
import { until } from "../testing/until.ts";

const log = createLogger("collector", { level: "error", format: "json" }, false);
const clock = { exportMs: Date.now(), bootMs: Date.now() - 60_000, engine: 0, samplingInterval: 0 };
const datagram = encodeNetflow5({ ...clock, sequence: 0, flows: new TrafficModel(1, { ipv6: false }).next(1, clock.exportMs) });
const LOOPBACK = { host: "127.0.0.1" };

let folder: string;
let collector: Collector;
let writer: SpoolWriter;
let sender: Socket;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sillage-reload-"));
  sender = createSocket("udp4");
});
afterEach(async () => {
  sender.close();
  await collector.stop(5_000);
  rmSync(folder, { recursive: true });
});

const options = (config: object, exporters: object[] = []) => ({
  config: collectorConfigSchema.parse({ name: "lab", status: { port: 0 }, ...config }),
  exporters: exportersConfigSchema.parse(exporters),
});

async function start(config: object, decoder: DatagramDecoder = new Decoder()): Promise<void> {
  const spool = spoolConfigSchema.parse({});
  writer = createSpoolWriter({ config: spool, folder, collector: "lab", bootMs: Date.now() });
  await writer.start();
  collector = createCollector({ ...options(config), spool }, { decoder, writer, log });
  await collector.start();
}

async function send(port: number): Promise<void> {
  await new Promise((resolve) => sender.send(datagram, port, "127.0.0.1", resolve));
}

/** Sends one datagram after the other to a port until told to end, which resolves with their number. */
function sendOn(port: number): { sent: () => number; end: () => Promise<number> } {
  let isOver = false;
  let sent = 0;
  const sending = (async () => {
    for (; !isOver; sent++) {
      await send(port);
      // The callback of a send comes before the loop turns.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return sent;
  })();
  return {
    sent: () => sent,
    end: () => {
      isOver = true;
      return sending;
    },
  };
}

const received = (): number => collector.status().listening.reduce((sum, { datagrams }) => sum + datagrams, 0);

describe("a collector whose options change", () => {
  it("receives on the same port in another way, having read what had arrived", async () => {
    const port = await freePort();
    await start({ listen: [{ ...LOOPBACK, port }] });
    for (const [round, receive] of ["single", "batches"].entries()) {
      await send(port);
      await collector.reload(options({ listen: [{ ...LOOPBACK, port }], receive }));
      await send(port);
      await until(() => collector.status().exporters[0]?.datagrams === (round + 1) * 2);
      if (receive === "single") expect(collector.status().listening).toMatchObject([{ port, receives: "single" }]);
    }
  });

  it("loses no datagram while ports come and go beside the one that is sent to", async () => {
    const [kept, second, third] = [await freePort(), await freePort(), await freePort()];
    const listening = (...ports: number[]): object => ({ listen: ports.map((port) => ({ ...LOOPBACK, port })) });
    await start(listening(kept, second));
    const { sent, end } = sendOn(kept);
    for (const ports of [[kept], [kept, third], [second, kept, third], [kept, second]]) {
      const before = sent();
      await until(() => sent() > before + 100);
      await collector.reload(options(listening(...ports)));
      expect(collector.status().listening.map(({ port }) => port)).toEqual(ports);
    }
    const before = sent();
    await until(() => sent() > before + 100);
    const all = await end();
    await until(() => received() === all);
  });

  it("reads what a port still holds before it closes it", async () => {
    const [kept, closing] = [await freePort(), await freePort()];
    await start({ listen: [kept, closing].map((port) => ({ ...LOOPBACK, port })) });
    for (let i = 0; i < 100; i++) await send(closing);
    await collector.reload(options({ listen: [{ ...LOOPBACK, port: kept }] }));
    await until(() => collector.status().exporters[0]?.datagrams === 100);
  });

  it("moves a port to another address, and leaves it where it is when that is none of this machine", async () => {
    const port = await freePort();
    await start({ listen: [{ host: "0.0.0.0", port }] });
    await collector.reload(options({ listen: [{ ...LOOPBACK, port }] }));
    await send(port);
    await until(() => received() === 1);
    expect(collector.status().listening).toMatchObject([{ host: "127.0.0.1", port }]);
    await expect(collector.reload(options({ listen: [{ host: "192.0.2.77", port }] }))).rejects.toMatchObject({ code: "ADDRESS_UNKNOWN" });
    await send(port);
    await until(() => received() === 2);
  });

  it("moves a port from several addresses to every address", async () => {
    const port = await freePort();
    await start({ listen: ["127.0.0.1", "127.0.0.2"].map((host) => ({ host, port })) });
    await collector.reload(options({ listen: [{ host: "0.0.0.0", port }] }));
    await send(port);
    await until(() => received() === 1);
    expect(collector.status().listening).toMatchObject([{ host: "0.0.0.0", port }]);
  });

  it("changes nothing when one of the ports is somebody else's", async () => {
    const [kept, moved] = [await freePort(), await freePort()];
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.1", resolve));
    await start({
      listen: [
        { ...LOOPBACK, port: kept },
        { host: "0.0.0.0", port: moved },
      ],
    });
    const wanted = [
      { ...LOOPBACK, port: await freePort() },
      { ...LOOPBACK, port: moved },
      { ...LOOPBACK, port: other.address().port },
    ];
    await expect(collector.reload(options({ listen: wanted, allow: ["192.0.2.1"] }))).rejects.toMatchObject({ code: "PORT_IN_USE" });
    other.close();
    expect(collector.status().listening).toMatchObject([{ port: kept }, { host: "0.0.0.0", port: moved }]);
    for (const port of [kept, moved]) await send(port);
    await until(() => collector.status().exporters[0]?.rows === 2);
  });

  it("follows a new allow list, over TCP too", async () => {
    await start({ listen: [{ ...LOOPBACK, port: 0, tcp: true }] });
    const { listening, tcp } = collector.status();
    const connection = connect(tcp.listening[0]!.port, "127.0.0.1").on("error", () => undefined);
    await until(() => collector.status().tcp.open === 1);
    const closed = new Promise((resolve) => connection.once("close", resolve));
    const reloaded = options({ listen: [{ ...LOOPBACK, port: 0, tcp: true }], allow: ["192.0.2.0/24"] });
    await collector.reload(reloaded);
    await closed;
    await send(listening[0]!.port);
    await until(() => collector.status().refused.datagrams === 1);
    expect(collector.status().refused.sources[0]!.hint).toContain("allow: [192.0.2.0/24, 127.0.0.1]");
    expect(collector.status().tcp.closed).toMatchObject({ not_allowed: 1 });
    await collector.reload({ ...reloaded, config: { ...reloaded.config, allow: ["private"] } });
    expect(collector.status().refused).toMatchObject({ datagrams: 1, sources: [], rest: { datagrams: 1 } });
    await send(listening[0]!.port);
    await until(() => collector.status().exporters[0]?.rows === 1);
  });

  it("follows new rates and names of exporters", async () => {
    const rates: unknown[] = [];
    const decoder = new Decoder();
    const decode = decoder.decode.bind(decoder);
    decoder.decode = (bytes, context, sink) => {
      const batch = new FlowBatch(8);
      decode(bytes, context, { batch, flush: () => batch.reset() });
      for (let row = 0; row < batch.rows; row++) rates.push(readFlow(batch, row).sampling_rate);
      decode(bytes, context, sink);
    };
    const listen = [{ ...LOOPBACK, port: 0 }];
    await start({ listen }, decoder);
    const { port } = collector.status().listening[0]!;
    await send(port);
    await until(() => rates.length === 1);
    await collector.reload(options({ listen }, [{ match: "127.0.0.0/8", name: "here", samplingRate: 512 }]));
    await send(port);
    await until(() => rates.length === 2);
    expect(rates).toEqual([0, 512]);
    await until(() => collector.status().exporters[0]?.name === "here");
  });

  it("asks for another receive buffer", async () => {
    const listen = [{ ...LOOPBACK, port: 0 }];
    await start({ listen, receiveBuffer: "64KiB" });
    const before = collector.status().listening[0]!.receiveBufferBytes;
    await collector.reload(options({ listen, receiveBuffer: "128KiB" }));
    expect(collector.status().listening[0]!.receiveBufferBytes).toBe(2 * before);
  });
});
