/**
 * What loading costs: segments of IPFIX flows of the demo network, made beforehand, loaded into embedded ClickHouse with none, one or all
 * of the rollups, as single segments and as full batches.
 *
 * CPU time is that of the whole process from the first look at the spool until the last segment is deleted: checksums, insert, views,
 * fsync, and whatever merges ran meanwhile. Bytes per flow are compressed columns on disk after a final merge.
 *
 *   npm run bench -- load [--rows N]
 */
import { link, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ROLLUPS } from "@sillage/model";
import { Decoder } from "../server/src/decode/index.ts";
import { encodeTemplated, IPFIX_TEMPLATES, TrafficModel } from "../server/src/demo/index.ts";
import { encodeFlowBatch, FlowBatch, parseAddress } from "../server/src/flow/index.ts";
import { NetworkLabels } from "../server/src/networks/index.ts";
import { createSpoolWriter, spoolConfigSchema } from "../server/src/spool/index.ts";
import { createLoader, createStore, loaderConfigSchema, openDataFolder, storeConfigSchema } from "../server/src/store/index.ts";
import { ROLLUP_TABLES } from "../server/src/store/schema/tables.ts";

const FLOWS_PER_DATAGRAM = 18;
/** The flows are received within so long: two slots of ports_5m and ten of traffic_1m. */
const SPAN_MS = 600_000;

interface Variant {
  readonly name: string;
  readonly rollups: readonly string[];
  readonly maxBatchRows?: number;
}

const ALL = ROLLUP_TABLES.map(({ name }) => name);

/** A rollup, and before it the finer one that it is fed by. */
function withSource(table: string): string[] {
  const from = ROLLUPS.find((rollup) => rollup.table === table)?.from;
  return from === undefined ? [table] : [from, table];
}

const VARIANTS: readonly Variant[] = [
  { name: "raw", rollups: [] },
  ...ALL.map((table) => ({ name: `raw + ${withSource(table).join(" + ")}`, rollups: withSource(table) })),
  { name: "raw + all rollups", rollups: ALL },
  { name: "raw, one segment an insert", rollups: [], maxBatchRows: 65_536 },
  { name: "raw + all rollups, one segment an insert", rollups: ALL, maxBatchRows: 65_536 },
];

interface Result {
  readonly name: string;
  readonly cpuSecondsPerMillion: number;
  readonly rowsPerSecond: number;
  /** By table: rows that are left and bytes on disk for each raw flow. */
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly bytesPerFlow: number }>>;
}

/** Writes the segments through the collector's own path; returns their folder. */
async function makeSegments(root: string, rows: number): Promise<string> {
  const folder = path.join(root, "segments");
  const writer = createSpoolWriter({ config: spoolConfigSchema.parse({}), folder, collector: "bench", bootMs: 1 });
  await writer.start();
  const model = new TrafficModel(1, { ipv6: false });
  const decoder = new Decoder();
  const batch = new FlowBatch();
  const fromMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
  const template = IPFIX_TEMPLATES[4];
  const sink = {
    batch,
    flush: (): void => {
      const refused = writer.offer("flows", encodeFlowBatch(batch));
      if (refused !== undefined) throw new Error(`the spool refuses: ${refused}`);
      batch.reset();
    },
  };
  for (let sent = 0, sequence = 0; sent < rows; sent += FLOWS_PER_DATAGRAM, sequence++) {
    const nowMs = fromMs + Math.floor((sent / rows) * SPAN_MS);
    const flows = model.next(Math.min(FLOWS_PER_DATAGRAM, rows - sent), nowMs);
    const message = { version: 10 as const, exportMs: nowMs, bootMs: fromMs - 86_400_000, sequence, obsDomain: 1 };
    const datagram = encodeTemplated({ ...message, templates: sequence === 0 ? [template] : [], sets: [{ template, flows }] });
    decoder.decode(datagram, { source: parseAddress("192.0.2.1"), sourcePort: 4739, receivedMs: nowMs }, sink);
    if (sequence % 1_000 === 0) await writer.drained(); // nothing is written while this loop runs
  }
  sink.flush();
  await writer.stop(60_000);
  return folder;
}

async function measure(root: string, segments: string, { name, rollups, maxBatchRows }: Variant): Promise<Result> {
  const folder = await mkdtemp(path.join(root, "data-"));
  const dataFolder = await openDataFolder(folder);
  // The demo's own hosts are private addresses, so the rollups of hosts and pairs have what to hold.
  const networks = new NetworkLabels(undefined).rows;
  const store = await createStore(storeConfigSchema.parse({}), { dataFolder, networks });
  try {
    for (const table of ALL) if (!rollups.includes(table)) await store.command(`DROP VIEW ${table}_view`);
    const spool = path.join(dataFolder.spool, "bench");
    await mkdir(spool);
    for (const file of await readdir(segments)) await link(path.join(segments, file), path.join(spool, file));
    const loader = createLoader(loaderConfigSchema.parse(maxBatchRows === undefined ? {} : { maxBatchRows }), { store, paths: dataFolder });
    const started = performance.now();
    const before = process.cpuUsage();
    const rows = await loader.runOnce();
    const used = process.cpuUsage(before);
    const seconds = (performance.now() - started) / 1000;
    const tables: Record<string, { rows: number; bytesPerFlow: number }> = {};
    for (const table of ["flows", ...rollups]) {
      await store.command(`OPTIMIZE TABLE ${table} FINAL`);
      const answer = await store.query({
        sql: "SELECT toFloat64(sum(rows)), toFloat64(sum(data_compressed_bytes)) FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}",
        params: { table },
        limits: { maxSeconds: 60, maxMemoryBytes: 1e9, maxRowsToRead: 1e6, maxResultRows: 1 },
      });
      const [left, bytes] = answer.rows[0] as [number, number];
      tables[table] = { rows: left, bytesPerFlow: Math.round((bytes / rows) * 100) / 100 };
    }
    return {
      name,
      cpuSecondsPerMillion: Math.round(((used.user + used.system) / rows) * 1000) / 1000,
      rowsPerSecond: Math.round(rows / seconds),
      tables,
    };
  } finally {
    await store.close();
    await dataFolder.release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prints a table and returns the figures. */
export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { rows: { type: "string", default: "4000000" } } });
  const rows = Number(values.rows);
  if (!Number.isSafeInteger(rows) || rows < 1) throw new RangeError(`--rows wants a positive number, not ${values.rows}`);
  const root = await mkdtemp(path.join(tmpdir(), "sillage-bench-"));
  try {
    const segments = await makeSegments(root, rows);
    const results: Result[] = [];
    console.log(
      `${`load ${rows.toLocaleString("en")} flows`.padEnd(44)}${"CPU s/million".padStart(14)}${"rows/s".padStart(12)}  table: rows left, bytes per raw flow`,
    );
    for (const variant of VARIANTS) {
      const result = await measure(root, segments, variant);
      results.push(result);
      const tables = Object.entries(result.tables).map(
        ([table, t]) => `${table}: ${((t.rows / rows) * 100).toFixed(2)} %, ${t.bytesPerFlow}`,
      );
      console.log(
        `${result.name.padEnd(44)}${result.cpuSecondsPerMillion.toFixed(2).padStart(14)}${result.rowsPerSecond.toLocaleString("en").padStart(12)}  ${tables.join("; ")}`,
      );
    }
    return { bench: "load", node: process.version, cpu: cpus()[0]?.model.trim() ?? "unknown", rows, results };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
