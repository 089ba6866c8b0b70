import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BatchInsert } from "../clickhouse-store.ts";
import { prepareDataFolder, type DataPaths } from "../data-folder.ts";
import { writeFlows } from "../testing/segments.ts";
import { loaderConfigSchema } from "./config.ts";
import { createLoader, type Loader } from "./loader.ts";

/** A database that does what the test says, and remembers what it was asked. */
class FakeStore {
  readonly batches: BatchInsert[] = [];
  answer: (batch: BatchInsert) => Promise<void> = () => Promise.resolve();

  insertFiles(batch: BatchInsert): Promise<void> {
    this.batches.push(batch);
    return this.answer(batch);
  }
}

const clickhouseError = (code: number, text: string): Error => Object.assign(new Error(text), { code: String(code) });
const failing = (error: Error) => () => Promise.reject(error);

describe("loader", () => {
  let paths: DataPaths;
  let store: FakeStore;
  beforeEach(async () => {
    paths = await prepareDataFolder(await mkdtemp(path.join(os.tmpdir(), "sillage-loader-")));
    store = new FakeStore();
  });
  afterEach(() => rm(paths.root, { recursive: true, force: true }));
  const loader = (options: object = {}): Loader =>
    createLoader(loaderConfigSchema.parse({ pollEvery: "10ms", ...options }), { store, paths });

  it("repeats exactly the batch that failed, under its token, before anything newer", async () => {
    await writeFlows(paths.spool, 5, { sequence: 1 });
    await writeFlows(paths.spool, 5, { sequence: 2 });
    store.answer = failing(clickhouseError(210, "network"));
    await expect(loader().runOnce()).rejects.toThrow("network");
    await writeFlows(paths.spool, 5, { sequence: 0 });
    await writeFlows(paths.spool, 5, { sequence: 3 });
    await expect(loader().runOnce()).rejects.toThrow("network");
    store.answer = () => Promise.resolve();
    await loader().runOnce();
    const [first, second, third, fourth] = store.batches;
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(first!.files.map((file) => path.basename(file).split("-")[4])).toEqual(["0000000001", "0000000002"]);
    expect(fourth!.token).not.toBe(first!.token);
    expect(fourth!.files).toHaveLength(2);
    expect(store.batches).toHaveLength(4);
  });

  it("inserts full batches side by side, and small ones one after the other", async () => {
    const running: number[] = [];
    let now = 0;
    let expected = 1;
    store.answer = async () => {
      running.push(++now);
      await sleep(50); // time for another to come, which may be wrong
      // None ends before as many run as may: who is late is waited for.
      while (Math.max(...running) < expected) await sleep(5);
      now--;
    };
    for (let i = 0; i < 3; i++) await writeFlows(paths.spool, 50, { sequence: i });
    await loader().runOnce();
    await writeFlows(paths.spool, 50, { sequence: 3 });
    await loader().runOnce();
    expect(running).toEqual([1, 1]);
    running.length = 0;
    expected = 3;
    for (let i = 4; i < 13; i++) await writeFlows(paths.spool, 50, { sequence: i });
    await loader({ maxBatchRows: 100, parallelBatches: 3 }).runOnce();
    expect(Math.max(...running)).toBe(3);
    const files = store.batches.flatMap((batch) => batch.files);
    expect(new Set(files).size).toBe(13);
    expect(files).toHaveLength(13);
    expect(await readdir(paths.manifests)).toEqual([]);
  });

  it("lets the batches beside a failed one end, and repeats only that one", async () => {
    for (let i = 0; i < 10; i++) await writeFlows(paths.spool, 50, { sequence: i });
    let tries = 0;
    store.answer = async () => {
      if (++tries === 1) throw clickhouseError(210, "network");
      await sleep(50);
    };
    const subject = loader({ maxBatchRows: 100 });
    await expect(subject.runOnce()).rejects.toThrow("network");
    const stored = subject.stats().loadedRows;
    expect(await subject.runOnce()).toBe(500 - stored);
    expect(stored).toBeGreaterThan(0);
    const tokens = store.batches.map(({ token }) => token);
    expect(tokens.filter((token) => token === tokens[0])).toHaveLength(2);
    expect(new Set(tokens).size).toBe(tokens.length - 1);
  });

  it("puts a batch aside at once when its data is at fault", async () => {
    await writeFlows(paths.spool, 5);
    store.answer = failing(clickhouseError(117, "incorrect data"));
    expect(await loader().runOnce()).toBe(0);
    const [reason] = (await readdir(paths.quarantine)).filter((name) => name.endsWith(".reason.json"));
    expect(JSON.parse(await readFile(path.join(paths.quarantine, reason!), "utf8"))).toMatchObject({
      reason: "incorrect data",
      batch: store.batches[0]!.token,
      collector: "test",
    });
    expect(await readdir(paths.manifests)).toEqual([]);
  });

  it("puts a batch aside that fails again and again for a reason nobody knows, and goes on with the others", async () => {
    await writeFlows(paths.spool, 5, { sequence: 0 });
    const subject = loader({ maxBatchSegments: 1 });
    store.answer = failing(clickhouseError(49, "logical error"));
    for (let i = 1; i < 20; i++) await expect(subject.runOnce()).rejects.toThrow("logical error");
    await writeFlows(paths.spool, 5, { sequence: 1 });
    store.answer = (batch) =>
      batch.files[0]!.includes("-0000000000-") ? Promise.reject(clickhouseError(49, "logical error")) : Promise.resolve();
    expect(await subject.runOnce()).toBe(5);
    expect(subject.stats()).toMatchObject({ quarantined: 1, errors: 20, failing: undefined });
  });

  it("deletes a stored batch later when the disk refuses now, without inserting it again", async () => {
    const file = await writeFlows(paths.spool, 5, { sequence: 1 });
    store.answer = async () => {
      await rename(file, `${file}.aside`);
      await mkdir(file); // cannot be removed as a file
    };
    const subject = loader();
    for (let i = 0; i < 3; i++) await expect(subject.runOnce()).rejects.toThrow();
    await rmdir(file);
    await rename(`${file}.aside`, file);
    store.answer = () => Promise.resolve();
    await writeFlows(paths.spool, 5, { sequence: 2 });
    await subject.runOnce();
    expect(store.batches.map(({ files }) => files.length)).toEqual([1, 1]);
    expect(subject.stats()).toMatchObject({ loadedRows: 10, backlogRows: 0, inQuarantine: 0 });
    expect(await readdir(path.dirname(file))).toEqual([]);
    expect(await readdir(paths.manifests)).toEqual([]);
  });

  it("waits for a database that is down, for as long as it takes", async () => {
    await writeFlows(paths.spool, 5);
    const subject = loader();
    store.answer = failing(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
    for (let i = 0; i < 30; i++) await expect(subject.runOnce()).rejects.toThrow("ECONNREFUSED");
    expect(subject.stats()).toMatchObject({ quarantined: 0, errors: 30, failing: "connect ECONNREFUSED" });
  });

  it("puts a batch aside that cannot be repeated because a segment is gone", async () => {
    const file = await writeFlows(paths.spool, 5, { sequence: 0 });
    await writeFlows(paths.spool, 5, { sequence: 1 });
    store.answer = failing(clickhouseError(210, "network"));
    await expect(loader().runOnce()).rejects.toThrow("network");
    await rm(file);
    store.answer = () => Promise.resolve();
    await loader().runOnce();
    expect(store.batches).toHaveLength(1);
    const kept = (await readdir(paths.quarantine)).filter((name) => name.endsWith(".native"));
    expect(kept).toHaveLength(1);
  });

  it("finds new segments by itself and loads what is there before it stops", async () => {
    const subject = loader();
    subject.start();
    await writeFlows(paths.spool, 5, { sequence: 0 });
    while (subject.stats().loadedRows < 5) await sleep(5);
    await writeFlows(paths.spool, 5, { sequence: 1 });
    await subject.stop(10_000);
    expect(subject.stats().loadedRows).toBe(10);
  });

  it("stops at its deadline although an insert hangs", async () => {
    await writeFlows(paths.spool, 5);
    const subject = loader();
    let release = (): void => undefined;
    store.answer = () => new Promise((resolve) => (release = resolve));
    subject.start();
    while (store.batches.length === 0) await sleep(5);
    await subject.stop(50);
    expect(subject.stats().loadedRows).toBe(0);
    release();
    await subject.stop(60_000);
    expect(subject.stats().loadedRows).toBe(5);
    expect(await readdir(paths.manifests)).toEqual([]);
  });

  it("tells what waits and for how long", async () => {
    await writeFlows(paths.spool, 5, { sequence: 0 });
    await writeFlows(paths.spool, 7, { sequence: 1 });
    store.answer = failing(clickhouseError(202, "busy"));
    const subject = createLoader(loaderConfigSchema.parse({}), { store, paths, now: () => Date.now() + 60_000 });
    await expect(subject.runOnce()).rejects.toThrow("busy");
    const stats = subject.stats();
    expect(stats).toMatchObject({ backlogSegments: 2, backlogRows: 12, loadedRows: 0 });
    expect(stats.backlogBytes).toBeGreaterThan(500);
    expect(stats.oldestAgeMs).toBeGreaterThanOrEqual(59_000);
  });
});
