import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32 } from "node:zlib";
import { spoolConfigSchema } from "./config.ts";
import { columnSetOf } from "./native-block.ts";
import { parseSegmentName, type SegmentSidecar } from "./segment.ts";
import { createSpoolWriter, type SpoolWriterDeps } from "./spool-writer.ts";
import { MemoryDisk } from "./testing/memory-disk.ts";

const columns = [{ name: "bytes", type: "UInt64" }];
const block = (rows: number, bytes = rows * 8) => ({ rows, columns, body: [new Uint8Array(bytes).fill(7)] });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function writerOn(disk: MemoryDisk, limits: { maxBytes?: number; maxPendingBytes?: number } = {}, deps: SpoolWriterDeps = {}) {
  const config = { ...spoolConfigSchema.parse({}), ...limits };
  return createSpoolWriter({ config, folder: "/spool/lab", collector: "lab", bootMs: 0x123 }, { disk, delay: turn, ...deps });
}

describe("the spool writer", () => {
  it("writes body and sidecar as segment.ts says, on a real disk", async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), "sillage-spool-")), "spool", "lab");
    try {
      const writer = createSpoolWriter({ config: spoolConfigSchema.parse({}), folder, collector: "lab", bootMs: Date.now() });
      await writer.start();
      expect(writer.offer("flows", block(3), { minTimeMs: 10, maxTimeMs: 20 })).toBeUndefined();
      expect(writer.offer("exporters", block(1, 3 << 20))).toBeUndefined();
      expect(await writer.stop(10_000)).toEqual({ lostRows: 0 });
      const bodies = readdirSync(folder).filter((file) => file.endsWith(".native"));
      expect(readdirSync(folder)).toHaveLength(4);
      expect(bodies.map((file) => parseSegmentName(file))).toEqual([
        expect.objectContaining({ table: "exporters", sequence: 1, rows: 1 }),
        expect.objectContaining({ table: "flows", collector: "lab", columnSet: columnSetOf(columns), sequence: 0, rows: 3 }),
      ]);
      for (const file of bodies) {
        const body = readFileSync(path.join(folder, file));
        const sidecar = JSON.parse(readFileSync(path.join(folder, `${file}.json`), "utf8")) as SegmentSidecar;
        expect(sidecar).toMatchObject({ version: 1, columns, bytes: body.byteLength, crc32: crc32(body).toString(16).padStart(8, "0") });
        if (file.startsWith("flows")) expect(sidecar).toMatchObject({ rows: 3, minTimeMs: 10, maxTimeMs: 20 });
      }
      expect(writer.stats()).toMatchObject({ durableSegments: 2, durableRows: 4, pendingBytes: 0, diskErrors: {} });
    } finally {
      rmSync(path.dirname(path.dirname(folder)), { recursive: true });
    }
  });

  it("removes what a crash left, and nothing else", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sillage-spool-"));
    try {
      const whole = "flows-00000000-lab-000000000001-0000000000-5.native";
      const half = "flows-00000000-lab-000000000001-0000000001-5.native";
      for (const file of [whole, `${whole}.json`, `${half}.json`, `${half}.tmp`, "notes.txt"]) writeFileSync(path.join(folder, file), "x");
      await createSpoolWriter({ config: spoolConfigSchema.parse({}), folder, collector: "lab", bootMs: 5 }).start();
      expect(readdirSync(folder).sort()).toEqual([whole, `${whole}.json`, "notes.txt"].sort());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe("with a segment that something else is committed with", () => {
    const visible = (disk: MemoryDisk): (number | undefined)[] =>
      [...disk.files().keys()].flatMap((file) => parseSegmentName(file)?.rows ?? []);

    it("commits when all before it is visible and only its name is missing", async () => {
      const disk = new MemoryDisk();
      const writer = writerOn(disk);
      await writer.start();
      const seen: unknown[] = [];
      writer.offer("flows", block(1));
      writer.offer("flows", block(2));
      writer.offer("loss_1m", block(3), undefined, (fileName) => {
        seen.push(parseSegmentName(fileName)?.rows, visible(disk), disk.files().has(`${fileName}.tmp`));
        return Promise.resolve();
      });
      await writer.drained();
      expect(seen).toEqual([3, [1, 2], true]);
      expect(visible(disk)).toEqual([1, 2, 3]);
    });

    it.each([
      { name: "has it after a crash behind the commit", isWritten: true, wanted: [1, 3] },
      { name: "does not have it after a crash before the commit", isWritten: false, wanted: [1] },
    ])("$name", async ({ isWritten, wanted }) => {
      const disk = new MemoryDisk();
      const writer = writerOn(disk);
      await writer.start();
      let committed: string | undefined;
      writer.offer("flows", block(1));
      const reached = new Promise<void>((resolve) => {
        writer.offer("loss_1m", block(3), undefined, async (fileName) => {
          if (isWritten) committed = fileName;
          resolve();
          await new Promise(() => undefined); // the process is killed here
        });
      });
      await reached;
      const options = { config: spoolConfigSchema.parse({}), folder: "/spool/lab", collector: "lab", bootMs: 0x124 };
      await createSpoolWriter({ ...options, ...(committed !== undefined && { committed }) }, { disk, delay: turn }).start();
      expect(visible(disk)).toEqual(wanted);
      expect([...disk.files().keys()].filter((file) => file.endsWith(".tmp"))).toEqual([]);
      expect([...disk.files().keys()].filter((file) => file.endsWith(".json"))).toHaveLength(wanted.length);
    });

    it.each([1, 2, 3, 4, 5])("has it whole after %d failures and a crash at any moment behind the commit", async (failures) => {
      for (let crash = 0; crash < 40; crash++) {
        const disk = new MemoryDisk();
        const config = spoolConfigSchema.parse({});
        const options = { config, folder: "/spool/lab", collector: "lab", bootMs: 0x123 };
        const writer = createSpoolWriter(options, { disk, delay: turn });
        await writer.start();
        let committed = "";
        writer.offer("loss_1m", block(3), undefined, (fileName) => {
          committed = fileName;
          disk.failNext(failures, "EIO");
          disk.crashAfter(crash);
          return Promise.resolve();
        });
        for (let turns = 0; turns < 120; turns++) await turn();
        const next = disk.reboot(() => crash / 40);
        await createSpoolWriter({ ...options, bootMs: 0x124, committed }, { disk: next, delay: turn }).start();
        expect([crash, next.files().get(committed)?.byteLength]).toEqual([crash, 24]);
      }
    });

    it("commits again when the disk refused", async () => {
      const disk = new MemoryDisk();
      const writer = writerOn(disk);
      await writer.start();
      let tries = 0;
      writer.offer("loss_1m", block(3), undefined, () =>
        ++tries < 3 ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })) : Promise.resolve(),
      );
      await writer.drained();
      expect(tries).toBe(3);
      expect(visible(disk)).toEqual([3]);
      expect(writer.stats()).toMatchObject({ diskErrors: { ENOSPC: 2 }, failing: undefined });
    });
  });

  it("refuses and counts what is beyond the limit, and takes again when the store made room", async () => {
    const disk = new MemoryDisk();
    let now = 0;
    const writer = writerOn(disk, { maxBytes: 1_900 }, { now: () => now });
    await writer.start();
    expect(writer.offer("flows", block(100))).toBeUndefined();
    expect(writer.offer("flows", block(150))).toBe("spool_limit");
    await writer.drained();
    expect(writer.offer("flows", block(150))).toBe("spool_limit");
    expect(writer.stats().refusedRows).toEqual({ spool_limit: 300, pending_limit: 0 });
    for (const file of disk.files().keys()) disk.takeAway(file);
    now += 10_000;
    writer.offer("flows", block(150)); // looks at the folder again
    for (let i = 0; i < 20; i++) await turn();
    expect(writer.offer("flows", block(150))).toBeUndefined();
  });

  it("is nearly full before it refuses, until the store made room, also when nobody offers anything meanwhile", async () => {
    let nowMs = 0;
    const disk = new MemoryDisk();
    const writer = writerOn(disk, { maxBytes: 10_000, maxPendingBytes: 8_000 }, { now: () => nowMs });
    await writer.start();
    expect(writer.isNearlyFull()).toBe(false);
    expect(writer.offer("flows", block(600))).toBeUndefined();
    expect(writer.isNearlyFull()).toBe(true); // in memory
    await writer.drained();
    expect(writer.isNearlyFull()).toBe(false);
    expect(writer.offer("flows", block(570))).toBeUndefined();
    await writer.drained();
    expect(writer.isNearlyFull()).toBe(true); // on disk
    for (const file of disk.files().keys()) disk.takeAway(file);
    for (let tries = 0; writer.isNearlyFull() && tries < 10; tries++) {
      nowMs += 1_001;
      await turn();
    }
    expect(writer.isNearlyFull()).toBe(false);
  });

  it("leaves other users of a nearly full disk their share", async () => {
    const disk = new MemoryDisk();
    disk.freeSpace = 1_000;
    const writer = writerOn(disk);
    await writer.start();
    expect(writer.stats().limitBytes).toBe(900);
    expect(writer.offer("flows", block(113))).toBe("spool_limit");
    expect(writer.offer("flows", block(112))).toBeUndefined();
  });

  it.each(["ENOSPC", "EIO", "EROFS"])(
    "counts %s, tries again, and drops only when the memory for waiting segments is full",
    async (code) => {
      const disk = new MemoryDisk();
      const told: string[] = [];
      const writer = writerOn(disk, { maxPendingBytes: 1_600 }, { onDiskError: (each) => told.push(each) });
      await writer.start();
      disk.failNext(200, code);
      expect(writer.offer("flows", block(100))).toBeUndefined();
      expect(writer.offer("flows", block(100))).toBeUndefined();
      expect(writer.offer("flows", block(1))).toBe("pending_limit");
      for (let i = 0; i < 10; i++) await turn();
      expect(writer.stats().failing).toBe(code);
      await writer.drained();
      expect(writer.stats()).toMatchObject({ durableRows: 200, failing: undefined, refusedRows: { pending_limit: 1 } });
      expect(told.length).toBe(writer.stats().diskErrors[code]);
      expect(told.every((each) => each === code)).toBe(true);
    },
  );

  it("says how many rows it could not save when the disk does not come back before the end", async () => {
    const disk = new MemoryDisk();
    const writer = writerOn(disk);
    await writer.start();
    disk.failNext(Infinity, "EIO");
    writer.offer("flows", block(42));
    expect(await writer.stop(30)).toEqual({ lostRows: 42 });
    expect(writer.offer("flows", block(1))).toBe("pending_limit");
  });

  it("explains a folder it cannot use", async () => {
    const disk = new MemoryDisk();
    disk.failNext(1, "EACCES");
    await expect(writerOn(disk).start()).rejects.toMatchObject({
      code: "SPOOL_FOLDER",
      kind: "config",
      message: expect.stringMatching(/\/spool\/lab cannot be written \(EACCES\)/),
    });
  });
});

describe("columnSetOf", () => {
  it("is the same for the same columns and differs by name, type and order", () => {
    const a = { name: "a", type: "UInt8" };
    const b = { name: "b", type: "UInt8" };
    expect(columnSetOf([a, b])).toBe(columnSetOf([{ ...a }, { ...b }]));
    expect(new Set([columnSetOf([a, b]), columnSetOf([b, a]), columnSetOf([a]), columnSetOf([{ ...a, type: "UInt16" }])]).size).toBe(4);
    expect(columnSetOf([a, b])).toMatch(/^[0-9a-f]{8}$/);
  });
});
