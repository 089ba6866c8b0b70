/**
 * The process that has the store open: fills it with the day's flows, answers queries by the query engine, as the server does, and feeds
 * nfcapd. A process of its own, so that a cold run can begin with a new one.
 *
 *   argv: folder of the data
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { parseFlowQuery, type Frame } from "@sillage/model";
import { encodeTemplated, NETFLOW9_TEMPLATES, type DemoFlow } from "../server/src/demo/index.ts";
import { runQuery } from "../server/src/query/index.ts";
import {
  createStore,
  defaultLimits,
  openDataFolder,
  storeConfigSchema,
  type ClickHouseStore,
  type DictionaryRow,
} from "../server/src/store/index.ts";
import { ROLLUP_TABLES } from "../server/src/store/schema/tables.ts";
import type { Question, Subjects } from "./query-cases.ts";
import { chunksOf, DAY_MS, insertSql, NETWORK_PREFIXES, type Day } from "./query-flows.ts";

/** Flows of one insert: what a busy loader takes at once. */
const INSERT_ROWS = 1_000_000;
/** Flows of one v9 datagram of IPv4: 21 fields, below an Ethernet frame. */
const DATAGRAM_FLOWS = 20;
/** Datagrams between two looks at nfcapd's receive buffer, and how much may wait in it (bytes). */
const BURST = 64;
const MOST_WAITING = 500_000;
/** The flows are of a fixed day and must not age. */
const RETENTION_DAYS = 7_000;

export type Task =
  | { readonly kind: "prepare"; readonly day: Day; readonly without: readonly string[] }
  | { readonly kind: "ask"; readonly question: Question; readonly runs: number; readonly seconds: number }
  | { readonly kind: "feed"; readonly day: Day; readonly port: number }
  | { readonly kind: "count"; readonly fromMs: number; readonly toMs: number };

/** Rows by table. */
export type Counted = Readonly<Record<string, number>>;

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface Prepared {
  readonly sizes: readonly TableSize[];
  readonly subjects: Subjects;
  readonly flows: number;
  readonly bytes: number;
  readonly packets: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
}

export interface Asked {
  readonly ms: readonly number[];
  readonly table: string;
  readonly rowsRead: number;
  readonly frames: readonly Frame[];
}

export type Done = { readonly ok: Prepared | Asked | Counted } | { readonly failed: string };

const networks: DictionaryRow[] = NETWORK_PREFIXES.map(({ prefix, bits }) => ({
  address: prefix,
  prefix: bits,
  values: ["campus", "internal", "", "", "", "", 0, 1],
}));

async function prepare(store: ClickHouseStore, { day, without }: Extract<Task, { kind: "prepare" }>): Promise<Prepared> {
  for (const table of without) await store.command(`DROP VIEW ${table}_view`);
  const started = performance.now();
  const before = process.cpuUsage();
  // As the loader inserts, but on two cores: nobody repeats these blocks.
  const settings = {
    max_threads: 2,
    max_insert_threads: 2,
    max_block_size: 65_536,
    min_insert_block_size_rows: INSERT_ROWS / 2,
    min_insert_block_size_bytes: 0,
    parallel_view_processing: 1,
  };
  let made = 0;
  for (const chunk of chunksOf(day, INSERT_ROWS)) {
    await store.command(insertSql(day, chunk), { settings });
    made += chunk.count;
    if (process.stderr.isTTY) process.stderr.write(`\r${made.toLocaleString("en")} flows`);
  }
  const used = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  await mergesDone(store);
  const [[flows, bytes, packets]] = (await store.ownRows(
    "SELECT toFloat64(sum(flows)), toFloat64(sum(bytes)), toFloat64(sum(packets)) FROM flows",
  )) as [[number, number, number]];
  return {
    sizes: await sizes(store, ["flows", ...ROLLUP_TABLES.map(({ name }) => name).filter((name) => !without.includes(name))]),
    subjects: await subjects(store),
    flows,
    bytes,
    packets,
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
  };
}

/** Until the parts are what a store has that has had a night's rest. */
async function mergesDone(store: ClickHouseStore): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const [[running]] = (await store.ownRows("SELECT toUInt32(count()) FROM system.merges")) as [[number]];
    quiet = running === 0 ? quiet + 1 : 0;
  }
}

async function sizes(store: ClickHouseStore, tables: readonly string[]): Promise<TableSize[]> {
  const result: TableSize[] = [];
  for (const table of tables) {
    // What merging to the end would leave, and bytes in proportion: parts of one slot are still apart here and there.
    const key = ROLLUP_TABLES.find(({ name }) => name === table)?.orderBy.join(", ");
    const [[rows, bytes]] = (await store.ownRows(
      `SELECT toFloat64(sum(rows)), toFloat64(sum(data_compressed_bytes)) FROM system.parts WHERE active AND database = currentDatabase() AND table = '${table}'`,
    )) as [[number, number]];
    const [[merged]] = (key === undefined ? [[rows]] : await store.ownRows(`SELECT toFloat64(uniq(${key})) FROM ${table}`)) as [[number]];
    result.push({ table, rows: merged, bytes: (bytes * merged) / rows });
  }
  return result;
}

/** What lies in a range, whole slots of the rollups. */
async function count(store: ClickHouseStore, { fromMs, toMs }: Extract<Task, { kind: "count" }>): Promise<Counted> {
  const counted: Record<string, number> = {};
  for (const table of ["flows", ...ROLLUP_TABLES.map(({ name }) => name)]) {
    const time = table === "flows" ? "time_received" : "time_slot";
    const [[rows]] = (await store.ownRows(
      `SELECT toFloat64(count()) FROM ${table} WHERE ${time} >= fromUnixTimestamp64Milli(${fromMs}) AND ${time} < fromUnixTimestamp64Milli(${toMs})`,
    )) as [[number]];
    counted[table] = rows;
  }
  return counted;
}

async function subjects(store: ClickHouseStore): Promise<Subjects> {
  const address = async (where: string, [least, most]: readonly [number, number]): Promise<string> => {
    const rows = await store.ownRows(
      `SELECT replaceOne(toString(src_addr), '::ffff:', '') AS host FROM flows WHERE ip_version = 4 AND ${where} GROUP BY host HAVING count() BETWEEN ${least} AND ${most} ORDER BY sipHash64(host) LIMIT 1`,
    );
    return String(rows[0]?.[0]);
  };
  const [[perHost]] = (await store.ownRows(
    "SELECT toFloat64(count() / uniq(src_addr)) FROM flows WHERE ip_version = 4 AND src_zone != ''",
  )) as [[number]];
  const insideHost = await address("src_zone != ''", [perHost * 0.8, perHost * 1.2].map(Math.floor) as [number, number]);
  const outsideHost = await address("src_zone = ''", [20, 60]);
  return { insideHost, outsideHost, outsideNetwork: `${outsideHost.split(".").slice(0, 2).join(".")}.0.0/16` };
}

async function ask(store: ClickHouseStore, { question, runs, seconds }: Extract<Task, { kind: "ask" }>): Promise<Asked> {
  const { fromMs, toMs, intervalMs } = question;
  const limits = defaultLimits(storeConfigSchema.parse({}));
  const ms: number[] = [];
  let frames: Frame[] = [];
  const until = performance.now() + seconds * 1000;
  // At least three, and as many more as there is time for.
  while (ms.length < Math.min(3, runs) || (ms.length < runs && performance.now() < until)) {
    // ClickHouse remembers which granules a condition met, so that a repetition of the same question reads next to nothing.
    await store.command("SYSTEM DROP QUERY CONDITION CACHE");
    const started = performance.now();
    frames = await runQuery(
      {
        refId: "A",
        query: parseFlowQuery(question.query),
        range: { fromMs, toMs },
        intervalMs,
        maxDataPoints: 1_000,
        alert: false,
      },
      { store, limits, nowMs: toMs },
    );
    ms.push(performance.now() - started);
  }
  const { table, rowsRead } = frames[0]!.schema.meta!.custom as { table: string; rowsRead: number };
  return { ms, table, rowsRead, frames };
}

/** The flows of the day, as the router would have sent them, into nfcapd; no faster than it reads. */
async function feed(store: ClickHouseStore, { day, port }: Extract<Task, { kind: "feed" }>): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", resolve));
  const bootMs = day.fromMs - 3_600_000;
  let sequence = 0;
  for (let fromMs = day.fromMs; fromMs < day.fromMs + DAY_MS; fromMs += 300_000) {
    const flows = (await store.ownRows(exportSql(fromMs, fromMs + 300_000))).map(toFlow);
    const sets = ([4, 6] as const).flatMap((family) => {
      const own = flows.filter(({ ipVersion }) => ipVersion === family);
      const template = NETFLOW9_TEMPLATES[family];
      return Array.from({ length: Math.ceil(own.length / DATAGRAM_FLOWS) }, (_, i) => ({
        template,
        flows: own.slice(i * DATAGRAM_FLOWS, (i + 1) * DATAGRAM_FLOWS),
      }));
    });
    for (let begin = 0; begin < sets.length; begin += BURST) {
      const sent = sets.slice(begin, begin + BURST).map((set, i) => {
        const templates = begin + i === 0 ? [NETFLOW9_TEMPLATES[4], NETFLOW9_TEMPLATES[6]] : [];
        const message = { version: 9, exportMs: fromMs + 300_000, bootMs, sequence: sequence++, obsDomain: 1 } as const;
        const datagram = encodeTemplated({ ...message, templates, sets: [set] });
        return new Promise<void>((resolve, reject) => socket.send(datagram, (error) => (error === null ? resolve() : reject(error))));
      });
      await Promise.all(sent);
      while (waitingBytes(port) > MOST_WAITING) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  while (waitingBytes(port) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  socket.close();
}

const exportSql = (fromMs: number, toMs: number): string =>
  `SELECT ip_version, ${["src_addr", "dst_addr"].map((name) => `replaceOne(toString(${name}), '::ffff:', '')`).join(", ")}, proto, src_port,
    if(proto IN (1, 58), icmp_type * 256 + icmp_code, dst_port), tcp_flags, tos, toFloat64(bytes), toFloat64(packets), in_if, out_if, src_as, dst_as,
    src_mask, dst_mask, src_vlan, toFloat64(toUnixTimestamp64Milli(time_start)), toFloat64(toUnixTimestamp64Milli(time_end))
  FROM flows WHERE time_received >= fromUnixTimestamp64Milli(${fromMs}) AND time_received < fromUnixTimestamp64Milli(${toMs})`;

/** In the order of `exportSql`. */
function toFlow(row: readonly unknown[]): DemoFlow {
  const [ipVersion, srcAddr, dstAddr, proto, srcPort, dstPort, tcpFlags, tos, bytes, packets, inIf, outIf, srcAs, dstAs, ...rest] = row as [
    4 | 6,
    string,
    string,
    ...number[],
  ];
  const [srcMask, dstMask, vlan, startMs, endMs] = rest;
  const flow: { readonly [name in keyof DemoFlow]: DemoFlow[name] | undefined } = {
    ...{ ipVersion, srcAddr, dstAddr, proto, srcPort, dstPort, tcpFlags, tos, bytes, packets },
    ...{ inIf, outIf, srcAs, dstAs, srcMask, dstMask, vlan, startMs, endMs },
  };
  return flow as DemoFlow;
}

/** Bytes in the receive buffer of a local UDP port (/proc/net/udp, column rx_queue). */
function waitingBytes(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const line = readFileSync("/proc/net/udp", "utf8")
    .split("\n")
    .find((row) => row.trim().split(/\s+/)[1]?.endsWith(local));
  return Number.parseInt(line?.trim().split(/\s+/)[4]?.split(":")[1] ?? "0", 16);
}

async function main(folder: string): Promise<void> {
  const dataFolder = await openDataFolder(folder);
  const tables = ["flows", "traffic_1m", "traffic_1h", "ports_5m", "ports_1d", "hosts_5m", "pairs_1h"];
  const retention = Object.fromEntries(tables.map((table) => [table, RETENTION_DAYS]));
  const store = await createStore(storeConfigSchema.parse({ retention }), { dataFolder, networks });
  const run = async (task: Task): Promise<Prepared | Asked | Counted> => {
    switch (task.kind) {
      case "prepare":
        return prepare(store, task);
      case "ask":
        return ask(store, task);
      case "count":
        return count(store, task);
      case "feed":
        await feed(store, task);
        return {};
    }
  };
  process.on("message", (task: Task) => {
    void run(task).then(
      (result) => process.send!({ ok: result } satisfies Done),
      (error: unknown) => process.send!({ failed: String(error) } satisfies Done),
    );
  });
  process.once("disconnect", () => void store.close().then(() => dataFolder.release()));
  process.send!({ ok: {} } satisfies Done);
}

void main(process.argv[2]!);
