/** Frames of an answer as rows, and rows as a table for people, CSV or JSON. */
import type { Frame, FrameValue } from "@sillage/model";

export const QUERY_FORMATS = ["table", "csv", "json"] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];

interface Column {
  readonly name: string;
  readonly kind: "time" | "number" | "string";
  /** Grafana unit id. */
  readonly unit?: string | undefined;
}

interface Rows {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly FrameValue[])[];
}

export function formatFrames(frames: readonly Frame[], format: QueryFormat): string {
  const table = toRows(frames);
  switch (format) {
    case "table":
      return tableText(table);
    case "csv":
      return csvText(table);
    case "json":
      return jsonText(table);
  }
}

/** One list of rows: series of several frames are joined by time and labels. */
function toRows(frames: readonly Frame[]): Rows {
  const columns = new Map<string, Column>();
  const rows = new Map<string, Map<string, FrameValue>>();
  frames.forEach(({ schema, data }, frameIndex) => {
    const labels = Object.assign({}, ...schema.fields.map((field) => field.labels ?? {})) as Record<string, string>;
    delete labels["measure"];
    const isSeries = schema.meta?.type === "timeseries-multi";
    const [first] = schema.fields;
    if (first?.type === "time") columns.set(first.name, columnOf(first));
    for (const name of Object.keys(labels)) columns.set(name, { name, kind: "string" });
    for (const field of schema.fields) columns.set(field.name, columnOf(field));
    for (let i = 0; i < (data.values[0]?.length ?? 0); i++) {
      const key = isSeries ? JSON.stringify([data.values[0]![i], labels]) : `${frameIndex} ${i}`;
      const row = rows.get(key) ?? new Map<string, FrameValue>(Object.entries(labels));
      schema.fields.forEach((field, column) => row.set(field.name, data.values[column]![i]!));
      rows.set(key, row);
    }
  });
  const list = [...columns.values()];
  return { columns: list, rows: [...rows.values()].map((row) => list.map(({ name }) => row.get(name) ?? null)) };
}

function columnOf({ name, type, config }: Frame["schema"]["fields"][number]): Column {
  return { name, kind: type, unit: config?.["unit"] as string | undefined };
}

/** Times in ISO 8601, UTC; everything else as it is. */
function plainValue({ kind }: Column, value: FrameValue): FrameValue {
  return kind === "time" && typeof value === "number" ? new Date(value).toISOString() : value;
}

function jsonText({ columns, rows }: Rows): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column.name, plainValue(column, row[i]!)])));
  return `${JSON.stringify(objects, null, 2)}\n`;
}

/** RFC 4180. */
function csvText({ columns, rows }: Rows): string {
  const cell = (value: FrameValue): string => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [
    columns.map(({ name }) => cell(name)),
    ...rows.map((row) => columns.map((column, i) => cell(plainValue(column, row[i]!)))),
  ];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function tableText({ columns, rows }: Rows): string {
  if (rows.length === 0) return "no rows\n";
  const cells = [columns.map(({ name }) => name), ...rows.map((row) => columns.map((column, i) => tableCell(column, row[i]!)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const padded = cells.map((line) =>
    line.map((text, i) => (columns[i]!.kind === "number" ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))),
  );
  const [head = [], ...body] = padded;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map((line) => `${line.join("  ").trimEnd()}\n`).join("");
}

function tableCell(column: Column, value: FrameValue): string {
  if (value === null) return "-";
  if (typeof value === "string") return value;
  if (column.kind === "time")
    return new Date(value)
      .toISOString()
      .replace("T", " ")
      .replace(/\.000Z$|Z$/, "");
  return formatNumber(value, column.unit);
}

/** What stands behind the decimal prefix. */
const SUFFIX: Readonly<Record<string, string>> = { decbytes: "B", bps: "b/s", pps: "p/s", cps: "/s" };
const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

/** Amounts with a unit get a decimal prefix (1500000 b/s: 1.50 Mb/s), counts are written out (12,345), durations get seconds. */
export function formatNumber(value: number, unit: string | undefined): string {
  if (unit === "ms") return `${(value / 1000).toFixed(3)} s`;
  const suffix = SUFFIX[unit ?? ""];
  if (suffix === undefined) return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  const power = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)));
  const digits = value / 1000 ** power;
  return `${Number.isInteger(digits) && power === 0 ? digits : digits.toFixed(2)} ${PREFIXES[power]}${suffix}`;
}
