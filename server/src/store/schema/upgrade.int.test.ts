/**
 * Stores that an earlier program made, with data in them: testing/schema-N.sql is what the program of schema N ran. After the start of
 * this program they hold the same flows, every rollup is what the raw table makes of it, and new flows go into all of them.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { BACKENDS, openTestStore, type TestStore } from "../testing/backends.ts";
import { rollupDifferences } from "../testing/exactly-once.ts";
import { LATEST_SCHEMA_VERSION } from "./migrations.ts";
import { ROLLUP_TABLES } from "./tables.ts";

const fileOf = (version: number): string => path.join(__dirname, `testing/schema-${version}.sql`);
const statementsOf = (version: number): string[] =>
  readFileSync(fileOf(version), "utf8")
    .split(/;\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");

const INSERT = `INSERT INTO flows (time_received, exporter, src_addr, dst_addr, proto, src_port, dst_port, tcp_flags, bytes, packets, flows, present)
  SELECT toDateTime64('2026-05-01 00:00:00', 3, 'UTC') + number * 7, toIPv6('192.0.2.1'), toIPv6(concat('10.0.0.', toString(number % 200))),
    toIPv6(concat('198.51.100.', toString(number % 50))), [6, 17][number % 2 + 1], 40000 + number % 100, [22, 53, 443][number % 3 + 1],
    [2, 27][number % 5 % 2 + 1], number + 40, 1 + number % 4, 1, 15 FROM numbers(6000)`;

const VERSIONS = Array.from({ length: LATEST_SCHEMA_VERSION }, (_, i) => i + 1);

it("has what the program of every schema ran (a new schema: add testing/schema-N.sql)", () => {
  expect(VERSIONS.filter((version) => !existsSync(fileOf(version)))).toEqual([]);
});

describe.each(BACKENDS)("a store of an earlier schema, %s", (backend) => {
  let db: TestStore;
  beforeEach(async () => (db = await openTestStore(backend)));
  afterEach(() => db.close());

  // The steps are the same on both; what differs shows with the longest way.
  it.each(backend === "embedded" ? VERSIONS : [1])("%d is brought up to date with its data", async (version) => {
    const tables = await db.rows("SELECT name, engine FROM system.tables WHERE database = currentDatabase()");
    for (const [name, engine] of tables) if (engine === "MaterializedView") await db.store.command(`DROP VIEW ${String(name)}`);
    for (const [name, engine] of tables)
      if (String(engine).endsWith("MergeTree") && !String(name).endsWith("_source")) await db.store.command(`DROP TABLE ${String(name)}`);
    for (const statement of statementsOf(version)) await db.store.command(statement);
    await db.store.command(INSERT);
    const before = await db.rows("SELECT toFloat64(count()), toFloat64(sum(bytes)) FROM flows");
    db = await db.reopen();
    expect(await db.rows("SELECT max(version) FROM schema_migrations")).toEqual([[LATEST_SCHEMA_VERSION]]);
    expect(await db.rows("SELECT toFloat64(count()), toFloat64(sum(bytes)) FROM flows")).toEqual(before);
    for (const { name } of ROLLUP_TABLES) expect(await db.rows(`SELECT count() > 0 FROM ${name}`)).toEqual([[1]]);
    const newTables = ["traffic_1h", "ports_1d", "hosts_5m", "pairs_1h"];
    expect((await rollupDifferences(db)).filter((difference) => newTables.includes(String((difference as unknown[])[0])))).toEqual([]);
    // Rollups that were there keep what they had, without the keys that came later (zones with schema 2); new flows have them.
    const zones = version === 1 ? [""] : ["internal"];
    expect(await db.rows("SELECT toFloat64(sum(bytes)), groupUniqArray(src_zone) FROM traffic_1m")).toEqual([[before[0]![1], zones]]);
    // The indexes of what was there already are made in the background.
    const indexed =
      "SELECT countIf(secondary_indices_compressed_bytes = 0) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'flows'";
    while (String((await db.rows(indexed))[0]![0]) !== "0") await new Promise((resolve) => setTimeout(resolve, 50));
    await db.store.command("TRUNCATE TABLE flows");
    for (const { name } of ROLLUP_TABLES) await db.store.command(`TRUNCATE TABLE ${name}`);
    await db.store.command(INSERT);
    expect(await rollupDifferences(db)).toEqual([]);
  });
});
