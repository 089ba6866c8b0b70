/**
 * The embedded back end: ClickHouse as a library in this process (npm `chdb`).
 *
 * Its Session is used directly and not through `createChdbConnection` of `@clickhouse/client`, because that (chdb 3.4.0) runs statements
 * with parameters one at a time in the whole process, a slow one holding up all others, and does not escape backslashes in text settings.
 * Parameters travel as `SET param_name = 'text'` instead, which is a connection's own. What else was found, each with a test:
 *  - A connection runs one statement at a time, on a thread of Node's pool (UV_THREADPOOL_SIZE, 4 unless it is set before the process
 *    starts): more connections than threads would wait for each other, and file access with them.
 *  - The statement cannot be interrupted by its promise; KILL QUERY from another connection can. `KILL QUERY ... SYNC` never returns.
 *  - A statement that failed or was killed stays in system.processes until the connection runs the next one.
 *  - INSERT ... SELECT answers no row count.
 *  - `readonly` cannot be taken back on a connection.
 *  - One process can open one data folder at a time, and one folder belongs to one process.
 */
import { SillageError } from "@sillage/model";
import type { Session } from "chdb";
import type { ConnectionRole, Engine, EngineConnection, FileInsert, Settings, Statement } from "./engine.ts";
import { RowCountError } from "./engine.ts";
import { MAX_STATEMENT_BYTES } from "./settings.ts";
import { identifier, literal, paramText, settingValue } from "./sql-text.ts";
import { DEFAULT_POOL_THREADS, OTHER_THREADS } from "./thread-pool.ts";

export interface ChdbOptions {
  /** Folder of the engine. */
  readonly path: string;
  readonly database: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Opens the engine on its folder.
 * @throws SillageError DATA_IN_USE, STORE_OPEN
 */
export async function createChdbEngine({ path, database, env = process.env }: ChdbOptions): Promise<Engine> {
  if (/[*?{},[\]]/.test(path)) {
    throw new SillageError(
      "config",
      "STORE_OPEN",
      `the path ${path} holds one of * ? { } [ ] and comma, which the database reads as a pattern`,
      {
        hint: "choose another folder with the option `data`",
      },
    );
  }
  // Half a gigabyte of native code: loaded only by the process that uses it.
  const chdb = await import("chdb");
  const openSession = (): Session => {
    try {
      return new chdb.Session(path);
    } catch (cause) {
      throw new SillageError("config", "STORE_OPEN", `the embedded database cannot open ${path}`, {
        hint: "is another process using the folder, or was it written by a newer version? the lines before this one on stderr tell",
        cause,
      });
    }
  };
  const bootstrap = openSession();
  try {
    await bootstrap.queryAsync(`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
  } finally {
    bootstrap.close();
  }
  const threads = Number(env["UV_THREADPOOL_SIZE"] ?? DEFAULT_POOL_THREADS);
  return {
    kind: "embedded",
    maxQueryConnections: Math.max(1, threads - OTHER_THREADS + 1),
    async connect(role) {
      const session = openSession();
      await session.queryAsync(`USE ${identifier(database)}`);
      // Counts before the statement that would set it is parsed.
      await session.queryAsync(`SET max_query_size = ${MAX_STATEMENT_BYTES}`);
      if (role === "query") await session.queryAsync("SET readonly = 2");
      return new ChdbConnection(session, role);
    },
    async close() {
      await chdb.drainPending();
    },
  };
}

class ChdbConnection implements EngineConnection {
  readonly #session: Session;
  readonly #role: ConnectionRole;

  constructor(session: Session, role: ConnectionRole) {
    this.#session = session;
    this.#role = role;
  }

  async query(statement: Statement): Promise<string> {
    return this.#run(statement, "JSONCompact");
  }

  async command(statement: Statement): Promise<void> {
    if (this.#role === "query") throw new Error("a query connection is read-only");
    await this.#run(statement, "Null");
  }

  async insertFiles({ table, columns, files, rows, sortBy, settings }: FileInsert): Promise<void> {
    const structure = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ");
    // The pattern starts with a slash: one that starts with a brace counts as relative and silently matches no file.
    const pattern = `/{${files.map((file) => file.slice(1)).join(",")}}`;
    const source = `file(${literal(files.length === 1 ? files[0]! : pattern)}, Native, ${literal(structure)})`;
    const names = columns.map(({ name }) => identifier(name)).join(", ");
    // INSERT ... SELECT answers no count, so the engine counts first (about 10 ms for a million rows); then nothing of a wrong batch is in.
    const counted = await this.#run({ sql: `SELECT count() FROM ${source}`, settings }, "TSV");
    if (Number(counted) !== rows) throw new RowCountError(`the database counts ${counted.trim()} rows in the files instead of ${rows}`);
    const order = sortBy.length === 0 ? "" : ` ORDER BY ${sortBy.join(", ")}`;
    await this.#run({ sql: `INSERT INTO ${identifier(table)} (${names}) SELECT ${names} FROM ${source}${order}`, settings }, "Null");
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  async #run({ sql, params = {}, settings }: Statement, format: string): Promise<string> {
    const assignments = [
      ...assign(settings),
      ...Object.entries(params).map(([name, value]) => `param_${name} = ${literal(paramText(value))}`),
    ];
    try {
      const result = await this.#session.queryAsync(`SET ${assignments.join(", ")}; ${sql}`, { format });
      return result.text();
    } catch (error) {
      // The failed statement would stay in system.processes, where the next KILL or a person would find it.
      await this.#session.queryAsync("SELECT 1").catch(() => undefined);
      throw error;
    }
  }
}

function assign(settings: Settings): string[] {
  return Object.entries(settings).map(([name, value]) => `${name} = ${settingValue(value)}`);
}
