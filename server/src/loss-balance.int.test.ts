/** The loss balance end to end: what a network does to the demo exporters' datagrams is what the tables say, exactly. */
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exportedRecords } from "@sillage/model";
import { collectorConfigSchema, createCollector } from "./collect/index.ts";
import { Decoder } from "./decode/index.ts";
import { DemoExporter, Ledger, type DemoProtocol } from "./demo/index.ts";
import { createLogger } from "./log.ts";
import { exporterRows, lossBalance } from "./query/index.ts";
import { createSpoolWriter, spoolConfigSchema } from "./spool/index.ts";
import { createLoader } from "./store/index.ts";
import { loaderConfigSchema } from "./store/loader/config.ts";
import { openTestStore, type TestStore } from "./store/testing/backends.ts";
import { until } from "./testing/until.ts";

const log = createLogger("collector", { level: "error", format: "json" }, false);

/** A datagram of the test's own, which the network keeps. */
const FENCE = Buffer.from("fence");

/** A network: every tenth datagram is lost, another comes twice, another after its successor. Not the first ones, and not the last. */
class BadNetwork {
  readonly lost: Buffer[] = [];
  readonly doubled: Buffer[] = [];
  late = 0;
  received = 0;
  /** Datagrams handed on. */
  passed = 0;
  private readonly socket: Socket = createSocket("udp4");
  private held: Buffer | undefined;
  private queue: Promise<void> = Promise.resolve();
  private fences = 0;
  port = 0;
  isCalm = false;

  async open(target: number): Promise<void> {
    await new Promise<void>((resolve) => this.socket.bind(0, "127.0.0.1", resolve));
    this.port = this.socket.address().port;
    const pass = (datagram: Buffer): void => {
      this.passed++;
      this.queue = this.queue.then(() => new Promise((resolve) => this.socket.send(datagram, target, "127.0.0.1", () => resolve())));
    };
    this.socket.on("message", (datagram) => {
      if (datagram.equals(FENCE)) {
        this.fences++;
        return;
      }
      const fate = this.isCalm || this.received < 5 ? -1 : this.received % 10;
      this.received++;
      if (fate === 3) this.lost.push(datagram);
      else if (fate === 7) this.held = datagram;
      else {
        pass(datagram);
        if (fate === 5) {
          this.doubled.push(datagram);
          pass(datagram);
        }
        if (this.held) {
          pass(this.held);
          this.held = undefined;
          this.late++;
        }
      }
    });
  }

  /** Waits until everything that was sent so far is handed on: what comes to one socket is read in order. */
  async settle(): Promise<void> {
    const before = this.fences;
    const sender = createSocket("udp4");
    await new Promise((resolve) => sender.send(FENCE, this.port, "127.0.0.1", resolve));
    await until(() => this.fences > before);
    sender.close();
    await this.queue;
  }

  async close(): Promise<void> {
    await this.queue;
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
}

describe("the loss balance", () => {
  let db: TestStore;
  let spoolRoot: string;
  beforeAll(async () => {
    db = await openTestStore("embedded");
    spoolRoot = mkdtempSync(path.join(tmpdir(), "sillage-balance-"));
  });
  afterAll(async () => {
    await db.close();
    rmSync(spoolRoot, { recursive: true });
  });

  it.each<{ protocol: DemoProtocol; name: string }>([
    { protocol: "v5", name: "netflow5" },
    { protocol: "v9", name: "netflow9" },
    { protocol: "ipfix", name: "ipfix" },
    { protocol: "sflow", name: "sflow5" },
  ])("of $protocol is the ledger's", async ({ protocol, name }) => {
    const collectorName = name;
    const folder = path.join(db.dataFolder.spool, collectorName);
    const spool = spoolConfigSchema.parse({ closeAfter: "50ms" });
    const config = collectorConfigSchema.parse({ name: collectorName, listen: [{ host: "127.0.0.1", port: 0 }], status: { port: 0 } });
    const writer = createSpoolWriter({ config: spool, folder, collector: collectorName, bootMs: Date.now() });
    await writer.start();
    const collector = createCollector({ config, spool }, { decoder: new Decoder(), writer, log });
    await collector.start();
    const network = new BadNetwork();
    await network.open(collector.status().listening[0]!.port);
    const ledger = new Ledger();
    const ports = { v5: network.port, v9: network.port, ipfix: network.port, sflow: network.port };
    const demo = new DemoExporter({ host: "127.0.0.1", ports, protocols: [protocol], ledger });
    const received = (): number => collector.status().listening[0]!.datagrams;
    const settle = async (): Promise<void> => {
      await network.settle();
      await until(() => received() === network.passed);
    };
    for (let i = 0; i < 30; i++) {
      await demo.send(60);
      await settle();
    }
    network.isCalm = true;
    await demo.send(60);
    await settle();
    await demo.stop();
    await network.close();
    await collector.stop(5_000);
    const loader = createLoader(loaderConfigSchema.parse({}), { store: db.store, paths: db.dataFolder, log });
    await loader.runOnce();

    const context = { store: db.store, limits: db.limits, nowMs: Date.now() };
    const lines = await lossBalance(context, { fromMs: Date.now() - 600_000, toMs: Date.now() + 60_000 });
    const { totals } = lines.find((line) => line.protocol === name)!;
    const sent = ledger.total().flows;
    expect(network.lost.length).toBeGreaterThan(3);
    expect(totals).toMatchObject({ duplicates: network.doubled.length, reordered: network.late, restarts: 0, kernel: 0, malformed: 0 });
    const [session] = (await exporterRows(context)).filter((row) => row.protocol === name);
    const rows = Number(
      (
        await db.rows("SELECT count() FROM flows WHERE flow_type = {type:UInt8}", {
          type: { v5: 5, v9: 9, ipfix: 10, sflow: 11 }[protocol],
        })
      )[0]![0],
    );
    expect([rows, totals.stored]).toEqual([totals.flow_rows, rows - totals.duplicate_records]);
    if (session!.sequence_unit === "datagrams") expect(totals.lost_units).toBe(network.lost.length);
    // v9 numbers datagrams: how many flows the lost ones held is an estimate.
    if (protocol === "v9") expect(Math.abs(exportedRecords(totals) - sent)).toBeLessThan(sent * 0.05);
    else expect([exportedRecords(totals), totals.lost]).toEqual([sent, sent - totals.stored]);
  });
});
