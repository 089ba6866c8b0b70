import { createSocket } from "node:dgram";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLogger } from "../log.ts";
import { createSpoolWriter, parseSegmentName, spoolConfigSchema, type SegmentSidecar } from "../spool/index.ts";
import { Decoder } from "../decode/index.ts";
import { block, sflow } from "../decode/testing/sflow.ts";
import { createCollector } from "./collector.ts";
import type { DatagramDecoder } from "./datagram-decoder.ts";
import { collectorConfigSchema } from "./config.ts";
import { FakeDecoder } from "./testing/fake-decoder.ts";
import { until } from "../testing/until.ts";

const log = createLogger("collector", { level: "error", format: "json" }, false);
let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "sillage-collector-"))));
afterEach(() => rmSync(folder, { recursive: true }));

interface Setup {
  readonly spool?: object;
  readonly config?: object;
  readonly decoder?: DatagramDecoder;
  readonly now?: () => number;
}

async function startCollector(
  listen: { host: string; port: number }[],
  { spool: spoolOptions = {}, config: options = {}, decoder = new FakeDecoder(), now = Date.now }: Setup = {},
) {
  const spool = { ...spoolConfigSchema.parse({ closeAfter: "50ms" }), ...spoolOptions };
  const config = collectorConfigSchema.parse({ name: "lab", listen, status: { port: 0 }, ...options });
  const writer = createSpoolWriter({ config: spool, folder, collector: "lab", bootMs: Date.now() });
  await writer.start();
  const collector = createCollector({ config, spool }, { decoder, writer, log, now });
  await collector.start();
  return collector;
}

async function send(port: number, count: number, host = "127.0.0.1", payload: Uint8Array = Buffer.alloc(100)): Promise<void> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  for (let i = 0; i < count; i++) {
    await new Promise<void>((resolve, reject) => socket.send(payload, port, host, (error) => (error ? reject(error) : resolve())));
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

/** Rows by table, from the names of what lies in the spool. */
function rowsByTable(): Record<string, number> {
  const rows: Record<string, number> = {};
  for (const file of readdirSync(folder)) {
    const name = parseSegmentName(file);
    if (name) rows[name.table] = (rows[name.table] ?? 0) + name.rows;
  }
  return rows;
}

describe("the collector", () => {
  it("makes a row in a segment of every datagram, on each port", async () => {
    const collector = await startCollector([
      { host: "127.0.0.1", port: 0 },
      { host: "127.0.0.1", port: 0 },
    ]);
    const ports = collector.status().listening.map((each) => each.port);
    const before = Date.now();
    await send(ports[0]!, 300);
    await send(ports[1]!, 200);
    expect(await collector.stop(5_000)).toEqual({ lostRows: 0 });
    const rows = rowsByTable();
    expect(rows["flows"]).toBe(500);
    // A line for each port; more, where counts were due in between.
    for (const table of ["exporters", "loss_1m"]) expect(rows[table]).toBeGreaterThanOrEqual(2);
    for (const file of readdirSync(folder).filter((each) => each.startsWith("flows") && each.endsWith(".json"))) {
      const sidecar = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as SegmentSidecar;
      expect(sidecar.minTimeMs).toBeGreaterThanOrEqual(before);
      expect(sidecar.maxTimeMs).toBeLessThanOrEqual(Date.now());
    }
  });

  it("reads what has arrived before it stops, on a machine that lets it wait", async () => {
    const collector = await startCollector([{ host: "127.0.0.1", port: 0 }]);
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.connect(collector.status().listening[0]!.port, "127.0.0.1", resolve));
    // All in the kernel, none read: nothing has given the event loop a turn.
    for (let i = 0; i < 200; i++) socket.send(Buffer.alloc(100));
    const stopped = collector.stop(5_000);
    const endMs = performance.now() + 200;
    while (performance.now() < endMs); // longer than the silence for which it waits
    expect(await stopped).toEqual({ lostRows: 0 });
    socket.close();
    expect(rowsByTable()).toMatchObject({ flows: 200 });
  });

  it("writes the first counts of an exporter with its first segment, before the usual time", async () => {
    let nowMs = 1_000_000;
    const collector = await startCollector([{ host: "127.0.0.1", port: 0 }], { now: () => nowMs });
    const { port } = collector.status().listening[0]!;
    await send(port, 5);
    await until(() => collector.status().listening[0]!.datagrams === 5);
    nowMs += 1_000; // half of the usual time
    await until(() => rowsByTable()["loss_1m"] !== undefined);
    const rows = rowsByTable();
    await collector.stop(5_000);
    expect(rows).toMatchObject({ flows: 5, loss_1m: 1 });
  });

  it("writes what devices count on their interfaces into a table of its own", async () => {
    const collector = await startCollector([{ host: "127.0.0.1", port: 0 }], { decoder: new Decoder() });
    const record = block(1, new Uint8Array(88));
    const sample = block(2, Buffer.concat([Buffer.from("000000010000000700000001", "hex"), record]));
    await send(collector.status().listening[0]!.port, 3, "127.0.0.1", sflow({ samples: [sample, sample] }));
    expect(await collector.stop(5_000)).toEqual({ lostRows: 0 });
    expect(rowsByTable()).toMatchObject({ if_counters: 6 });
    expect(rowsByTable()["flows"]).toBeUndefined();
  });

  it("takes IPv4 and IPv6 on one socket and names IPv4 senders as IPv4", async () => {
    const collector = await startCollector([{ host: "::", port: 0 }]);
    const { host, port } = collector.status().listening[0]!;
    await send(port, 3);
    if (host === "::") await send(port, 2, "::1");
    await collector.stop(5_000);
    expect(
      collector
        .status()
        .exporters.map((each) => [each.exporter, each.datagrams])
        .sort(),
    ).toEqual(
      host === "::"
        ? [
            ["127.0.0.1", 3],
            ["::1", 2],
          ]
        : [["127.0.0.1", 3]],
    );
  });

  it("counts rows that the spool refuses, for their exporter", async () => {
    const collector = await startCollector([{ host: "127.0.0.1", port: 0 }], { spool: { maxBytes: 3_000 } });
    const { port } = collector.status().listening[0]!;
    await send(port, 400);
    await collector.stop(5_000);
    const { exporters, spool } = collector.status();
    const refused = exporters.reduce((sum, each) => sum + (each.dropped["spool_full"] ?? 0), 0);
    expect(refused).toBeGreaterThan(0);
    expect((rowsByTable()["flows"] ?? 0) + refused).toBe(400);
    expect(spool.refusedRows.spool_limit).toBeGreaterThanOrEqual(refused);
  });

  it("decodes nothing of senders that are not allowed, and counts them", async () => {
    const collector = await startCollector([{ host: "127.0.0.1", port: 0 }], { config: { allow: ["192.0.2.0/24"] } });
    const { port } = collector.status().listening[0]!;
    await send(port, 7);
    await until(() => collector.status().refused.datagrams === 7);
    const metrics = await (await fetch(`http://127.0.0.1:${collector.statusPort}/metrics`)).text();
    await collector.stop(5_000);
    const { refused, exporters, listening } = collector.status();
    expect(refused).toMatchObject({ datagrams: 7, bytes: 700, rest: { datagrams: 0 } });
    expect(refused.sources).toEqual([
      expect.objectContaining({
        source: "127.0.0.1",
        port,
        datagrams: 7,
        hint: expect.stringContaining("allow: [192.0.2.0/24, 127.0.0.1]"),
      }),
    ]);
    expect([exporters, listening[0]!.datagrams, rowsByTable()]).toEqual([[], 7, { loss_1m: 1 }]);
    expect(metrics).toContain('sillage_collector_refused_datagrams_total{source="127.0.0.1"} 7');
  });

  it("answers /metrics and /health on a port of its own", async () => {
    const collector = await startCollector([{ host: "127.0.0.1", port: 0 }]);
    const { port } = collector.status().listening[0]!;
    await send(port, 5);
    const url = `http://127.0.0.1:${collector.statusPort}`;
    // Exporters are counted once a tick, not once a request.
    let metrics = "";
    for (let tries = 0; !metrics.includes('protocol="netflow5"} 5') && tries < 3_000; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      metrics = await (await fetch(`${url}/metrics`)).text();
    }
    const health = await fetch(`${url}/health`);
    const missing = await fetch(`${url}/nothing`);
    await collector.stop(5_000);
    expect(metrics).toContain(`sillage_collector_received_datagrams_total{port="${port}"} 5`);
    expect(metrics).toContain('sillage_collector_exporter_rows_total{exporter="127.0.0.1",protocol="netflow5"} 5');
    expect(metrics).toContain('sillage_collector_exporter_balance_records{exporter="127.0.0.1",protocol="netflow5",part="kernel"} 0');
    expect([health.status, await health.json(), missing.status]).toEqual([200, { status: "up" }, 404]);
  });

  it("says which port is in use and how to change it", async () => {
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.1", resolve));
    const { port } = other.address();
    try {
      await expect(
        startCollector([
          { host: "127.0.0.1", port: 0 },
          { host: "127.0.0.1", port },
        ]),
      ).rejects.toMatchObject({
        code: "PORT_IN_USE",
        message: `UDP port ${port} on 127.0.0.1, which the collector needs, is in use by another program`,
        hint: expect.stringContaining("collector.listen"),
      });
    } finally {
      other.close();
    }
  });
});
