import { readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { encodeNative } from "../../flow/index.ts";
import { TABLES } from "../schema/tables.ts";
import { BACKENDS, openTestStore, type TestStore } from "../testing/backends.ts";
import { rawTotals, rollupDifferences, totalsOf } from "../testing/exactly-once.ts";
import { FLOW_COLUMNS, flowRows, NOON_MS, writeFlows, writeSegment } from "../testing/segments.ts";
import { loaderConfigSchema } from "./config.ts";
import { createLoader, type Loader, type LoaderDeps } from "./loader.ts";

describe.each(BACKENDS)("loader on %s", (backend) => {
  let db: TestStore;
  let spool: string;
  /** A collector of its own for each test: the store remembers the batches of the others. */
  let collector: string;
  let tests = 0;
  beforeAll(async () => {
    db = await openTestStore(backend);
    spool = db.dataFolder.spool;
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    collector = `test${tests++}`;
    for (const { name } of TABLES) await db.store.command(`TRUNCATE TABLE ${name}`);
    for (const name of await readdir(db.dataFolder.quarantine)) await rm(path.join(db.dataFolder.quarantine, name));
  });

  const write = (count: number, options: Parameters<typeof writeFlows>[2] = {}): Promise<string> =>
    writeFlows(spool, count, { collector, ...options });

  function loader(options: object = {}, store: LoaderDeps["store"] = db.store): Loader {
    return createLoader(loaderConfigSchema.parse(options), { store, paths: db.dataFolder });
  }
  const waiting = async (): Promise<string[]> => (await readdir(path.join(spool, collector))).sort();
  const manifests = (): Promise<string[]> => readdir(db.dataFolder.manifests);
  /** Reasons in quarantine, by file. */
  async function quarantine(): Promise<Record<string, string>> {
    const names = (await readdir(db.dataFolder.quarantine)).filter((name) => name.endsWith(".reason.json"));
    const reasons = await Promise.all(
      names.map(
        async (name) => JSON.parse(await readFile(path.join(db.dataFolder.quarantine, name), "utf8")) as { file: string; reason: string },
      ),
    );
    return Object.fromEntries(reasons.map(({ file, reason }) => [file, reason]));
  }

  it("loads what waits into the raw table and every rollup, then deletes it", async () => {
    await write(1000, { sequence: 0 });
    await write(500, { sequence: 1, offset: 1000, collector: `${collector}b` });
    const subject = loader();
    expect(await subject.runOnce()).toBe(1500);
    expect(await rawTotals(db)).toEqual(totalsOf(1500));
    expect(await rollupDifferences(db)).toEqual([]);
    expect(
      await db.rows("SELECT sum(flows), sum(bytes_scaled), abs(toInt64(uniqCombinedMerge(12)(destinations)) - 250) < 10 FROM ports_5m"),
    ).toEqual([["1500", String(1500 * 1501 * 50), 1]]);
    expect(await waiting()).toEqual([]);
    expect(await manifests()).toEqual([]);
    expect(subject.stats()).toMatchObject({
      loadedRows: 1500,
      loadedSegments: 2,
      backlogSegments: 0,
      backlogRows: 0,
      errors: 0,
      failing: undefined,
    });
  });

  it("stores the same segment once, however often it comes", async () => {
    for (let i = 0; i < 3; i++) {
      await write(1000);
      expect(await loader().runOnce()).toBe(1000);
    }
    expect(await rawTotals(db)).toEqual(totalsOf(1000));
    expect(await rollupDifferences(db)).toEqual([]);
  });

  it("stores a batch over midnight once, in both days", async () => {
    const midnight = Date.UTC(2025, 5, 2);
    for (let i = 0; i < 2; i++) {
      await write(1000, { startMs: midnight - 400 });
      await loader().runOnce();
    }
    expect(await rawTotals(db)).toEqual(totalsOf(1000));
    expect(await db.rows("SELECT toDate(time_received) AS day, toFloat64(count()) FROM flows GROUP BY day ORDER BY day")).toEqual([
      ["2025-06-01", 400],
      ["2025-06-02", 600],
    ]);
    expect(await rollupDifferences(db)).toEqual([]);
  });

  it("stores once what was inserted although the answer was lost", async () => {
    await write(1000);
    let losses = 2;
    const lossy: LoaderDeps["store"] = {
      async insertFiles(batch) {
        await db.store.insertFiles(batch);
        if (losses-- > 0) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      },
    };
    const subject = loader({}, lossy);
    await expect(subject.runOnce()).rejects.toThrow("socket hang up");
    expect(subject.stats()).toMatchObject({ errors: 1, failing: "socket hang up" });
    // Newer data must not join the batch that is repeated.
    await write(500, { sequence: 1, offset: 1000 });
    await expect(subject.runOnce()).rejects.toThrow("socket hang up");
    // Another process finds the manifest.
    expect(await loader().runOnce()).toBe(1500);
    expect(await rawTotals(db)).toEqual(totalsOf(1500));
    expect(await rollupDifferences(db)).toEqual([]);
    expect(await manifests()).toEqual([]);
  });

  it("loads a backlog of many small segments in few batches, one column set at a time", async () => {
    const narrow = FLOW_COLUMNS.filter(({ name }) => name !== "tcp_flags");
    const without = flowRows(10, NOON_MS, 1000).map((row) => row.filter((_, i) => FLOW_COLUMNS[i]!.name !== "tcp_flags"));
    for (let i = 0; i < 100; i++) await write(10, { sequence: i, offset: i * 10 });
    await writeSegment(spool, narrow, without, { collector, sequence: 100 });
    const subject = loader({ maxBatchSegments: 60 });
    await subject.runOnce();
    expect(subject.stats()).toMatchObject({ loadedBatches: 3, loadedSegments: 101, loadedRows: 1010 });
    expect(await rawTotals(db)).toEqual(totalsOf(1010));
    expect(await rollupDifferences(db)).toEqual([]);
  });

  it("takes as many segments as a batch may have", async () => {
    for (let i = 0; i < 256; i++) await write(1, { sequence: i, offset: i });
    const subject = loader();
    await subject.runOnce();
    expect(subject.stats()).toMatchObject({ loadedBatches: 1, loadedRows: 256 });
    expect(await rawTotals(db)).toEqual(totalsOf(256));
  });

  it("puts what cannot be trusted into quarantine and loads the rest", async () => {
    const good = [await write(100, { sequence: 0 }), await write(100, { sequence: 9, offset: 100 })];
    const empty = await write(10, { sequence: 1 });
    await truncate(empty, 0);
    const cut = await write(10, { sequence: 2 });
    await truncate(cut, 700);
    const badJson = await write(10, { sequence: 3 });
    await writeFile(`${badJson}.json`, '{"version":1,');
    const noSidecar = await write(10, { sequence: 4 });
    await rename(`${noSidecar}.json`, `${noSidecar}.lost`);
    const flipped = await write(10, { sequence: 5 });
    const bytes = await readFile(flipped);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(flipped, bytes);
    const renamed = await write(10, { sequence: 6 });
    const tooMany = renamed.replace("-10.native", "-11.native");
    await rename(renamed, tooMany);
    await rename(`${renamed}.json`, `${tooMany}.json`);
    const unknownColumn = await writeSegment(
      spool,
      [...FLOW_COLUMNS, { name: "colour", type: "UInt8" }],
      flowRows(2).map((row) => [...row, 1]),
      { collector, sequence: 7 },
    );
    const unknownTable = await writeSegment(spool, [{ name: "a", type: "UInt8" }], [[1]], {
      collector,
      sequence: 8,
      table: "no_such_table",
    });
    const computed = await writeSegment(
      spool,
      [...FLOW_COLUMNS, { name: "svc_port", type: "UInt16" }],
      flowRows(2).map((row) => [...row, 1]),
      { collector, sequence: 10 },
    );
    await writeFile(path.join(spool, collector, "notes.txt"), "not a segment");

    const subject = loader();
    expect(await subject.runOnce()).toBe(200);
    expect(await rawTotals(db)).toEqual(totalsOf(200));
    const reasons = await quarantine();
    const about = (file: string): string | undefined => reasons[path.basename(file)];
    expect(about(empty)).toBe("the file is empty");
    expect(about(cut)).toMatch(/it has 700 bytes, its sidecar says/);
    expect(about(badJson)).toMatch(/sidecar is corrupt/);
    expect(about(noSidecar)).toBe("its sidecar is missing");
    expect(about(flipped)).toMatch(/its checksum is/);
    expect(about(tooMany)).toBe("its name says 11 rows, its sidecar 10");
    expect(about(unknownColumn)).toBe("the table flows takes no column colour");
    expect(about(unknownTable)).toBe("there is no table no_such_table");
    expect(about(computed)).toBe("the table flows takes no column svc_port");
    expect(about(good[0]!)).toBeUndefined();
    expect(subject.stats()).toMatchObject({ quarantined: 9, inQuarantine: 9, backlogSegments: 0 });
    expect(loader().stats().inQuarantine).toBe(0); // counted with the first run
    expect(await readdir(db.dataFolder.quarantine)).toEqual(expect.arrayContaining([path.basename(cut), `${path.basename(cut)}.json`]));
  });

  it("loads a segment again that somebody took out of quarantine", async () => {
    const file = await write(10);
    const aside = path.join(db.dataFolder.root, "aside");
    await rename(`${file}.json`, aside);
    const subject = loader();
    await subject.runOnce();
    await rename(path.join(db.dataFolder.quarantine, path.basename(file)), file);
    await rename(aside, `${file}.json`);
    expect(await subject.runOnce()).toBe(10);
  });

  it("quarantines a batch when the database counts other rows than were promised", async () => {
    const file = await write(10);
    const lying: LoaderDeps["store"] = { insertFiles: (batch) => db.store.insertFiles({ ...batch, rows: batch.rows + 1 }) };
    const subject = loader({}, lying);
    expect(await subject.runOnce()).toBe(0);
    expect((await quarantine())[path.basename(file)]).toMatch(/count/);
    expect(await manifests()).toEqual([]);
  });

  it("loads exporters, the newest snapshot of a session replacing the others", async () => {
    const time = "DateTime64(3, 'UTC')";
    const columns = [
      { name: "snapshot_time", type: time },
      { name: "collector", type: "String" },
      { name: "exporter", type: "IPv6" },
      { name: "datagrams", type: "UInt64" },
      { name: "dropped", type: "String" },
    ];
    const rows = [1, 2, 3].map((n) => [Date.now() + n, "x", "192.0.2.1", n, '{"truncated":1}']);
    await writeSegment(spool, columns, rows, { collector, table: "exporters" });
    await loader().runOnce();
    expect(await db.rows("SELECT collector, exporter, toUInt32(datagrams), dropped FROM exporters FINAL")).toEqual([
      ["x", "::ffff:192.0.2.1", 3, '{"truncated":1}'],
    ]);
  });

  it("takes a body of several blocks", async () => {
    const blocks = [flowRows(5), flowRows(7, NOON_MS, 5)].map((rows) => Buffer.concat(encodeNative(FLOW_COLUMNS, rows).body));
    const file = await write(12);
    expect(blocks[0]!.length + blocks[1]!.length).toBeGreaterThan((await readFile(file)).length);
    const { crc32 } = await import("node:zlib");
    const body = Buffer.concat(blocks);
    const sidecar = JSON.parse(await readFile(`${file}.json`, "utf8")) as object;
    await writeFile(file, body);
    await writeFile(`${file}.json`, JSON.stringify({ ...sidecar, bytes: body.length, crc32: crc32(body).toString(16).padStart(8, "0") }));
    expect(await loader().runOnce()).toBe(12);
    expect(await rawTotals(db)).toEqual(totalsOf(12));
  });

  it("goes on after the process ended between acknowledging and deleting", async () => {
    const file = await write(10);
    const [body, sidecar] = [await readFile(file), await readFile(`${file}.json`)];
    const stuck: LoaderDeps["store"] = { insertFiles: () => Promise.reject(Object.assign(new Error("stop"), { code: "ECONNREFUSED" })) };
    await expect(loader({}, stuck).runOnce()).rejects.toThrow("stop");
    const [manifest] = await manifests();
    await loader().runOnce();
    // As if the crash had come right after the manifest became `.done`.
    await writeFile(file, body);
    await writeFile(`${file}.json`, sidecar);
    await writeFile(
      path.join(db.dataFolder.manifests, manifest!.replace(".json", ".done")),
      JSON.stringify({ version: 1, table: "flows", columns: FLOW_COLUMNS, rows: 10, files: [path.relative(spool, file)], createdMs: 1 }),
    );
    expect(await loader().runOnce()).toBe(0);
    expect(await waiting()).toEqual([]);
    expect(await manifests()).toEqual([]);
    expect(await rawTotals(db)).toEqual(totalsOf(10));
  });
});
