import { LOSS_NAMES, type LossTotals } from "@sillage/model";
import type { ExporterStats, SequenceStats } from "../decode/index.ts";
import { Accounting, type AccountingInputs } from "./accounting.ts";
import { sessionKey } from "./flow-output.ts";
import { NO_LOSS } from "./loss-balance.ts";
import { readNativeRows } from "./testing/read-native.ts";
import { exporterStats } from "./testing/fake-decoder.ts";

const NOW = Date.UTC(2026, 4, 1, 10, 0, 30);

type Refused = ReturnType<AccountingInputs["refusedSources"]>;
const NOBODY_REFUSED: Refused = { datagrams: 0, bytes: 0, connections: 0, sources: [] };

/** The books over a world that the test moves. */
class World {
  sessions: ExporterStats[] = [];
  ended: ExporterStats[] = [];
  refused = NOBODY_REFUSED;
  drops = new Map<number, number>();
  hasRoom = true;
  readonly refusedRows = new Map<string, number>();
  readonly accounting = new Accounting(
    {
      stats: () => this.sessions,
      takeEnded: () => this.ended.splice(0),
      refusedRows: this.refusedRows,
      refusedSources: () => this.refused,
      kernelDrops: () => this.drops,
    },
    "lab",
    NOW - 1_000,
  );
  /** Sums of everything written, by exporter. */
  readonly table = new Map<string, Record<string, number>>();

  close(nowMs = NOW): Record<string, unknown>[] {
    let rows: Record<string, string | number>[] = [];
    this.accounting.close(nowMs, (block) => {
      if (this.hasRoom) rows = readNativeRows(block);
      return this.hasRoom;
    });
    for (const row of rows) {
      const exporter = String(row["exporter"]);
      const sum = this.table.get(exporter) ?? { ...NO_LOSS };
      for (const name of LOSS_NAMES) sum[name] = (sum[name] ?? 0) + Number(row[name]);
      this.table.set(exporter, sum);
    }
    return rows;
  }

  sumOf(exporter: string): LossTotals {
    return this.table.get(exporter) as unknown as LossTotals;
  }
}

const numbers = (lost: number): SequenceStats => ({
  ...{ unit: "flows", expected: 0, lost, lostRecords: lost },
  ...{ reordered: 0, duplicates: 0, duplicateRecords: 0, restarts: 0 },
});
const session = (some: Partial<ExporterStats> = {}): ExporterStats =>
  exporterStats({ datagrams: 10, dataRecords: 100, rows: 100, decodedBytes: 5_000, ...some });

describe("the books", () => {
  it("write what grew, in the minute in which it was counted, and nothing when nothing did", () => {
    const world = new World();
    world.sessions = [session()];
    const [row] = world.close();
    expect(row).toMatchObject({ collector: "lab", exporter: "192.0.2.1", protocol: "netflow5", stored: 100, datagrams: 10 });
    expect(row?.["time_slot"]).toBe(Date.UTC(2026, 4, 1, 10, 0) / 1000);
    expect(world.close()).toEqual([]);
    world.sessions = [session({ dataRecords: 130, rows: 130, datagrams: 13 })];
    expect(world.close(NOW + 60_000)).toMatchObject([{ time_slot: Date.UTC(2026, 4, 1, 10, 1) / 1000, stored: 30, datagrams: 3 }]);
  });

  it("take back what came late or turned out otherwise", () => {
    const world = new World();
    for (const lost of [0, 50, 20]) {
      world.sessions = [session({ sequence: numbers(lost) })];
      world.close();
    }
    expect(world.sumOf("192.0.2.1").lost).toBe(20);
  });

  it("add up sessions that were given up, and that came again under the same name", () => {
    const world = new World();
    world.sessions = [session({ firstSeenMs: 1 })];
    world.close();
    world.ended = [session({ firstSeenMs: 1, dataRecords: 150, rows: 150 }), session({ firstSeenMs: 2, dataRecords: 7, rows: 7 })];
    world.sessions = [session({ firstSeenMs: 3, dataRecords: 1_000, rows: 1_000 })];
    world.close();
    expect(world.sumOf("192.0.2.1").stored).toBe(1_157);
  });

  it("move rows that the spool refused from what is stored", () => {
    const world = new World();
    world.sessions = [session()];
    world.close();
    world.refusedRows.set(sessionKey(session()), 40);
    world.close();
    expect(world.sumOf("192.0.2.1")).toMatchObject({ stored: 60, spool_full: 40, flow_rows: 60 });
  });

  it("give drops of the kernel to whom they were taken from, in the table and in the status", () => {
    const world = new World();
    world.sessions = [session({ sequence: numbers(0) })];
    world.close();
    world.sessions = [session({ datagrams: 20, dataRecords: 200, rows: 200, sequence: numbers(50) })];
    world.drops.set(2055, 3);
    world.close();
    expect(world.sumOf("192.0.2.1")).toMatchObject({ stored: 200, lost: 20, kernel: 30, kernel_datagrams: 3 });
    expect(world.accounting.sessions()[0]?.balance).toMatchObject({ lost: 20, kernel: 30 });
  });

  it("keep what the spool did not take, also of sessions that ended meanwhile", () => {
    const world = new World();
    world.sessions = [session({ firstSeenMs: 1 })];
    world.close();
    world.hasRoom = false;
    world.sessions = [session({ firstSeenMs: 1, dataRecords: 110, rows: 110 })];
    world.ended = [session({ firstSeenMs: 1, sourcePort: 9, dataRecords: 5, rows: 5 })];
    world.close();
    world.ended = [session({ firstSeenMs: 1, dataRecords: 120, rows: 120 })];
    world.sessions = [session({ firstSeenMs: 2, dataRecords: 8, rows: 8 })];
    world.close();
    world.hasRoom = true;
    world.close();
    expect(world.sumOf("192.0.2.1").stored).toBe(120 + 5 + 8);
    expect(world.close()).toEqual([]);
  });

  it("name drops of the kernel that were nobody's", () => {
    const world = new World();
    for (let i = 0; i < 20; i++) {
      world.drops.set(2055, i === 0 ? 0 : 9);
      world.close(NOW + i * 5_000);
    }
    expect(world.sumOf("::")).toMatchObject({ kernel: 9, kernel_datagrams: 9 });
  });

  it("count refused senders once, also those that are no longer told apart", () => {
    const world = new World();
    const sender = (source: string, datagrams: number): Refused["sources"][number] => ({
      ...{ source, datagrams, bytes: datagrams * 10, connections: 0, firstSeenMs: 5 },
    });
    const refuse = (datagrams: number, sources: Refused["sources"]): void => {
      world.refused = { datagrams, bytes: datagrams * 10, connections: 0, sources };
      world.close();
    };
    refuse(10, [sender("203.0.113.1", 10)]);
    refuse(35, [sender("203.0.113.2", 20)]); // the first sent 5 more and had to make room
    refuse(36, [sender("203.0.113.2", 21)]);
    expect([...world.table].map(([exporter, { refused }]) => [exporter, refused])).toEqual([
      ["203.0.113.1", 10],
      ["203.0.113.2", 21],
      ["::", 5],
    ]);
  });
});
