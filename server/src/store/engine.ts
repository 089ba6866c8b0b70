/**
 * What the store asks of a back end. Everything above this interface is one code path for both: pool, limits, cancelling, errors,
 * migrations, loading. A connection runs one statement at a time.
 */
import type { ParamValue } from "./store.ts";

export type Settings = Readonly<Record<string, string | number>>;

export interface Statement {
  /** One statement without a FORMAT clause. */
  readonly sql: string;
  readonly params?: Readonly<Record<string, ParamValue>>;
  /** The whole set: in the embedded engine a setting sticks to its connection, so a statement that left one out would run with another's. */
  readonly settings: Settings;
}

/** Rows on disk to be inserted as one batch. */
export interface FileInsert {
  readonly table: string;
  /** Columns of every file, in the order of the files' blocks. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Expressions over these columns in whose order the table keeps its rows; empty where order says something. An engine that only streams may ignore them. */
  readonly sortBy: readonly string[];
  /** Absolute paths of files in Native format, in order. */
  readonly files: readonly string[];
  /** Rows in all files together. */
  readonly rows: number;
  readonly settings: Settings;
}

/** `query` connections are read-only. */
export type ConnectionRole = "query" | "command" | "load" | "control";

export interface EngineConnection {
  /** Runs a statement that answers rows; the answer in format JSONCompact. `giveUp` ends the wait when killing did not help. */
  query(statement: Statement, giveUp?: AbortSignal): Promise<string>;
  /** Runs a statement that answers nothing. */
  command(statement: Statement): Promise<void>;
  /**
   * Inserts files as one batch.
   * @throws RowCountError when the engine did not count as many rows as `insert.rows`
   */
  insertFiles(insert: FileInsert): Promise<void>;
  close(): Promise<void>;
}

export interface Engine {
  readonly kind: "embedded" | "http";
  /** Queries the engine can run at once, whatever the configuration asks. */
  readonly maxQueryConnections: number;
  connect(role: ConnectionRole): Promise<EngineConnection>;
  close(): Promise<void>;
}

/** Rows that the engine counted are not the rows that the files should hold. */
export class RowCountError extends Error {
  override readonly name = "RowCountError";
}

/** An answer of the server that cannot be trusted, such as one without its row counts. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}
