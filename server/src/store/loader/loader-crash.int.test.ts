import { fork } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createStore } from "../clickhouse-store.ts";
import { defaultLimits, storeConfigSchema } from "../config.ts";
import { openDataFolder, prepareDataFolder } from "../data-folder.ts";
import { rawTotals, rollupDifferences, totalsOf } from "../testing/exactly-once.ts";
import { writeFlows } from "../testing/segments.ts";

const SEGMENTS = 12;
const ROWS = 10_000;
const KILLS = 5;

/** Runs a loader process and kills it so many ms after it began to load; true when it had finished by then. */
async function loadAndKill(root: string, afterMs: number): Promise<boolean> {
  const child = fork(path.join(__dirname, "../testing/loader-child.ts"), [root, JSON.stringify({ maxBatchRows: 20_000 })], {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    void ended.then(() => reject(new Error("the loader process ended before it began")));
  });
  await Promise.race([sleep(afterMs, undefined, { ref: false }), ended]);
  child.kill("SIGKILL");
  return (await ended) === null;
}

it("stores every flow once although the loading process is killed again and again", async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), "sillage-crash-"));
  try {
    const paths = await prepareDataFolder(root);
    // Midnight lies within, so that an insert writes two parts of the raw table and two of each rollup by day.
    const startMs = Date.UTC(2026, 5, 2) - (SEGMENTS * ROWS) / 2;
    for (let i = 0; i < SEGMENTS; i++) await writeFlows(paths.spool, ROWS, { sequence: i, offset: i * ROWS, startMs: startMs + i * ROWS });
    for (let kill = 0; kill < KILLS; kill++) if (await loadAndKill(root, 20 + kill * 80)) break;
    // The lock of a killed process does not stop the next one.
    expect(await loadAndKill(root, 200_000)).toBe(true);

    const config = storeConfigSchema.parse({ retention: { flows: 7_300, traffic_1m: 7_300, ports_5m: 7_300 } });
    const dataFolder = await openDataFolder(root);
    const store = await createStore(config, { dataFolder });
    const rows = async (sql: string) => (await store.query({ sql, params: {}, limits: defaultLimits(config) })).rows;
    expect(await rawTotals({ rows })).toEqual(totalsOf(SEGMENTS * ROWS));
    expect(await rollupDifferences({ rows })).toEqual([]);
    expect(await readdir(path.join(paths.spool, "test"))).toEqual([]);
    expect(await readdir(paths.manifests)).toEqual([]);
    expect(await readdir(paths.quarantine)).toEqual([]);
    await store.close();
    await dataFolder.release();
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 300_000);
