/**
 * The other back end: a ClickHouse server over HTTP(S), through `@clickhouse/client`. Connections here are only places in the pool; the
 * client keeps the sockets.
 */
import { createReadStream, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { SillageError } from "@sillage/model";
import {
  AnswerError,
  RowCountError,
  type ConnectionRole,
  type Engine,
  type EngineConnection,
  type FileInsert,
  type Settings,
  type Statement,
} from "./engine.ts";
import { identifier } from "./sql-text.ts";

/** Silence after which the server counts as gone. A batch of a million rows with all rollups takes seconds, on a busy machine a minute. */
const REQUEST_TIMEOUT_MS = 300_000;

/** Holds an answer back until it is complete, so that an error in the middle becomes an HTTP status and not half a document. */
const WHOLE_ANSWER: Settings = { wait_end_of_query: 1 };

export interface HttpUser {
  readonly user: string;
  readonly password: string;
}

export interface HttpOptions extends HttpUser {
  readonly url: string;
  /** Who runs queries; without: the same user. */
  readonly reader?: HttpUser | undefined;
  readonly database: string;
  readonly caFile?: string | undefined;
  readonly compression: boolean;
  readonly maxConnections: number;
  readonly requestTimeoutMs?: number;
}

/**
 * Connects and makes the database if it is missing.
 * @throws SillageError CONFIG_INVALID for an unreadable certificate file; errors of the server as they come
 */
export async function createHttpEngine(options: HttpOptions): Promise<Engine> {
  const bootstrap = open(options, "default");
  try {
    await bootstrap.command({ query: `CREATE DATABASE IF NOT EXISTS ${identifier(options.database)}` });
  } finally {
    await bootstrap.close();
  }
  const writer = open(options, options.database);
  const reader = options.reader && open({ ...options, ...options.reader }, options.database);
  try {
    // Wrong credentials are told now, and not by every panel.
    await reader?.ping({ select: true }).then(({ success, ...answer }) => {
      if (!success && "error" in answer) throw answer.error;
    });
  } catch (error) {
    await Promise.all([writer.close(), reader?.close()]);
    throw error;
  }
  return {
    kind: "http",
    maxQueryConnections: Infinity,
    connect: (role) => Promise.resolve(new HttpConnection(role === "query" && reader ? reader : writer, role)),
    async close() {
      await writer.close();
      await reader?.close();
    },
  };
}

function open(options: HttpOptions, database: string): ClickHouseClient {
  return createClient({
    url: options.url,
    username: options.user,
    password: options.password,
    database,
    application: "sillage",
    request_timeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    max_open_connections: options.maxConnections,
    compression: { request: options.compression, response: options.compression },
    // A list of a thousand networks does not fit into a URL.
    use_multipart_params_auto: true,
    log: { level: ClickHouseLogLevel.OFF }, // errors are thrown, and the store's caller logs them
    ...(options.caFile === undefined ? {} : { tls: { ca_cert: readCertificate(options.caFile) } }),
  });
}

function readCertificate(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SillageError(
      "config",
      "CONFIG_INVALID",
      `store.caFile: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown error"})`,
      {
        hint: "give the path of a PEM file that this user may read",
        cause,
      },
    );
  }
}

class HttpConnection implements EngineConnection {
  readonly #client: ClickHouseClient;
  readonly #role: ConnectionRole;

  constructor(client: ClickHouseClient, role: ConnectionRole) {
    this.#client = client;
    this.#role = role;
  }

  async query({ sql, params = {}, settings }: Statement, giveUp?: AbortSignal): Promise<string> {
    const answer = await this.#client.query({
      query: sql,
      format: "JSONCompact",
      query_params: params,
      clickhouse_settings: { ...WHOLE_ANSWER, ...settings, ...(this.#role === "query" ? { readonly: "2" } : {}) },
      ...(giveUp === undefined ? {} : { abort_signal: giveUp }),
    });
    return answer.text();
  }

  async command({ sql, params = {}, settings }: Statement): Promise<void> {
    await this.#client.command({ query: sql, query_params: params, clickhouse_settings: { ...WHOLE_ANSWER, ...settings } });
  }

  async insertFiles({ table, columns, files, rows, settings }: FileInsert): Promise<void> {
    const { stream, summary } = await this.#client.exec({
      query: `INSERT INTO ${identifier(table)} (${columns.map(({ name }) => identifier(name)).join(", ")}) FORMAT Native`,
      values: Readable.from(contents(files), { objectMode: false }),
      clickhouse_settings: { ...WHOLE_ANSWER, ...settings },
    });
    stream.resume();
    await finished(stream);
    if (summary === undefined) {
      throw new AnswerError("the answer of the ClickHouse server has no X-ClickHouse-Summary header; a proxy between may have removed it");
    }
    checkRows(Number(summary.read_rows), Number(summary.written_rows), rows);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Both counters include rows that deduplication then drops, so a repeated batch counts like the first time. `read_rows` are the rows of the
 * request; servers that do not fill it in for inserts tell `written_rows`, which includes the rows that views wrote.
 */
function checkRows(read: number, written: number, wanted: number): void {
  const fine = read > 0 ? read === wanted : written >= wanted;
  if (!fine) throw new RowCountError(`the ClickHouse server counted ${read > 0 ? read : written} rows instead of ${wanted}`);
}

async function* contents(files: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
}
