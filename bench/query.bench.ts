/**
 * How soon an answer is there: a day of flows of a campus (query-flows.ts), asked by the query engine as a panel asks, beside nfdump on the
 * same flows; then every panel of the shipped dashboards over the day and over its last hour.
 *
 * Cold is a new process and, for root on Linux, an empty page cache; warm are repetitions in one process, the first not counted. Each
 * query runs alone. Where an answer can be the same, it is compared and a difference is an error.
 *
 *   npm run bench -- query [--rows N] [--data FOLDER] [--cold N] [--seconds N] [--no-nfdump] [--only TEXT] [--without TABLE,...]
 *
 * With --data the flows are kept for the next run; without, they are made in a temporary folder. nfdump's files are written for up to
 * twenty million flows. --only asks questions whose name has the text; --without leaves rollups empty that no question needs (hosts_5m,pairs_1h),
 * which halves the time of making a hundred million flows.
 */
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Frame } from "@sillage/model";
import { createTableSql } from "../server/src/store/schema/ddl.ts";
import { FLOWS, ROLLUP_TABLES } from "../server/src/store/schema/tables.ts";
import { panels, questions, type Question } from "./query-cases.ts";
import { chunksOf, DAY_MS, insertSql, type Day } from "./query-flows.ts";
import { askNfdump, captureWith, folderBytes, nfdumpVersion, readAnswer, type NfdumpAnswer } from "./query-nfdump.ts";
import type { Asked, Counted, Done, Prepared, Task } from "./query-worker.ts";

const TABLES = [FLOWS, ...ROLLUP_TABLES];
const SEED = 1;
/** Noon to noon, so that the day has two partitions, as the last 24 hours mostly have. */
const NOON_MS = DAY_MS / 2;
const MOST_NFDUMP_ROWS = 20_000_000;
/** Repetitions of a warm query. */
const WARM_RUNS = 40;
const NFDUMP_RUNS = 5;

interface Times {
  readonly p50: number;
  readonly p95: number;
}

interface Result {
  readonly name: string;
  readonly table: string;
  readonly rowsRead: number;
  readonly cold?: Times;
  readonly warm: Times;
  readonly nfdump?: { readonly cold: number; readonly warm: Times; readonly times: number; readonly same: boolean | null };
}

/** A child with the store open, given one task after the other. */
class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(folder: string): Promise<Worker> {
    const child = fork(path.join(__dirname, "query-worker.ts"), [folder], { execArgv: ["--import", "tsx"] });
    const worker = new Worker(child);
    await worker.#answer();
    return worker;
  }

  async do<T>(task: Task): Promise<T> {
    this.#child.send(task);
    return (await this.#answer()) as T;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect();
    await ended;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`the process with the store ended with ${String(code)}`));
      this.#child.once("exit", onExit);
      this.#child.once("message", (done: Done) => {
        this.#child.off("exit", onExit);
        if ("failed" in done) reject(new Error(done.failed));
        else resolve(done.ok);
      });
    });
  }
}

interface Data {
  readonly day: Day;
  readonly store: string;
  readonly prepared: Prepared;
  /** Folder of nfcapd's files, or why there is none. */
  readonly nfcapd: { readonly folder: string } | { readonly missing: string };
}

interface Wanted {
  readonly rows: number;
  /** Rollups that are not filled. */
  readonly without: readonly string[];
  readonly nfdump: boolean;
}

/** The data of an earlier run, or new ones; what stands in the file `prepared.json` is complete. */
async function prepare(root: string, { rows, without, nfdump }: Wanted): Promise<Data> {
  const folder = path.join(root, `flows-${rows}`);
  const store = path.join(folder, "data");
  const file = path.join(folder, "prepared.json");
  mkdirSync(folder, { recursive: true });
  let state = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { day: Day; recipe: string; prepared: Prepared }) : undefined;
  const fromMs = state?.day.fromMs ?? Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS + NOON_MS;
  const day: Day = { fromMs, rows, seed: SEED };
  // Other flows or other tables are other data.
  const recipe = [
    without.join(),
    insertSql(day, chunksOf(day, rows)[0]!),
    ...TABLES.map((table) => createTableSql(table, { retentionDays: 1 })),
  ].join("\n");
  if (state?.recipe !== recipe) {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    const worker = await Worker.start(store);
    const prepared = await worker.do<Prepared>({ kind: "prepare", day, without });
    await worker.stop();
    state = { day, recipe, prepared };
    writeFileSync(file, JSON.stringify(state));
  }
  return { day, store, prepared: state.prepared, nfcapd: nfdump ? await capture({ folder, store, day }) : { missing: "--no-nfdump" } };
}

async function capture({ folder, store, day }: { folder: string; store: string; day: Day }): Promise<Data["nfcapd"]> {
  if (nfdumpVersion() === undefined) return { missing: "nfdump is not installed" };
  if (day.rows > MOST_NFDUMP_ROWS) return { missing: `more than ${MOST_NFDUMP_ROWS.toLocaleString("en")} flows` };
  const files = path.join(folder, "nfcapd");
  const complete = path.join(folder, "nfcapd.complete");
  if (!existsSync(complete)) {
    rmSync(files, { recursive: true, force: true });
    const worker = await Worker.start(store);
    await captureWith(files, (port) => worker.do({ kind: "feed", day, port }));
    await worker.stop();
    writeFileSync(complete, "");
  }
  return { folder: files };
}

/** Empties the page cache where that is allowed. */
function dropCaches(): boolean {
  try {
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false;
  }
}

function times(ms: readonly number[]): Times {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (part: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)]! * 10) / 10;
  return { p50: at(0.5), p95: at(0.95) };
}

interface Effort {
  readonly cold: number;
  readonly seconds: number;
}

/** @param shared a process that is running; without: one of the question's own */
async function measure({ store, nfcapd }: Data, question: Question, { cold, seconds }: Effort, shared?: Worker): Promise<Result> {
  const coldMs: number[] = [];
  for (let i = 0; i < cold; i++) {
    dropCaches();
    const worker = await Worker.start(store);
    coldMs.push(...(await worker.do<Asked>({ kind: "ask", question, runs: 1, seconds: 0 })).ms);
    await worker.stop();
  }
  const worker = shared ?? (await Worker.start(store));
  await worker.do({ kind: "ask", question, runs: 1, seconds: 0 });
  const { ms, table, rowsRead, frames } = await worker.do<Asked>({ kind: "ask", question, runs: WARM_RUNS, seconds });
  if (shared === undefined) await worker.stop();
  const warm = times(ms);
  const result = { name: question.name, table, rowsRead, ...(cold === 0 ? {} : { cold: times(coldMs) }), warm };
  if (question.nfdump === undefined || "missing" in nfcapd) return result;
  const { nfdump } = question;
  dropCaches();
  const first = askNfdump(nfcapd.folder, nfdump);
  const warmNfdump = times(Array.from({ length: NFDUMP_RUNS }, () => askNfdump(nfcapd.folder, nfdump).ms));
  const same = nfdump.same === undefined ? null : isSame(frames, readAnswer(first.output, nfdump), nfdump.same);
  return {
    ...result,
    nfdump: { cold: Math.round(first.ms), warm: warmNfdump, times: Math.round((warmNfdump.p50 / warm.p50) * 100) / 100, same },
  };
}

async function countRows({ store }: Data, { fromMs, toMs }: Question): Promise<Counted> {
  const worker = await Worker.start(store);
  const counted = await worker.do<Counted>({ kind: "count", fromMs, toMs });
  await worker.stop();
  return counted;
}

/** Are both answers the same: the ten largest groups with their sums, the sums of the series, or the totals? */
function isSame(frames: readonly Frame[], answer: NfdumpAnswer, how: "groups" | "series" | "totals"): boolean {
  const [frame] = frames;
  const { fields } = frame!.schema;
  const columns = frame!.data.values;
  if (how === "totals") {
    const totals: Readonly<Record<string, number>> = { ...answer.totals };
    return fields.every(({ name }, i) => Number(columns[i]?.[0] ?? 0) === totals[name]);
  }
  if (how === "series") {
    const sums = frames.map(({ data }) => (data.values[1] as number[]).reduce((sum, value) => sum + value, 0));
    const theirs = answer.groups.map(({ bytes }) => bytes);
    return equal(sums, theirs);
  }
  const measure = fields.findIndex(({ name }) => ["bytes", "flows", "attempts"].includes(name));
  const theirs = new Map(answer.groups.map((group) => [group.key, group[fields[measure]!.name === "bytes" ? "bytes" : "flows"]]));
  const dimensions = fields.filter(({ type }) => type === "string").length;
  return columns[0]!.every((_, row) => {
    const key = columns
      .slice(0, dimensions)
      .map((column) => String(column[row]))
      .join(" ");
    return theirs.get(key) === columns[measure]![row];
  });
}

const equal = (a: readonly number[], b: readonly number[]): boolean => {
  const sort = (list: readonly number[]): string => [...list].sort((x, y) => x - y).join(" ");
  return sort(a) === sort(b);
};

const WIDTHS = [52, 12, 13, 14, 18, 18, 8, 6] as const;
function line(...cells: string[]): void {
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i]!))).join(" "));
}
const pair = (found: Times | undefined): string => (found === undefined ? "" : `${found.p50.toFixed(0)} / ${found.p95.toFixed(0)}`);

async function table(title: string, list: readonly Question[], data: Data, effort: Effort): Promise<Result[]> {
  console.log(`\n${title}; ms, p50 / p95`);
  line("", "table", "rows read", "cold", "warm", "nfdump cold, warm", "times", "same");
  const results: Result[] = [];
  const shared = effort.cold === 0 ? await Worker.start(data.store) : undefined;
  for (const question of list) {
    const result = await measure(data, question, effort, shared);
    const { nfdump } = result;
    line(
      result.name.slice(0, WIDTHS[0]),
      result.table,
      result.rowsRead.toLocaleString("en"),
      pair(result.cold),
      pair(result.warm),
      nfdump === undefined ? "" : `${nfdump.cold}, ${nfdump.warm.p50.toFixed(0)}`,
      nfdump === undefined ? "" : nfdump.times.toFixed(1),
      nfdump === undefined || nfdump.same === null ? "" : nfdump.same ? "yes" : "NO",
    );
    results.push(result);
  }
  await shared?.stop();
  return results;
}

function printPrepared({ prepared, nfcapd }: Data): object[] {
  const { flows, sizes, seconds, cpuSeconds } = prepared;
  console.log(
    `${flows.toLocaleString("en")} flows of 24 hours, made and stored in ${seconds.toFixed(0)} s, ${((cpuSeconds / flows) * 1e6).toFixed(1)} CPU s per million (making them: about 0.9)`,
  );
  const rows = sizes.map((size) => ({
    table: size.table,
    percent: Math.round((size.rows / flows) * 10_000) / 100,
    bytesPerFlow: Math.round((size.bytes / flows) * 100) / 100,
  }));
  for (const { table, percent, bytesPerFlow } of rows)
    console.log(
      `  ${table.padEnd(12)} ${percent.toFixed(2).padStart(7)} % of the rows, ${bytesPerFlow.toFixed(2).padStart(6)} bytes a flow`,
    );
  if ("folder" in nfcapd)
    console.log(`  nfcapd, LZ4          ${(folderBytes(nfcapd.folder) / flows).toFixed(2).padStart(19)} bytes a flow`);
  return rows;
}

/** Both hold the same flows, or nothing else is worth comparing. */
function checkSums({ prepared, nfcapd }: Data): void {
  if ("missing" in nfcapd) {
    console.log(`  nfdump is left out: ${nfcapd.missing}`);
    return;
  }
  const question = { args: ["-s", "proto/bytes"], filter: "any" };
  const { totals } = readAnswer(askNfdump(nfcapd.folder, question).output, question);
  const { flows, bytes, packets } = prepared;
  const wanted = { flows, bytes, packets };
  if (JSON.stringify(totals) !== JSON.stringify(wanted))
    throw new Error(`nfcapd holds other flows than the store: ${JSON.stringify(totals)} instead of ${JSON.stringify(wanted)}`);
}

function options(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string", default: "10000000" },
      data: { type: "string" },
      cold: { type: "string", default: "3" },
      seconds: { type: "string", default: "3" },
      "no-nfdump": { type: "boolean", default: false },
      only: { type: "string", default: "" },
      without: { type: "string", default: "" },
    },
  });
  const [rows, cold, seconds] = [values.rows, values.cold, values.seconds].map(Number) as [number, number, number];
  if (!Number.isSafeInteger(rows) || rows < 1_000_000) throw new RangeError(`--rows wants a million or more, not ${values.rows}`);
  if (!(cold >= 0) || !(seconds >= 0)) throw new RangeError("--cold and --seconds want numbers");
  return { ...values, rows, cold, seconds, without: values.without.split(",").filter((name) => name !== "") };
}

/** Prints tables and returns the figures. */
export async function run(args: string[]): Promise<object> {
  const { rows, data: given, cold, seconds, only, without, "no-nfdump": noNfdump } = options(args);
  const root = given ?? (await mkdtemp(path.join(tmpdir(), "sillage-bench-query-")));
  try {
    const data = await prepare(root, { rows, without, nfdump: !noNfdump });
    const tables = printPrepared(data);
    checkSums(data);
    const { fromMs } = data.day;
    const wanted = (list: readonly Question[]): Question[] => list.filter(({ name }) => name.includes(only));
    const { day, hour } = panels(fromMs);
    const warm = { cold: 0, seconds };
    const compared = await table("Questions over 24 hours", wanted(questions(fromMs, data.prepared.subjects)), data, { cold, seconds });
    const dayPanels = await table("Panels over 24 hours", wanted(day), data, warm);
    const hourPanels = await table("Panels over the last hour", wanted(hour), data, warm);
    const hourRows = hourPanels.length === 0 ? {} : await countRows(data, hour[0]!);
    console.log(
      `  rows of that hour: ${Object.entries(hourRows)
        .map(([name, count]) => `${name} ${count.toLocaleString("en")}`)
        .join(", ")}`,
    );
    const different = compared.filter(({ nfdump }) => nfdump?.same === false).map(({ name }) => name);
    if (different.length > 0) throw new Error(`nfdump answers otherwise: ${different.join("; ")}`);
    return {
      bench: "query",
      node: process.version,
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      load: loadavg()[0],
      nfdump: "missing" in data.nfcapd ? data.nfcapd.missing : nfdumpVersion(),
      rows,
      tables,
      questions: compared,
      dayPanels,
      hourPanels,
      hourRows,
    };
  } finally {
    if (given === undefined) await rm(root, { recursive: true, force: true });
  }
}
