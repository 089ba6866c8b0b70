/** `sillage retention`: what the store holds, what of it goes by when, and what would go with other limits. Asks the running server. */
import { SillageError } from "@sillage/model";
import { Option, type Command } from "commander";
import { parseSizeBytes } from "../config/index.ts";
import { bytes, duration, integer } from "../doctor/index.ts";
import type { Drop, RetentionReport, TableReport } from "../store/index.ts";
import { askServer, throwAnswer } from "./ask-server.ts";
import { addConfigOptions, readConfig, type ConfigOptions } from "./config-options.ts";

const FORMATS = ["table", "json"] as const;
/** Partitions named one by one; the rest is in the JSON. */
const MAX_NAMED = 8;

interface RetentionOptions extends ConfigOptions {
  readonly url?: string;
  readonly maxBytes?: string;
  readonly days: readonly string[];
  readonly format: (typeof FORMATS)[number];
}

export function registerRetention(program: Command): void {
  addConfigOptions(program.command("retention").description("show what the store holds, and preview what goes by age and by size"))
    .option("--url <url>", "the server (default: the port of the configuration on this machine)")
    .option("--max-bytes <size>", "what would go with this store.maxBytes, such as 20GiB", checkSize)
    .addOption(
      new Option("--days <table=days>", "what would go with this store.retention, such as flows=14; may be repeated")
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], "none"),
    )
    .addOption(new Option("--format <format>", "how it is printed").choices(FORMATS).default("table"))
    .addHelpText(
      "after",
      `
Nothing is changed. The server's token, if it has one, is read from the environment variable SILLAGE_TOKEN.

Examples:
  sillage retention
  sillage retention --max-bytes 20GiB --days flows=14 --days pairs_1h=30
  sillage retention --format json | jq '.no_room'`,
    )
    .action(async (options: RetentionOptions) => {
      const url = options.url ?? `http://127.0.0.1:${readConfig(options).config.api.port}`;
      const query = new URLSearchParams();
      if (options.maxBytes !== undefined) query.set("max_bytes", options.maxBytes);
      if (options.days.length > 0) query.set("days", options.days.join(","));
      const answer = await askServer(`/api/v1/store?${query.toString()}`, url);
      if (answer.status !== 200) throwAnswer(answer, url);
      const report = answer.body as RetentionReport;
      process.stdout.write(options.format === "json" ? `${JSON.stringify(report, null, 2)}\n` : describeRetention(report));
    });
}

function checkSize(text: string): string {
  if (parseSizeBytes(text) !== undefined) return text;
  throw new SillageError("input", "RETENTION_INVALID", `${JSON.stringify(text)} is not a size`, { hint: "write one such as 20GiB" });
}

const HEAD = ["table", "rows", "size", "a flow", "a day", "oldest", "days", "next to go", "when"];

/** For people. */
export function describeRetention(report: RetentionReport): string {
  const { at, tables, disk, used_bytes: used, max_bytes: max, expired, no_room: noRoom } = report;
  const free = disk === null ? "" : `; ${bytes(disk.free_bytes)} of the disk's ${bytes(disk.total_bytes)} are free`;
  return [
    ...alignColumns([HEAD, ...tables.filter(({ rows }) => rows > 0).map((table) => tableCells(table, at))]),
    "",
    `All tables take ${bytes(used)} of at most ${bytes(max)}${free}.`,
    ...longRun(report),
    ...dropLines(expired, "Older than its days, gone within hours", at),
    ...dropLines(noRoom, "No room, gone within a minute", at),
    ...(expired.length + noRoom.length === 0 ? ["Nothing goes now."] : []),
    "",
  ].join("\n");
}

function tableCells(table: TableReport, at: number): string[] {
  return [
    table.table,
    integer(table.rows),
    bytes(table.bytes),
    table.bytes_per_flow === null ? "" : `${table.bytes_per_flow.toPrecision(2)} B`,
    table.bytes_per_day === null ? "" : bytes(table.bytes_per_day),
    table.oldest === null ? "" : minute(table.oldest),
    String(table.retention_days),
    table.next === null ? "" : table.next.partition,
    table.next === null ? "" : `in ${duration(table.next.at - at)}`,
  ];
}

function longRun({ by_age_bytes: byAge, raw_days: rawDays, max_bytes: max, tables }: RetentionReport): string[] {
  const raw = tables.find(({ table }) => table === "flows");
  if (byAge === null || rawDays === null || raw === undefined) return [];
  if (byAge <= max) return [`At this growth all tables take ${bytes(byAge)} when each holds its days: the limit is not reached.`];
  const reach = rawDays < 2 ? duration(rawDays * 86_400_000) : `${Math.floor(rawDays)} days`;
  return [
    `At this growth all tables would take ${bytes(byAge)} when each holds its days: raw flows reach back about ${reach}, not ${raw.retention_days} days.`,
  ];
}

function dropLines(drops: readonly Drop[], title: string, at: number): string[] {
  if (drops.length === 0) return [];
  const sum = drops.reduce((total, drop) => total + drop.bytes, 0);
  const named = drops.slice(0, MAX_NAMED).map(({ table, id, part, rows, bytes: size }) => {
    const what = part === undefined ? id : `${id} (part ${part})`;
    return `  ${table} ${what}: ${integer(rows)} rows, ${bytes(size)}`;
  });
  const more = drops.length > MAX_NAMED ? [`  and ${integer(drops.length - MAX_NAMED)} more`] : [];
  return [`${title} (${bytes(sum)}, as of ${minute(at)}):`, ...named, ...more];
}

const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

/** Words to the left, numbers to the right, as the head's column stands. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const isText = (i: number): boolean => i === 0 || i === 5 || i >= 7;
  return rows.map((row) =>
    row
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}
