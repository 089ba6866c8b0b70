import { setTimeout as sleep } from "node:timers/promises";
import { SillageError } from "@sillage/model";
import { BACKENDS, openTestStore, type TestStore } from "./testing/backends.ts";
import { LATEST_SCHEMA_VERSION } from "./schema/migrations.ts";

/** A query that would run for hours; not bounded by rows, so that only time or a KILL ends it. */
const ENDLESS = "SELECT max(sipHash64(number, {salt:String})) AS m FROM system.numbers";
const UNBOUNDED = { maxRowsToRead: 1e15, maxMemoryBytes: 1e9, maxSeconds: 600, maxResultRows: 10 };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no error",
    (error: unknown) => (error instanceof SillageError ? error.code : String(error)),
  );
}

describe.each(BACKENDS)("query on %s", (backend) => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore(backend);
  });
  afterAll(() => db.close());

  /** Statements with this salt that still run in the engine. */
  async function running(salt: string): Promise<number> {
    const rows = await db.rows(
      "SELECT count() FROM system.processes WHERE Settings['log_comment'] LIKE {salt:String} AND NOT is_cancelled",
      {
        salt: `%${salt}%`,
      },
    );
    return Number(rows[0]![0]) - 1; // the count itself has the salt among its parameters, not in its comment
  }

  /** Gone for a while: a statement that was aborted as it began may reach the engine after the first look. */
  async function untilGone(salt: string): Promise<void> {
    let gone = 0;
    for (let i = 0; i < 1_000 && gone < 10; i++) {
      gone = (await running(salt)) === -1 ? gone + 1 : 0;
      await sleep(50);
    }
    expect(gone).toBe(10);
  }

  it("answers rows with names and types, 64-bit integers as text and floats as numbers", async () => {
    const answer = await db.store.query({
      sql: "SELECT 18446744073709551615 AS big, toInt64(-9007199254740993) AS negative, toUInt32(4294967295) AS small, 1.5 AS ratio, nan AS nothing, sum(toUInt64(number)) AS total FROM numbers(3)",
      params: {},
      limits: db.limits,
    });
    expect(answer.columns).toEqual([
      { name: "big", type: "UInt64" },
      { name: "negative", type: "Int64" },
      { name: "small", type: "UInt32" },
      { name: "ratio", type: "Float64" },
      { name: "nothing", type: "Float64" },
      { name: "total", type: "UInt64" },
    ]);
    expect(answer.rows).toEqual([["18446744073709551615", "-9007199254740993", 4294967295, 1.5, null, "3"]]);
    expect(answer.rowsRead).toBe(3);
    expect(answer.truncated).toBe(false);
  });

  it("prints times in UTC and addresses as IPv6", async () => {
    expect(
      await db.rows("SELECT toDateTime64('2025-03-30 02:30:00.123', 3, 'UTC') AS t, toIPv6('10.1.2.3') AS a, toTypeName(now()) AS n"),
    ).toEqual([["2025-03-30 02:30:00.123", "::ffff:10.1.2.3", "DateTime"]]);
    expect(await db.rows("SELECT timezone() = 'UTC' OR getSetting('session_timezone') = 'UTC'")).toEqual([[1]]);
  });

  const HOSTILE = [
    "plain",
    "'; DROP TABLE flows; --",
    "\\",
    "\\'",
    "a\\tb\\N",
    "\\N",
    "tab\there",
    "line\nbreak\r\n",
    "nul\0x",
    "{x:String}",
    "ü€😀",
    "",
    '%_`"',
  ];

  it.each(HOSTILE)("binds the text %j as it is", async (text) => {
    const rows = await db.rows("SELECT {x:String} AS x, {list:Array(String)} AS list", { x: text, list: [text, "other", text] });
    expect(rows).toEqual([[text, [text, "other", text]]]);
  });

  it("binds numbers, big integers and lists of addresses", async () => {
    const params = { u: 18446744073709551615n, i: -5, f: 1.25, ports: [22, 443], ips: ["::1", "::ffff:10.0.0.1"] };
    const rows = await db.rows("SELECT {u:UInt64}, {i:Int32}, {f:Float64}, {ports:Array(UInt16)}, {ips:Array(IPv6)}", params);
    expect(rows).toEqual([["18446744073709551615", -5, 1.25, [22, 443], ["::1", "::ffff:10.0.0.1"]]]);
  });

  it("binds a list that would not fit into a URL", async () => {
    const networks = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0'\\`);
    expect(await db.rows("SELECT length({n:Array(String)}) AS n, {n:Array(String)}[20000] AS last", { n: networks })).toEqual([
      ["20000", networks.at(-1)],
    ]);
  });

  it("refuses a value that is not of the placeholder's type, and a placeholder without a value", async () => {
    expect(await codeOf(db.rows("SELECT {port:UInt16} AS p", { port: "22 OR 1=1" }))).toBe("STORE_QUERY");
    expect(await codeOf(db.rows("SELECT {port:UInt16} AS p"))).toBe("STORE_QUERY");
  });

  it("does not write", async () => {
    const statements = [
      "CREATE TABLE t (a UInt8) ENGINE = Memory",
      "INSERT INTO schema_migrations (version) VALUES (99)",
      "DROP TABLE flows",
      "TRUNCATE TABLE flows",
      "SET readonly = 0",
    ];
    for (const sql of statements) expect([sql, await codeOf(db.rows(sql))]).toEqual([sql, "STORE_QUERY"]);
    expect(await db.rows("SELECT max(version) FROM schema_migrations")).toEqual([[LATEST_SCHEMA_VERSION]]);
  });

  it("says what the engine found wrong", async () => {
    await expect(db.rows("SELECT nonsense FROM flows")).rejects.toMatchObject({
      kind: "store",
      code: "STORE_QUERY",
      message: expect.stringContaining("nonsense") as string,
    });
  });

  it("cuts an answer at maxResultRows and says so", async () => {
    const ask = (count: number) =>
      db.store.query({ sql: `SELECT number FROM numbers(${count})`, params: {}, limits: { ...db.limits, maxResultRows: 3 } });
    expect(await ask(3)).toMatchObject({ rows: [["0"], ["1"], ["2"]], truncated: false });
    expect(await ask(4)).toMatchObject({ rows: [["0"], ["1"], ["2"]], truncated: true });
    expect(await ask(1_000_000)).toMatchObject({ rows: [["0"], ["1"], ["2"]], truncated: true });
  });

  it.each([
    {
      what: "too many rows to read",
      sql: "SELECT count() FROM numbers(100000)",
      bound: { maxRowsToRead: 1000 },
      error: { code: "QUERY_TOO_BIG", kind: "too-large" },
    },
    {
      what: "too much memory",
      sql: "SELECT length(groupArray(number)) FROM numbers(1000000000)",
      bound: { maxMemoryBytes: 50_000_000 },
      error: { code: "QUERY_TOO_BIG", kind: "too-large" },
    },
    { what: "too much time", sql: ENDLESS, bound: { maxSeconds: 0.5 }, error: { code: "QUERY_TIMEOUT", kind: "timeout" } },
  ])("stops a query that takes $what", async ({ sql, bound, error }) => {
    await expect(db.store.query({ sql, params: { salt: "x" }, limits: { ...UNBOUNDED, ...bound } })).rejects.toMatchObject(error);
  });

  it("runs an unlimited statement after a limited one on every connection", async () => {
    for (let i = 0; i < db.store.queryConnections; i++) {
      const limits = { maxSeconds: 0.1, maxMemoryBytes: 20_000_000, maxRowsToRead: 10, maxResultRows: 1 };
      expect(await codeOf(db.store.query({ sql: ENDLESS, params: { salt: "x" }, limits }))).not.toBe("no error");
    }
    const free = await Promise.all(
      Array.from({ length: db.store.queryConnections * 2 }, () =>
        db.store.query({ sql: "SELECT sum(number), getSetting('max_rows_to_read') FROM numbers(3000000)", params: {}, limits: UNBOUNDED }),
      ),
    );
    for (const answer of free) expect(answer.rows).toEqual([["4499998500000", String(UNBOUNDED.maxRowsToRead)]]);
  });

  it("keeps the settings of one command from the next", async () => {
    await db.store.command("CREATE TABLE IF NOT EXISTS setting_seen (v UInt64) ENGINE = Memory", { settings: { max_block_size: 7 } });
    await db.store.command("INSERT INTO setting_seen SELECT getSetting('max_block_size')");
    await db.store.command("INSERT INTO setting_seen SELECT getSetting('max_block_size')", { settings: { max_block_size: 9 } });
    const rows = await db.rows("SELECT v FROM setting_seen ORDER BY v");
    expect(rows).toHaveLength(2);
    expect(rows.map(([v]) => v)).toContain("9");
    expect(rows.map(([v]) => v)).not.toContain("7");
    await db.store.command("DROP TABLE setting_seen");
  });

  it("kills an aborted query in the engine and answers at once", async () => {
    const abort = new AbortController();
    const query = codeOf(
      db.store.query({ sql: ENDLESS, params: { salt: "k" }, limits: UNBOUNDED, comment: "abort-me", signal: abort.signal }),
    );
    await sleep(300);
    abort.abort();
    expect(await query).toBe("QUERY_CANCELLED");
    await untilGone("abort-me");
  });

  it("kills a query that was aborted as it began", async () => {
    const abort = new AbortController();
    const query = codeOf(
      db.store.query({ sql: ENDLESS, params: { salt: "k" }, limits: UNBOUNDED, comment: "abort-early", signal: abort.signal }),
    );
    await new Promise(setImmediate);
    abort.abort();
    expect(await query).toBe("QUERY_CANCELLED");
    await untilGone("abort-early");
    expect(await codeOf(db.store.query({ sql: "SELECT 1", params: {}, limits: db.limits, signal: abort.signal }))).toBe("QUERY_CANCELLED");
  });

  it("gives up a place in the queue when the caller does", async () => {
    const busy = new AbortController();
    const busyOnes = Array.from({ length: db.store.queryConnections }, () =>
      codeOf(db.store.query({ sql: ENDLESS, params: { salt: "q" }, limits: UNBOUNDED, comment: "queue-busy", signal: busy.signal })),
    );
    const abort = new AbortController();
    const waiting = codeOf(db.store.query({ sql: "SELECT 1", params: {}, limits: db.limits, signal: abort.signal }));
    await sleep(100);
    abort.abort();
    expect(await waiting).toBe("QUERY_CANCELLED");
    expect((await db.store.health()).up).toBe(true);
    busy.abort();
    await Promise.all(busyOnes);
    await untilGone("queue-busy");
  });

  it("leaves nothing in system.processes after a timeout", async () => {
    expect(
      await codeOf(
        db.store.query({ sql: ENDLESS, params: { salt: "t" }, limits: { ...UNBOUNDED, maxSeconds: 0.3 }, comment: "timed-out" }),
      ),
    ).toBe("QUERY_TIMEOUT");
    await untilGone("timed-out");
  });

  it("keeps quotes and backslashes of a comment out of the statement", async () => {
    const answer = await db.store.query({
      sql: "SELECT 1 AS one",
      params: {},
      limits: db.limits,
      comment: "panel 'x'\\'; DROP TABLE flows --\n",
    });
    expect(answer.rows).toEqual([[1]]);
    expect(await db.rows("EXISTS TABLE flows")).toEqual([[1]]);
  });

  it("tells its health and its version", async () => {
    expect(await db.store.health()).toEqual({ up: true, version: expect.stringMatching(/^\d+\.\d+/) as string });
  });
});
