/** `sillage query`: asks the running server, over the HTTP API that Grafana uses too. */
import {
  DIMENSIONS,
  findField,
  MEASURE_NAMES,
  TIME_BASES,
  VIEWS,
  type ErrorBody,
  type Frame,
  type MeasureName,
  type TimeBasis,
  type View,
} from "@sillage/model";
import { InvalidArgumentError, Option, type Command } from "commander";
import { askServer, throwAnswer } from "./ask-server.ts";
import { renderDiagnostic } from "./filter.ts";
import { formatFrames, QUERY_FORMATS, type QueryFormat } from "./query-output.ts";

interface QueryOptions {
  readonly view?: View;
  readonly by?: readonly Grouping[];
  readonly measure?: readonly MeasureName[];
  readonly order?: MeasureName;
  readonly from: number;
  readonly to: number;
  readonly step?: number;
  readonly limit: number;
  readonly other?: true;
  readonly unscaled?: true;
  readonly time?: TimeBasis;
  readonly spread?: true;
  readonly format: QueryFormat;
  readonly url: string;
}

interface Grouping {
  readonly field: string;
  readonly prefix4?: number;
  readonly prefix6?: number;
}

/** Most points of a series that is printed. */
const MAX_POINTS = 10_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function registerQuery(program: Command): void {
  program
    .command("query")
    .description("ask the running server about flows")
    .argument("[filter]", "the filter; quote it, because the shell knows ( ) < > ! too", "")
    .addOption(
      new Option(
        "--view <view>",
        "top: ranked groups, timeseries, stat: totals, records: single flows (default: top with --by, else records)",
      ).choices(VIEWS),
    )
    .option("--by <fields>", "group by these fields, comma-separated; src_addr/24 or src_addr/24/48 groups by network", parseGroupings)
    .option(
      "--measure <names>",
      `what is added up, comma-separated: ${MEASURE_NAMES.join(", ")} (default: bytes,packets,flows; timeseries: bps)`,
      parseMeasures,
    )
    .option("--order <measure>", "what ranks (default: the first measure)", (text) => parseMeasure(text))
    .addOption(
      new Option("--from <time>", "begin: -1h, now-1h, 2026-01-31T12:00:00Z or epoch milliseconds")
        .argParser(parseTime)
        .default(Date.now() - UNITS["h"]!, "-1h"),
    )
    .addOption(new Option("--to <time>", "end, not included").argParser(parseTime).default(Date.now(), "now"))
    .option("--step <duration>", "timeseries: least width of a bucket, such as 5m", parseDuration)
    .option("--limit <n>", "rows, or series", parseCount, 10)
    .option("--other", "add what the limit cut off as one more row or series")
    .option("--unscaled", "do not multiply bytes and packets by the sampling rate")
    .option("--spread", "spread bytes and packets over the time in which a flow was active")
    .addOption(
      new Option("--time <which>", "flows that were received in the range, or active in it").choices(TIME_BASES).default("received"),
    )
    .addOption(new Option("--format <format>", "how the answer is printed").choices(QUERY_FORMATS).default("table"))
    .option("--url <url>", "the server", "http://127.0.0.1:8055")
    .addHelpText(
      "after",
      `
The server's token, if it has one, is read from the environment variable SILLAGE_TOKEN. Times are printed in UTC.
docs/queries.md explains views and measures, docs/reference/fields.md lists the fields. Exit codes: 0 fine, 1 failed, 2 wrong use.

Examples:
  sillage query 'proto tcp and flags S' --from -10m
  sillage query 'dst net 10.0.0.0/8' --by src_addr,dst_port --measure bytes,flows --limit 20
  sillage query --view timeseries --by proto --from -6h --step 5m --format csv
  sillage query --view timeseries --spread --from -3h --to -1h
  sillage query 'ip 192.0.2.7' --time active --from 2026-01-31T12:00:00Z --to 2026-01-31T12:05:00Z
  sillage query --by src_addr/24/48 --measure bps --other --format json | jq .`,
    )
    .action(async (filter: string, options: QueryOptions) => {
      await query(filter, options);
    });
}

async function query(filter: string, options: QueryOptions): Promise<void> {
  const result = await ask(requestBody(filter, options), options);
  if (result.error !== undefined) {
    process.stderr.write(describeFailure(filter, result.error));
    process.exitCode = 1;
    return;
  }
  for (const notice of result.frames[0]?.schema.meta?.notices ?? []) process.stderr.write(`${notice.severity}: ${notice.text}\n`);
  process.stdout.write(formatFrames(result.frames, options.format));
}

function requestBody(filter: string, options: QueryOptions): object {
  const {
    view = options.by === undefined ? "records" : "top",
    by = [],
    measure,
    order,
    limit,
    other,
    unscaled,
    time,
    spread,
    step = 1000,
  } = options;
  const measures = measure ?? (view === "timeseries" ? ["bps"] : ["bytes", "packets", "flows"]);
  return {
    from: options.from,
    to: options.to,
    queries: [
      {
        refId: "A",
        intervalMs: step,
        maxDataPoints: step > 1000 ? MAX_POINTS : 100,
        view,
        filter,
        dimensions: by,
        measures,
        limit,
        other: other === true,
        scaled: unscaled !== true,
        time,
        spread: spread === true,
        ...(order === undefined ? {} : { order: { measure: order } }),
      },
    ],
  };
}

interface QueryResult {
  readonly frames: readonly Frame[];
  readonly error?: ErrorBody;
}

/** @throws SillageError SERVER_UNREACHABLE, SERVER_ANSWER, and what the server says about the request as a whole */
async function ask(body: object, { url }: QueryOptions): Promise<QueryResult> {
  const answer = await askServer("/api/v1/query", url, body);
  return (answer.body as { results?: { A?: QueryResult } } | undefined)?.results?.A ?? throwAnswer(answer, url);
}

/** Underlines the place in the filter where there is one. */
export function describeFailure(filter: string, { code, message, hint, position }: ErrorBody): string {
  if (position !== undefined)
    return renderDiagnostic(filter, { severity: "error", code: code as never, message, position, ...(hint === undefined ? {} : { hint }) });
  return `sillage: ${message} (${code})\n${hint === undefined ? "" : `  ${hint}\n`}`;
}

export function parseGroupings(text: string): Grouping[] {
  return text.split(",").map((part) => {
    const [name = "", v4, v6, ...rest] = part.trim().split("/");
    const field = findField(name);
    if (field?.dimension !== true)
      throw new InvalidArgumentError(`${name} is no field to group by; there are ${DIMENSIONS.map((known) => known.name).join(", ")}.`);
    const prefix = (length: string | undefined, most: number): number | undefined => {
      if (length === undefined) return undefined;
      if (field.kind === "ip" && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= most) return Number(length);
      throw new InvalidArgumentError(`${part}: only addresses have prefix lengths, as in src_addr/24 or src_addr/24/48.`);
    };
    const prefix4 = prefix(v4, 32);
    const prefix6 = prefix(v6, 128);
    return { field: name, ...(prefix4 === undefined ? {} : { prefix4 }), ...(prefix6 === undefined ? {} : { prefix6 }) };
  });
}

function parseMeasures(text: string): MeasureName[] {
  return text.split(",").map((name) => parseMeasure(name.trim()));
}

function parseMeasure(name: string): MeasureName {
  const known = MEASURE_NAMES.find((measure) => measure === name);
  if (known === undefined) throw new InvalidArgumentError(`${name} is no measure; there are ${MEASURE_NAMES.join(", ")}.`);
  return known;
}

/** `now`, `-1h`, `now-1h`, epoch milliseconds, or a date that says its zone. */
export function parseTime(text: string): number {
  const relative = /^(?:now)?(?:-(\d{1,9})([smhdw]))?$/.exec(text);
  if (relative !== null && text !== "") return Date.now() - Number(relative[1] ?? 0) * (UNITS[relative[2] ?? "s"] ?? 0);
  const ms = /^\d{1,15}$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError("expected now, -1h, 2026-01-31, 2026-01-31T12:00:00Z (or +01:00), or epoch milliseconds.");
  return ms;
}

function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhdw])$/.exec(text);
  if (match === null || Number(match[1]) === 0) throw new InvalidArgumentError("expected a duration such as 30s, 5m or 1h.");
  return Number(match[1]) * UNITS[match[2]!]!;
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 10_000) throw new InvalidArgumentError("expected a number from 1 to 10000.");
  return Number(text);
}
