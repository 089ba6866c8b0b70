/** `sillage decode`: what Sillage reads in a file, without a collector or a store. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { SillageError } from "@sillage/model";
import { InvalidArgumentError, Option, type Command } from "commander";
// Not from collect/index.ts: decoding files needs neither sockets nor metrics.
import { readElementsFile } from "../collect/elements-file.ts";
import { CaptureReader, CONTAINERS, Decoder, detectContainer, exportTimeMs, type Container, type ExporterStats } from "../decode/index.ts";
import { FlowBatch, readFlow } from "../flow/index.ts";
import { flowTableLine, FLOW_TABLE_HEAD } from "./flow-table.ts";

const FORMATS = ["ndjson", "table", "summary"] as const;
type Format = (typeof FORMATS)[number];

interface DecodeOptions {
  readonly format: Format;
  readonly container: Container | "auto";
  readonly port?: number;
  /** File that declares elements. */
  readonly elements?: string;
}

/** The last line on stderr. */
export interface DecodeSummary {
  datagrams: number;
  data_records: number;
  options_records: number;
  /** sFlow. */
  counter_samples: number;
  rows: number;
  /** Counter elements as exported, by IANA name; beyond 2^53 as decimal strings. */
  sums: Record<string, number | string>;
  /** Lost, by cause. */
  dropped: Record<string, number>;
  /** Understood and not kept, by kind. */
  skipped: Record<string, number>;
  templates: number;
  /** Elements that no column keeps, the most frequent first. */
  /** `kind` tells the structures of sFlow apart; elements have none. */
  unknown_elements: { kind?: string; enterprise: number; id: number; name?: string; records: number }[];
}

/** Rows are written in pieces of about this size. */
const OUTPUT_CHARACTERS = 65_536;

export function registerDecode(program: Command): void {
  program
    .command("decode")
    .description("print the flows in captures (pcap, pcapng), IPFIX files and bare datagrams")
    .argument("<file...>", "files of one exporter, in the order they were sent: templates of one hold for the next; - is standard input")
    .addOption(new Option("--format <format>", "how flows are printed; summary prints none").choices(FORMATS).default("ndjson"))
    .addOption(new Option("--container <kind>", "what the files are").choices(["auto", ...CONTAINERS]).default("auto"))
    .option("--port <number>", "captures: only what was sent to this UDP or TCP port", parsePort)
    .option("--elements <file>", "file that declares elements (docs/elements.md)")
    .addHelpText(
      "after",
      `
Reads NetFlow v1, v5 to v9, IPFIX and sFlow v5. Flows go to standard output, one JSON object a line, with the names of the field reference;
counters above 2^53 are strings. The last line on standard error is one JSON object: datagrams, data_records, options_records, counter_samples, rows,
sums (counter elements as exported), dropped (by cause), skipped (by kind), templates, unknown_elements.

Captures may hold IPFIX over TCP as well. A file of IPFIX messages back to back is taken for a stream when its name ends in .ipfix or it is larger than a datagram can be;
--container ipfix-stream says so for any other. Times are the exporter's, however old; time_received is the capture's.

Examples:
  sillage decode capture.pcap
  sillage decode capture.pcap.gz --port 2055 --format table | less
  tcpdump -i eth0 -c 1000 -w - udp port 2055 | sillage decode -
  sillage decode template.dat data.dat --format summary
  sillage decode export.ipfix | jq -c 'select(.dst_port == 443) | [.src_addr, .bytes]'`,
    )
    .action((files: readonly string[], options: DecodeOptions) => {
      process.stdout.on("error", endQuietly);
      const summary = decodeFiles(files, options, (text) => void process.stdout.write(text));
      if (options.format === "summary") process.stdout.write(describeSummary(summary));
      process.stderr.write(`${JSON.stringify(summary)}\n`);
    });
}

/** The reader of our output had enough (`| head`): that is no failure. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}

/**
 * Decodes files as one exporter's and writes the flows.
 * @throws SillageError DECODE_FILE when a file cannot be read; of the elements file CONFIG_UNREADABLE, CONFIG_INVALID
 */
export function decodeFiles(
  files: readonly string[],
  { format, container, port, elements }: DecodeOptions,
  write: (text: string) => void,
): DecodeSummary {
  const decoder = new Decoder({
    clampTimes: false,
    sumCounters: true,
    elements: elements === undefined ? [] : readElementsFile(elements),
  });
  const printer = new RowPrinter(format, write);
  const captureSkips: Record<string, number> = {};
  const reader = new CaptureReader(({ bytes, source, sourcePort, destinationPort, connection = 0, capturedMs }) => {
    if (port !== undefined && destinationPort !== port) add(captureSkips, "other_ports", 1);
    else decoder.decode(bytes, { source, sourcePort, connection, receivedMs: capturedMs ?? exportTimeMs(bytes) ?? 0 }, printer);
  });
  for (const file of files) {
    const bytes = readFile(file);
    reader.read(bytes, container === "auto" ? detectContainer(bytes, file.replace(/\.gz$/, "")) : container);
  }
  const skips = reader.end();
  add(captureSkips, "frames_not_udp", skips.notUdp);
  add(captureSkips, "frames_truncated", skips.truncated);
  add(captureSkips, "fragments_incomplete", skips.fragments);
  add(captureSkips, "file_trailing_bytes", skips.trailingBytes);
  add(captureSkips, "stream_bytes", skips.streamBytes);
  printer.end();
  decoder.expire(Number.POSITIVE_INFINITY); // what still waits for a template has waited in vain
  return summarise(decoder, captureSkips);
}

const STANDARD_INPUT = 0;
const GZIP_MAGIC = 0x1f8b;

/** A file, or standard input for `-`; what gzip has packed is unpacked. */
function readFile(file: string): Uint8Array {
  try {
    const bytes = readFileSync(file === "-" ? STANDARD_INPUT : file);
    return bytes.length >= 2 && bytes.readUInt16BE() === GZIP_MAGIC ? gunzipSync(bytes) : bytes;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SillageError("not-found", "DECODE_FILE", `cannot read ${file}: ${reason}`, {
      hint: "name a pcap or pcapng capture, an IPFIX file, a file with one datagram, or - for standard input; not a folder",
      cause: error,
    });
  }
}

/** A sink that prints rows instead of storing them. */
class RowPrinter {
  readonly batch = new FlowBatch(4_096);
  private readonly format: Format;
  private readonly write: (text: string) => void;
  private text = "";

  constructor(format: Format, write: (text: string) => void) {
    this.format = format;
    this.write = write;
    if (format === "table") this.text = `${FLOW_TABLE_HEAD}\n`;
  }

  flush(): void {
    if (this.format !== "summary") {
      for (let row = 0; row < this.batch.rows; row++) {
        const flow = readFlow(this.batch, row);
        this.text += `${this.format === "table" ? flowTableLine(flow) : JSON.stringify(flow)}\n`;
        if (this.text.length >= OUTPUT_CHARACTERS) this.pass();
      }
    }
    this.batch.reset();
  }

  end(): void {
    this.flush();
    this.pass();
  }

  private pass(): void {
    if (this.text !== "") this.write(this.text);
    this.text = "";
  }
}

function summarise(decoder: Decoder, captureSkips: Readonly<Record<string, number>>): DecodeSummary {
  const stats = decoder.stats();
  const total = (key: "datagrams" | "dataRecords" | "optionsRecords" | "counterSamples" | "rows" | "templates"): number =>
    stats.reduce((sum, one) => sum + one[key], 0);
  return {
    datagrams: total("datagrams"),
    data_records: total("dataRecords"),
    options_records: total("optionsRecords"),
    counter_samples: total("counterSamples"),
    rows: total("rows"),
    sums: Object.fromEntries(
      Array.from(decoder.sums(), ([name, sum]) => [name, sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum.toString()]),
    ),
    dropped: merge(stats, "dropped"),
    skipped: { ...merge(stats, "skipped"), ...captureSkips },
    templates: total("templates"),
    unknown_elements: ignoredElements(decoder),
  };
}

function merge(stats: readonly ExporterStats[], key: "dropped" | "skipped"): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const one of stats) for (const [cause, count] of Object.entries(one[key])) add(merged, cause, count);
  return merged;
}

/** Those of all sessions and exporters together. */
function ignoredElements(decoder: Decoder): DecodeSummary["unknown_elements"] {
  const merged = new Map<string, DecodeSummary["unknown_elements"][number]>();
  for (const { kind, enterprise, id, name, records } of decoder.ignoredElements()) {
    const key = `${kind} ${enterprise}.${id}`;
    const known = merged.get(key);
    if (known) known.records += records;
    else merged.set(key, { ...(kind === "element" ? {} : { kind }), enterprise, id, ...(name === undefined ? {} : { name }), records });
  }
  return [...merged.values()].sort((a, b) => b.records - a.records);
}

function add(counts: Record<string, number>, key: string, count: number): void {
  if (count > 0) counts[key] = (counts[key] ?? 0) + count;
}

/** The summary for people. */
function describeSummary(summary: DecodeSummary): string {
  const list = (counts: Readonly<Record<string, number | string>>): string => {
    const entries = Object.entries(counts);
    return entries.length === 0 ? "none" : entries.map(([name, count]) => `${name} ${count}`).join(", ");
  };
  const unknown = summary.unknown_elements.map(
    ({ kind, enterprise, id, name, records }) =>
      `${kind === undefined ? "" : `${kind} `}${enterprise === 0 ? "" : `${enterprise}.`}${id}${name === undefined ? "" : ` ${name}`} (${records})`,
  );
  return [
    `datagrams         ${summary.datagrams}`,
    `data records      ${summary.data_records}`,
    `options records   ${summary.options_records}`,
    `counter samples   ${summary.counter_samples}`,
    `rows              ${summary.rows}`,
    `templates         ${summary.templates}`,
    `sums              ${list(summary.sums)}`,
    `dropped           ${list(summary.dropped)}`,
    `skipped           ${list(summary.skipped)}`,
    `unknown elements  ${unknown.length === 0 ? "none" : unknown.join(", ")}`,
    "",
  ].join("\n");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError("a UDP port is a number from 1 to 65535");
  return port;
}
