/**
 * A stand-in for a ClickHouse server, where none can be had: passes statements and bytes between ClickHouse's HTTP interface and an
 * embedded engine in a child process. It only translates; parsing, settings, limits, parameters and errors are the engine's own.
 * Interface: ClickHouse docs, interfaces/http (parameters, X-ClickHouse-* headers, compression, multipart parameters).
 *
 * Known differences to a server: one user; `written_rows` leaves out the rows that views wrote; INSERT with a body only in format Native.
 */
import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import type { ChildAnswer, ChildRequest } from "./chdb-child.ts";

export interface HelperRequest {
  readonly sql: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Who asked. */
  readonly user: string;
  /** Content-Encoding of the request. */
  readonly encoding: string | undefined;
}

export interface HttpHelper {
  readonly url: string;
  /** What arrived, the newest last. */
  readonly requests: readonly HelperRequest[];
  /** Called before a statement is passed on; may delay it, or throw to cut the connection. `after` is called when it was done, before the answer. */
  faults: {
    before?: (sql: string) => void | Promise<void>;
    after?: (sql: string) => void | Promise<void>;
    /** HTTP status of an answer that no ClickHouse gave, as of a proxy in front of it; the statement is not run. */
    refuse?: (sql: string) => number | undefined;
    /** The connection is cut at once, and the statement runs so many ms later: a server goes on although its client is gone. */
    detach?: (sql: string) => number | undefined;
  };
  /** Ends the helper; with `keep` the engine's folder stays. */
  stop(): Promise<void>;
}

export interface HttpHelperOptions {
  /** Folder of the engine; a temporary one without. */
  readonly path?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  /** Another who may come. */
  readonly reader?: { readonly user: string; readonly password: string };
  /** ClickHouse's users file for the engine; whoever comes is its user `default`. */
  readonly usersFile?: string;
}

/** Parameters of the URL that are neither settings nor query parameters. */
const NOT_SETTINGS = new Set([
  "query",
  "query_id",
  "database",
  "user",
  "password",
  "default_format",
  "session_id",
  "session_timeout",
  "role",
  "compress",
  "decompress",
  "wait_end_of_query",
  "buffer_size",
  "enable_http_compression",
  "send_progress_in_http_headers",
]);

/** ClickHouse, HTTPHandler: exceptionCodeToHTTPStatus. */
const STATUS: Readonly<Record<number, number>> = {
  62: 400,
  47: 404,
  60: 404,
  81: 404,
  497: 403,
  516: 403,
  159: 408,
  164: 403,
  202: 503,
  241: 500,
};

/** Starts the helper on a free port of the loopback interface. */
export async function startHttpHelper(options: HttpHelperOptions = {}): Promise<HttpHelper> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), "sillage-http-"));
  const engine = await startChild(options.path ?? path.join(scratch, "store"), options.usersFile);
  const requests: HelperRequest[] = [];
  let bodies = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const body = decompress(await readBody(request), request.headers["content-encoding"]);
    if (url.pathname === "/ping") return void response.end("Ok.\n");
    const denied = whyDenied(request, options);
    if (denied !== undefined) {
      fail(response, denied);
      return;
    }
    const form = multipart(body, request.headers["content-type"]);
    const inUrl = url.searchParams.get("query");
    const sql = form.get("query") ?? (inUrl === null ? body.toString("utf8") : inUrl);
    const settings: Record<string, string> = {};
    const params: Record<string, string> = {};
    for (const [name, value] of [...url.searchParams, ...form]) {
      if (name.startsWith("param_")) params[name.slice("param_".length)] = value;
      else if (!NOT_SETTINGS.has(name)) settings[name] = value;
    }
    requests.push({ sql, settings, user: credentialsOf(request)[0], encoding: request.headers["content-encoding"] });
    const { faults } = helper;
    await faults.before?.(sql);
    const refusal = faults.refuse?.(sql);
    if (refusal !== undefined) {
      response.statusCode = refusal;
      response.end("an error of the proxy\n");
      return;
    }
    const delayMs = faults.detach?.(sql);
    if (delayMs !== undefined) {
      request.socket.destroy();
      await sleep(delayMs);
    }
    const insert = /^INSERT INTO (\S+) \((.*)\) FORMAT Native\s*$/s.exec(sql);
    const format = /\sFORMAT (\w+)\s*$/.exec(sql)?.[1] ?? url.searchParams.get("default_format") ?? "TabSeparated";
    let file: string | undefined;
    if (insert) await writeFile((file = path.join(scratch, `body-${bodies++}`)), body);
    const answer = await engine.run({
      sql,
      database: url.searchParams.get("database") ?? "default",
      format,
      settings,
      params,
      ...(insert ? { insert: { table: insert[1]!, columns: insert[2]!, file: file! } } : {}),
    });
    if (file !== undefined) await rm(file, { force: true });
    await faults.after?.(sql);
    if ("error" in answer) {
      fail(response, answer.error);
      return;
    }
    const { body: text, readRows, writtenRows } = answer;
    response.setHeader("X-ClickHouse-Format", format);
    response.setHeader("X-ClickHouse-Timezone", "UTC");
    response.setHeader("X-ClickHouse-Query-Id", url.searchParams.get("query_id") ?? "");
    response.setHeader("X-ClickHouse-Summary", JSON.stringify(summary(readRows, writtenRows)));
    response.setHeader("Content-Type", format.startsWith("JSON") ? "application/json; charset=UTF-8" : "text/plain; charset=UTF-8");
    if (url.searchParams.get("enable_http_compression") === "1" && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
      response.setHeader("Content-Encoding", "gzip");
      response.end(gzipSync(text));
    } else response.end(text);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const helper: HttpHelper = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults: {},
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await engine.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
  return helper;
}

function summary(readRows: number, writtenRows: number): Record<string, string> {
  const numbers = {
    read_rows: readRows,
    read_bytes: 0,
    written_rows: writtenRows,
    written_bytes: 0,
    total_rows_to_read: 0,
    result_rows: 0,
    result_bytes: 0,
    elapsed_ns: 0,
  };
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
}

function fail(response: ServerResponse, message: string): void {
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 1000);
  response.statusCode = STATUS[code] ?? 500;
  response.setHeader("X-ClickHouse-Exception-Code", String(code));
  response.setHeader("Content-Type", "text/plain; charset=UTF-8");
  response.end(`${message}\n`);
}

function credentialsOf(request: IncomingMessage): [user: string, password: string] {
  const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? "")?.[1];
  if (basic !== undefined) return splitOnce(Buffer.from(basic, "base64").toString("utf8"));
  return [String(request.headers["x-clickhouse-user"] ?? "default"), String(request.headers["x-clickhouse-key"] ?? "")];
}

function whyDenied(request: IncomingMessage, { user = "default", password = "", reader }: HttpHelperOptions): string | undefined {
  const [givenUser, givenPassword] = credentialsOf(request);
  if (givenUser === user && givenPassword === password) return undefined;
  if (givenUser === reader?.user && givenPassword === reader.password) return undefined;
  return `Code: 516. DB::Exception: ${givenUser}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED) (version 26.7.2.1)`;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(":");
  return [text.slice(0, at), text.slice(at + 1)];
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === "gzip") return gunzipSync(body);
  if (encoding === "deflate") return inflateSync(body);
  if (encoding === "br") return brotliDecompressSync(body);
  return body;
}

/** Fields of a multipart/form-data body; empty for other bodies. */
function multipart(body: Buffer, contentType = ""): Map<string, string> {
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(contentType)?.[1];
  const fields = new Map<string, string>();
  if (boundary === undefined) return fields;
  for (const part of body.toString("utf8").split(`--${boundary}`)) {
    const match = /^\r\nContent-Disposition: form-data; name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n(.*)\r\n$/s.exec(part);
    if (match) fields.set(match[1]!, match[2]!);
  }
  return fields;
}

interface ChildEngine {
  run(request: Omit<ChildRequest, "id">): Promise<ChildAnswer>;
  stop(): Promise<void>;
}

async function startChild(folder: string, usersFile: string | undefined): Promise<ChildEngine> {
  const child: ChildProcess = fork(path.join(__dirname, "chdb-child.ts"), [folder, ...(usersFile === undefined ? [] : [usersFile])], {
    execArgv: ["--import", "tsx"],
    serialization: "advanced",
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", NODE_OPTIONS: "" },
  });
  const waiting = new Map<number, (answer: ChildAnswer) => void>();
  const ready = new Promise<ChildAnswer>((resolve) => waiting.set(-1, resolve));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.on("message", (answer: ChildAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  void ended.then(() => {
    for (const [id, resolve] of waiting) resolve({ id, error: "Code: 236. DB::Exception: the engine has ended. (ABORTED)" });
    waiting.clear();
  });
  const started = await ready;
  if ("error" in started) throw new Error(`the engine does not start: ${started.error}`);
  let next = 0;
  return {
    run(request) {
      const id = next++;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        child.send({ id, ...request });
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
