/**
 * What flows take on disk over whole slots: hours of the demo network at a steady rate, received in the past, loaded into embedded
 * ClickHouse with all rollups and merged. A rollup's rows depend on what its slots see, so bytes per flow need the real time span; the
 * figures of scripts/sizing-page.ts come from here.
 *
 *   npm run bench -- sizing [--rate FLOWS_PER_SECOND] [--hours N]
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Decoder } from "../server/src/decode/index.ts";
import { encodeTemplated, IPFIX_TEMPLATES, TrafficModel } from "../server/src/demo/index.ts";
import { encodeFlowBatch, FlowBatch, parseAddress } from "../server/src/flow/index.ts";
import { NetworkLabels } from "../server/src/networks/index.ts";
import { createSpoolWriter, spoolConfigSchema } from "../server/src/spool/index.ts";
import {
  createLoader,
  createStore,
  loaderConfigSchema,
  measureStore,
  openDataFolder,
  storeConfigSchema,
} from "../server/src/store/index.ts";
import { ROLLUP_TABLES } from "../server/src/store/schema/tables.ts";

const FLOWS_PER_DATAGRAM = 18;
const CHUNK_FLOWS = 400_000;
const HOUR_MS = 3_600_000;

/** Prints a table and returns bytes per flow by table. */
export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { rate: { type: "string", default: "100" }, hours: { type: "string", default: "24" } } });
  const [rate, hours] = [Number(values.rate), Number(values.hours)];
  const flows = Math.round(rate * hours * 3_600);
  const toMs = Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS;
  const root = await mkdtemp(path.join(tmpdir(), "sillage-bench-"));
  const dataFolder = await openDataFolder(path.join(root, "data"));
  const store = await createStore(storeConfigSchema.parse({}), { dataFolder, networks: new NetworkLabels(undefined).rows });
  try {
    const folder = path.join(dataFolder.spool, "bench");
    await mkdir(folder);
    const loader = createLoader(loaderConfigSchema.parse({}), { store, paths: dataFolder });
    const next = flowSource(rate, toMs - hours * HOUR_MS);
    for (let sent = 0, boot = 1; sent < flows; sent += CHUNK_FLOWS, boot++) {
      const writer = createSpoolWriter({ config: spoolConfigSchema.parse({}), folder, collector: "bench", bootMs: boot });
      await writer.start();
      next(Math.min(CHUNK_FLOWS, flows - sent), (batch) => writer.offer("flows", encodeFlowBatch(batch)));
      await writer.stop(60_000);
      await loader.runOnce();
    }
    const tables = ["flows", ...ROLLUP_TABLES.map(({ name }) => name)];
    for (const table of tables) await store.command(`OPTIMIZE TABLE ${table} FINAL`);
    const { partitions } = await measureStore(store);
    const bytesPerFlow: Record<string, number> = {};
    console.log(
      `${flows.toLocaleString("en")} flows at ${rate} flows/s\n${"table".padEnd(12)}${"rows".padStart(12)}${"bytes a flow".padStart(14)}`,
    );
    for (const table of tables) {
      const own = partitions.filter((partition) => partition.table === table);
      const rows = own.reduce((sum, partition) => sum + partition.rows, 0);
      bytesPerFlow[table] = Number((own.reduce((sum, partition) => sum + partition.bytes, 0) / flows).toPrecision(3));
      console.log(`${table.padEnd(12)}${rows.toLocaleString("en").padStart(12)}${String(bytesPerFlow[table]).padStart(14)}`);
    }
    return { bench: "sizing", rate, hours, bytesPerFlow };
  } finally {
    await store.close();
    await dataFolder.release();
    await rm(root, { recursive: true, force: true });
  }
}

/** Flows of the demo network, as IPFIX through the decoder. */
function flowSource(rate: number, fromMs: number): (count: number, take: (batch: FlowBatch) => string | undefined) => void {
  const model = new TrafficModel(1, { ipv6: false });
  const decoder = new Decoder();
  const batch = new FlowBatch();
  const template = IPFIX_TEMPLATES[4];
  let [sent, sequence] = [0, 0];
  return (count, take) => {
    const flush = (): void => {
      const refused = take(batch);
      if (refused !== undefined) throw new Error(`the spool refuses: ${refused}`);
      batch.reset();
    };
    const until = sent + count;
    for (; sent < until; sequence++) {
      const nowMs = fromMs + Math.floor((sent / rate) * 1000);
      const flows = model.next(Math.min(FLOWS_PER_DATAGRAM, until - sent), nowMs);
      sent += flows.length;
      const message = { version: 10 as const, exportMs: nowMs, bootMs: fromMs - 24 * HOUR_MS, sequence, obsDomain: 1 };
      const datagram = encodeTemplated({ ...message, templates: sequence === 0 ? [template] : [], sets: [{ template, flows }] });
      decoder.decode(datagram, { source: parseAddress("192.0.2.1"), sourcePort: 4739, receivedMs: nowMs }, { batch, flush });
    }
    flush();
  };
}
