/**
 * The one door to ClickHouse. Two back ends implement it (embedded chDB, a server over HTTP) and one contract test runs on both.
 * Whoever reads flows sees only this interface; nobody outside `store` imports a ClickHouse client.
 */

/** Bounds that every query carries; a query without all of them does not compile. */
export interface QueryLimits {
  readonly maxSeconds: number;
  readonly maxMemoryBytes: number;
  readonly maxRowsToRead: number;
  /** Rows of the answer; more are cut off and `truncated` is set. */
  readonly maxResultRows: number;
}

export type ParamValue = string | number | bigint | readonly (string | number | bigint)[];

export interface QueryRequest {
  /** SQL with `{name:Type}` placeholders; never contains a value that came from outside. */
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly limits: QueryLimits;
  /** Who asks, for the query log (dashboard, panel, rule); the store adds its own unique part, which cancelling uses. */
  readonly comment?: string;
  /** Aborting kills the query in the engine, not only the wait for it. */
  readonly signal?: AbortSignal;
}

export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Row-major. Numbers up to 32 bits and floats are numbers; 64-bit integers are strings; so ask for toFloat64 where a number is wanted. */
  readonly rows: readonly (readonly unknown[])[];
  readonly rowsRead: number;
  readonly elapsedMs: number;
  readonly truncated: boolean;
}

export interface FlowStore {
  /**
   * Runs one read-only query.
   * @throws SillageError STORE_UNAVAILABLE (kind unavailable), QUERY_TIMEOUT, QUERY_TOO_BIG (memory or rows; kind too-large), QUERY_CANCELLED,
   *   STORE_DENIED (user or rights; kind config), STORE_QUERY (anything else)
   */
  query(request: QueryRequest): Promise<QueryAnswer>;
  /** Runs one statement that answers nothing (DDL, INSERT ... SELECT). `settings` are added to the fixed set. */
  command(
    sql: string,
    options?: { readonly params?: Readonly<Record<string, ParamValue>>; readonly settings?: Readonly<Record<string, string | number>> },
  ): Promise<void>;
  /** Is the engine answering? Never throws. */
  health(): Promise<{ readonly up: boolean; readonly version?: string; readonly error?: string }>;
  close(): Promise<void>;
}
