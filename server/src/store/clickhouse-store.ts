/**
 * The store: pools of connections over one of two engines, and the rules that every statement follows. Embedded ClickHouse and a server
 * answer alike because all of this is above them.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SillageError } from "@sillage/model";
import { readSecret } from "../config/index.ts";
import { parseAnswer } from "./answer.ts";
import type { StoreConfig } from "./config.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { DataFolder } from "./data-folder.ts";
import { forgetUnfinishedInserts } from "./deduplication-log.ts";
import { LATE_RATES, NETWORKS, replaceRows, type DictionaryOptions, type DictionaryRow } from "./dictionaries.ts";
import type { ConnectionRole, Engine, EngineConnection, FileInsert, Settings } from "./engine.ts";
import { runKillable } from "./killable-query.ts";
import { knownVersions, migrate, type MigrationTarget } from "./schema/migrations.ts";
import { withSchemaLock } from "./schema/schema-lock.ts";
import { SEGMENT_TABLES } from "./schema/tables.ts";
import { commandSettings, insertSettings, querySettings } from "./settings.ts";
import { placeholders } from "./sql-text.ts";
import { storeError } from "./store-errors.ts";
import type { FlowStore, QueryAnswer, QueryRequest } from "./store.ts";
import { LOAD_CONNECTIONS } from "./thread-pool.ts";

/** The engine stops a query that is out of time by itself; when it has not after this grace, the store kills it. Unit: ms. */
const TIMEOUT_GRACE_MS = 1_000;
const HEALTH_TIMEOUT_MS = 5_000;
/** Sockets beside those of the queries: loading, command, control. */
const OTHER_CONNECTIONS = LOAD_CONNECTIONS + 2;

/** A batch of files for `ClickHouseStore.insertFiles`. */
export interface BatchInsert extends Omit<FileInsert, "settings" | "sortBy"> {
  /** A batch with a token that was inserted before changes nothing. */
  readonly token: string;
}

export interface ClickHouseStore extends FlowStore {
  readonly kind: Engine["kind"];
  /** Queries that run at once: what was configured, or what the threads of this process allow. */
  readonly queryConnections: number;
  /**
   * Inserts Native files as one batch, all rollups included.
   * @throws RowCountError when the engine counts other rows, else the engine's error (see loader/classify-error.ts)
   */
  insertFiles(batch: BatchInsert): Promise<void>;
  /** Rows of a statement of the store itself, without bounds. */
  ownRows(sql: string): Promise<QueryAnswer["rows"]>;
}

export interface StoreDeps {
  /** The folder that this process owns; needed by the embedded engine. */
  readonly dataFolder?: DataFolder;
  /** Rows of the dictionary `networks`: flows are labelled with it from the first on. Without: what it holds already. */
  readonly networks?: readonly DictionaryRow[];
  /** Rows of the dictionary `late_rates`. Without: what it holds already. */
  readonly lateRates?: readonly DictionaryRow[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Opens the store and brings its schema up to date.
 * @throws SillageError STORE_UNAVAILABLE, STORE_DENIED, STORE_OPEN, DATA_NEWER, CONFIG_SECRET
 */
export async function createStore(config: StoreConfig, deps: StoreDeps = {}): Promise<ClickHouseStore> {
  const engine = await openEngine(config, deps).catch((error: unknown) => {
    throw storeError(error);
  });
  const pools = await openPools(engine, Math.min(config.queryConnections, engine.maxQueryConnections));
  const store = new PooledStore(engine, pools, config);
  try {
    const target: MigrationTarget = { command: (sql) => store.command(sql), rows: (sql) => store.ownRows(sql) };
    const bringUpToDate = (): Promise<number> =>
      migrate(target, {
        retention: config.retention as Record<string, number>,
        dictionaries: dictionaryOptions(config, deps.env),
        fillDictionaries: async () => {
          if (deps.networks !== undefined) await replaceRows(store, NETWORKS, deps.networks);
          if (deps.lateRates !== undefined) await replaceRows(store, LATE_RATES, deps.lateRates);
        },
      });
    // Before the lock, which is a change already.
    await knownVersions(target);
    const version =
      engine.kind === "embedded" ? await bringUpToDate() : await withSchemaLock(target, (sql) => store.controlCommand(sql), bringUpToDate);
    await deps.dataFolder?.recordSchema(version);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** Loads only the engine that is used: the embedded one is half a gigabyte of native code, which other processes never need. */
async function openEngine(config: StoreConfig, { dataFolder, env = process.env }: StoreDeps): Promise<Engine> {
  const { database, user, reader, caFile, compression } = config;
  if (config.kind === "embedded") {
    if (dataFolder === undefined) throw new TypeError("the embedded store needs a data folder");
    await forgetUnfinishedInserts(dataFolder.store);
    const { createChdbEngine } = await import("./chdb-engine.ts");
    return createChdbEngine({ path: dataFolder.store, database, env });
  }
  const password = readPassword(config, env);
  const { createHttpEngine } = await import("./http-engine.ts");
  return createHttpEngine({
    url: config.url!,
    user,
    password,
    reader: reader && { user: reader.user, password: readSecret(reader.password, "store.reader.password", env) },
    database,
    caFile,
    compression,
    maxConnections: config.queryConnections + OTHER_CONNECTIONS,
  });
}

function readPassword({ password }: StoreConfig, env = process.env): string {
  return password === undefined ? "" : readSecret(password, "store.password", env);
}

/** A server reads the dictionaries' tables as the user that we are; the embedded engine as itself. */
function dictionaryOptions(config: StoreConfig, env?: NodeJS.ProcessEnv): DictionaryOptions {
  const { database, kind, user } = config;
  return kind === "embedded" ? { database } : { database, credentials: { user, password: readPassword(config, env) } };
}

type Pools = Readonly<Record<ConnectionRole, ConnectionPool>>;

async function openPools(engine: Engine, queries: number): Promise<Pools> {
  const pool = async (role: ConnectionRole, size: number): Promise<ConnectionPool> => {
    const connections: EngineConnection[] = [];
    for (let i = 0; i < size; i++) connections.push(await engine.connect(role));
    return new ConnectionPool(connections);
  };
  return {
    query: await pool("query", queries),
    command: await pool("command", 1),
    load: await pool("load", LOAD_CONNECTIONS),
    control: await pool("control", 1),
  };
}

class PooledStore implements ClickHouseStore {
  readonly #engine: Engine;
  readonly #pools: Pools;
  readonly #maxThreads: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, pools: Pools, config: StoreConfig) {
    this.#engine = engine;
    this.#pools = pools;
    this.#maxThreads = config.maxThreads;
  }

  get kind(): Engine["kind"] {
    return this.#engine.kind;
  }

  get queryConnections(): number {
    return this.#pools.query.size;
  }

  async query(request: QueryRequest): Promise<QueryAnswer> {
    const { sql, params, limits, signal } = request;
    for (const name of placeholders(sql)) {
      if (!Object.hasOwn(params, name)) throw new SillageError("internal", "STORE_QUERY", `the statement's parameter ${name} has no value`);
    }
    this.#assertOpen();
    const connection = await this.#pools.query.acquire(signal);
    const comment = uniqueComment(request.comment);
    const settings = querySettings(limits, comment, this.#maxThreads);
    const started = performance.now();
    const text = await runKillable(
      { connection, statement: { sql, params, settings }, comment, deadlineMs: limits.maxSeconds * 1000 + TIMEOUT_GRACE_MS, signal },
      { onEnded: () => this.#pools.query.release(connection), kill: (sql) => this.controlCommand(sql, "kill") },
    );
    try {
      return parseAnswer(text, limits.maxResultRows, performance.now() - started);
    } catch (error) {
      throw storeError(error);
    }
  }

  async command(sql: string, options: { readonly params?: QueryRequest["params"]; readonly settings?: Settings } = {}): Promise<void> {
    this.#assertOpen();
    const { params = {}, settings = {} } = options;
    const fixed = commandSettings(uniqueComment("command"));
    const extra = Object.keys(settings).filter((name) => !(name in fixed));
    try {
      await this.#pools.command.use(async (connection) => {
        try {
          await connection.command({ sql, params, settings: { ...fixed, ...settings } });
        } finally {
          // What is not in the fixed set would stick to an embedded connection.
          if (extra.length > 0 && this.kind === "embedded")
            await connection.command({ sql: `SET ${extra.map((name) => `${name} = DEFAULT`).join(", ")}`, settings: fixed });
        }
      });
    } catch (error) {
      throw storeError(error);
    }
  }

  /** A statement beside those that may take long. */
  async controlCommand(sql: string, comment = "control"): Promise<void> {
    await this.#pools.control.use((connection) => connection.command({ sql, settings: commandSettings(uniqueComment(comment)) }));
  }

  async insertFiles({ token, ...batch }: BatchInsert): Promise<void> {
    this.#assertOpen();
    await this.#pools.load.use((connection) =>
      connection.insertFiles({ ...batch, sortBy: sortKeyOf(batch), settings: insertSettings(uniqueComment("load"), token) }),
    );
  }

  /** Rows of a statement of the store itself, without bounds. */
  async ownRows(sql: string): Promise<QueryAnswer["rows"]> {
    try {
      const text = await this.#pools.command.use((connection) =>
        connection.query({ sql, settings: commandSettings(uniqueComment("own")) }),
      );
      return parseAnswer(text, Infinity, 0).rows;
    } catch (error) {
      throw storeError(error);
    }
  }

  async health(): Promise<{ up: boolean; version?: string; error?: string }> {
    if (this.#closing) return { up: false, error: "the store is closed" };
    const ask = this.#pools.control.use((connection) =>
      connection.query({ sql: "SELECT version()", settings: commandSettings(uniqueComment("health")) }),
    );
    const late = sleep(HEALTH_TIMEOUT_MS, undefined, { ref: false }).then(() => {
      throw new Error(`no answer within ${HEALTH_TIMEOUT_MS / 1000} s`);
    });
    try {
      const text = await Promise.race([ask, late]);
      return { up: true, version: String(parseAnswer(text, 1, 0).rows[0]?.[0]) };
    } catch (error) {
      ask.catch(() => undefined);
      return { up: false, error: storeError(error).message };
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const role of ["query", "command", "load", "control"] as const) await this.#pools[role].close();
      await this.#engine.close();
    })();
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing) throw new SillageError("unavailable", "STORE_UNAVAILABLE", "the store is closed");
  }
}

/**
 * Sorting the columns that were sent costs less than letting the table sort all of its hundred. Columns of the key that were not sent are
 * equal in every row. In other tables than plain ones the order of equal rows decides which of them stays.
 */
function sortKeyOf({ table, columns }: Pick<BatchInsert, "table" | "columns">): readonly string[] {
  const spec = SEGMENT_TABLES.find(({ name, engine }) => name === table && engine === "MergeTree");
  const sent = new Set(columns.map(({ name }) => name));
  return spec?.orderBy.filter((expression) => expression.match(/\w+/g)?.some((word) => sent.has(word))) ?? [];
}

/** Unique, so that KILL meets one statement; the caller's part is cut to what can stand in a log without quoting. */
function uniqueComment(text = ""): string {
  return `sillage ${text.replace(/[^\w .:/=-]/g, "_").slice(0, 200)} ${randomUUID()}`;
}
