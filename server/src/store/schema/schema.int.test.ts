import { readFile } from "node:fs/promises";
import path from "node:path";
import { FIELDS, ROLLUPS } from "@sillage/model";
import { createStore } from "../clickhouse-store.ts";
import { openDataFolder } from "../data-folder.ts";
import { BACKENDS, openTestStore, type TestStore } from "../testing/backends.ts";
import { LATEST_SCHEMA_VERSION } from "./migrations.ts";

describe.each(BACKENDS)("schema on %s", (backend) => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore(backend);
  });
  afterAll(() => db.close());

  const columnsOf = async (table: string): Promise<string[]> =>
    (
      await db.rows("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position", {
        table,
      })
    ).map(([name]) => String(name));

  it("has every field of the registry in its order, and every rollup", async () => {
    expect(await columnsOf("flows")).toEqual(FIELDS.map(({ name }) => name));
    for (const { table, keys, columns } of ROLLUPS)
      expect(await columnsOf(table)).toEqual(["time_slot", ...keys, ...columns.map(({ name }) => name)]);
  });

  it("may be migrated again and is the same", async () => {
    const before = await db.rows("SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name");
    db = await db.reopen();
    expect(await db.rows("SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name")).toEqual(
      before,
    );
    expect(await db.rows("SELECT version, count() FROM schema_migrations GROUP BY version ORDER BY version")).toEqual(
      Array.from({ length: LATEST_SCHEMA_VERSION }, (_, i) => [i + 1, "1"]),
    );
  });

  it("gets a column that the registry has and the table has not, at its place, with old rows kept", async () => {
    await db.store.command("INSERT INTO flows (time_received, bytes, ttl_max) VALUES ('2026-05-01 00:00:00', 5, 64)");
    await db.store.command("ALTER TABLE flows DROP COLUMN ttl_max");
    await db.store.command("ALTER TABLE traffic_1h DROP COLUMN bytes_unrated");
    db = await db.reopen();
    expect(await columnsOf("flows")).toEqual(FIELDS.map(({ name }) => name));
    expect(await columnsOf("traffic_1h")).toContain("bytes_unrated");
    expect(await db.rows("SELECT toUInt32(bytes), ttl_max FROM flows")).toEqual([[5, 0]]);
    await db.store.command("TRUNCATE TABLE flows");
  });

  it("is finished when the first start was cut short", async () => {
    await db.store.command("DROP VIEW ports_5m_view");
    await db.store.command("DROP TABLE exporters");
    await db.store.command("TRUNCATE TABLE schema_migrations");
    db = await db.reopen();
    expect(
      await db.rows("SELECT count() FROM system.tables WHERE database = currentDatabase() AND name IN ('ports_5m_view', 'exporters')"),
    ).toEqual([["2"]]);
  });

  it("has the tables of every step when it comes from an older program", async () => {
    await db.store.command("DROP TABLE if_counters");
    await db.store.command("ALTER TABLE schema_migrations DELETE WHERE version > 2 SETTINGS mutations_sync = 1");
    db = await db.reopen();
    expect(await columnsOf("if_counters")).toContain("in_octets");
  });

  it("takes a new retention over to the tables that exist", async () => {
    const ttlOf = async (store: TestStore["store"]): Promise<unknown> => {
      const sql =
        "SELECT extract(create_table_query, 'toIntervalDay\\\\((\\\\d+)\\\\)') FROM system.tables WHERE database = currentDatabase() AND name = 'flows'";
      return (await store.query({ sql, params: {}, limits: db.limits })).rows[0]![0];
    };
    expect(await ttlOf(db.store)).toBe("7300");
    await db.store.close();
    const shorter = await createStore({ ...db.config, retention: { ...db.config.retention, flows: 6000 } }, { dataFolder: db.dataFolder });
    expect(await ttlOf(shorter)).toBe("6000");
    await shorter.close();
    db = await db.reopen();
    expect(await ttlOf(db.store)).toBe("7300");
  });

  it("of a newer program is refused and left as it is", async () => {
    await db.store.command("INSERT INTO schema_migrations (version, name) VALUES (999, 'from the future')");
    await db.store.command("ALTER TABLE flows DROP COLUMN ttl_max");
    await db.store.close();
    await expect(createStore(db.config, { dataFolder: db.dataFolder })).rejects.toMatchObject({ kind: "config", code: "DATA_NEWER" });
    const raw = await openTestStore(backend); // an engine of its own, to see that a refusal leaves nothing open
    await raw.close();
  });
});

describe("schema", () => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore("embedded");
  });
  afterAll(() => db.close());

  it("is written down in the data folder, so that an older program refuses the folder before it opens the engine", async () => {
    expect(JSON.parse(await readFile(path.join(db.dataFolder.root, "VERSION"), "utf8"))).toMatchObject({ schema: LATEST_SCHEMA_VERSION });
    await expect(openDataFolder(db.dataFolder.root)).rejects.toMatchObject({ code: "DATA_IN_USE" });
  });

  const TCP = 6;
  const SYN = 2;
  const SYN_ACK = 18;
  const RST_ACK = 20;
  const ALL = 27;
  it.each([
    {
      name: "first contact: the destination, even from a known port",
      proto: TCP,
      flags: SYN,
      packets: 1,
      src: 443,
      dst: 51_000,
      wanted: 51_000,
    },
    { name: "first contact with ECN bits", proto: TCP, flags: SYN | 64 | 128, packets: 1, src: 22, dst: 2222, wanted: 2222 },
    { name: "answer of a server: its own port", proto: TCP, flags: SYN_ACK, packets: 3, src: 443, dst: 51_000, wanted: 443 },
    {
      name: "refusal: the source, though no service is known there",
      proto: TCP,
      flags: RST_ACK,
      packets: 1,
      src: 50_000,
      dst: 40_000,
      wanted: 50_000,
    },
    { name: "refusal of up to three packets", proto: TCP, flags: RST_ACK, packets: 3, src: 50_000, dst: 80, wanted: 50_000 },
    { name: "a reset that ends a longer flow is no refusal", proto: TCP, flags: RST_ACK, packets: 4, src: 50_000, dst: 80, wanted: 80 },
    { name: "whole connection: the one known port", proto: TCP, flags: ALL, packets: 9, src: 51_000, dst: 8080, wanted: 8080 },
    { name: "whole connection, other way", proto: TCP, flags: ALL, packets: 9, src: 27_017, dst: 1024, wanted: 27_017 },
    { name: "two known ports: the lower", proto: 17, flags: 0, packets: 1, src: 123, dst: 53, wanted: 53 },
    { name: "no known port: the lower", proto: 17, flags: 0, packets: 1, src: 40_000, dst: 39_999, wanted: 39_999 },
    { name: "a tie: the destination", proto: 17, flags: 0, packets: 1, src: 7777, dst: 7777, wanted: 7777 },
    { name: "one port unknown: the other", proto: 17, flags: 0, packets: 1, src: 0, dst: 40_000, wanted: 40_000 },
    { name: "other port unknown", proto: 17, flags: 0, packets: 1, src: 40_000, dst: 0, wanted: 40_000 },
    { name: "SCTP has ports", proto: 132, flags: 0, packets: 1, src: 40_000, dst: 2905, wanted: 2905 },
    { name: "ICMP has none, whatever is in the fields", proto: 1, flags: 0, packets: 1, src: 0, dst: 2048, wanted: 0 },
    { name: "ESP has none", proto: 50, flags: 0, packets: 1, src: 53, dst: 53, wanted: 0 },
  ])("svc_port: $name", async ({ proto, flags, packets, src, dst, wanted }) => {
    await db.store.command(
      `INSERT INTO flows (time_received, proto, tcp_flags, packets, src_port, dst_port, flows) VALUES ('2026-05-01 00:00:00', ${proto}, ${flags}, ${packets}, ${src}, ${dst}, 1)`,
    );
    expect(await db.rows("SELECT svc_port, toUInt32(flows) FROM ports_5m")).toEqual([[wanted, 1]]);
    expect(await db.rows("SELECT svc_port FROM flows")).toEqual([[wanted]]);
    for (const table of ["flows", "ports_5m", "traffic_1m"]) await db.store.command(`TRUNCATE TABLE ${table}`);
  });

  it("reads only the hour that is asked for", async () => {
    for (const day of ["2026-05-01", "2026-05-02", "2026-05-03"]) {
      await db.store.command(
        `INSERT INTO flows (time_received, src_addr, dst_addr, flows) SELECT toDateTime64('${day} 00:00:00', 3, 'UTC') + number / 4, toIPv6(toString(toIPv4(toUInt32(sipHash64(number))))), toIPv6('::1'), 1 FROM numbers(345600)`,
      );
    }
    const { rows, rowsRead } = await db.store.query({
      sql: "SELECT count() FROM flows WHERE time_received >= fromUnixTimestamp64Milli({from:Int64}) AND time_received < fromUnixTimestamp64Milli({to:Int64})",
      params: { from: Date.UTC(2026, 4, 2, 10), to: Date.UTC(2026, 4, 2, 11) },
      limits: db.limits,
    });
    expect(rows).toEqual([["14400"]]);
    expect(rowsRead).toBeLessThanOrEqual(14_400 + 3 * 8192);
  });

  it("reads little when one host is searched on both sides", async () => {
    const [[host, flows]] = (await db.rows("SELECT toString(any(src_addr)), toFloat64(count()) FROM flows")) as [[string, number]];
    const { rows, rowsRead } = await db.store.query({
      sql: "SELECT sum(flows) FROM flows WHERE src_addr = {host:IPv6} OR dst_addr = {host:IPv6}",
      params: { host },
      limits: db.limits,
    });
    expect(rows).toEqual([["3"]]);
    expect(rowsRead).toBeLessThanOrEqual(flows / 8);
  });

  it("keeps nothing beyond its retention", async () => {
    await db.store.command("INSERT INTO flows (time_received, flows) VALUES ('1995-01-01 00:00:00', 1)");
    await db.store.command("OPTIMIZE TABLE flows FINAL");
    expect(await db.rows("SELECT count() FROM flows WHERE time_received < '1996-01-01'")).toEqual([["0"]]);
  });
});
