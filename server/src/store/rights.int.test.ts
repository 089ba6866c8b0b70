/**
 * docker/clickhouse/rights.sql holds what is needed and no more: the engine's own access control, with the grants of that file and nothing
 * else for its user, lets the writer do all its work and the reader all its queries, and refuses the reader every change.
 *
 * Not seen here: a server wants grants for system tables too, the embedded engine gives them to everybody. So the file is compared with the
 * names in the sources.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createStore, type ClickHouseStore } from "./clickhouse-store.ts";
import { defaultLimits, storeConfigSchema } from "./config.ts";
import { openDataFolder } from "./data-folder.ts";
import { LATE_RATES, replaceRows } from "./dictionaries.ts";
import { loaderConfigSchema } from "./loader/config.ts";
import { createLoader } from "./loader/loader.ts";
import { capPartSize, enforceSize } from "./retention/size-guard.ts";
import { LATEST_SCHEMA_VERSION } from "./schema/migrations.ts";
import { TABLES } from "./schema/tables.ts";
import { openTestStore } from "./testing/backends.ts";
import { startHttpHelper, type HttpHelper } from "./testing/http-helper.ts";
import { writeFlows } from "./testing/segments.ts";

const ROOT = path.resolve(__dirname, "../../..");
const RIGHTS = readFileSync(path.join(ROOT, "docker/clickhouse/rights.sql"), "utf8");
const STATEMENTS = RIGHTS.replace(/^--.*$/gm, "")
  .split(";")
  .map((text) => text.trim())
  .filter((text) => text !== "");

/** What a server does by itself and the helper by statements: it reads an INSERT's body from a file, and says USE. */
const HELPER_GRANTS = ["GRANT READ ON FILE", "GRANT CREATE TEMPORARY TABLE ON *.*", "GRANT SHOW DATABASES ON default.*"];

const grantsOf = (user: string): string[] =>
  STATEMENTS.filter((text) => text.startsWith("GRANT ") && text.endsWith(` TO ${user}`)).map((text) =>
    text.slice(0, -` TO ${user}`.length),
  );

/** A users file of ClickHouse in which `default` has these grants only. */
function usersFile(folder: string, grants: readonly string[], settings = ""): string {
  const file = path.join(folder, `users-${Math.random().toString(36).slice(2)}.xml`);
  const queries = grants.map((grant) => `<query>${grant}</query>`).join("");
  const user = `<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota><grants>${queries}</grants>`;
  writeFileSync(
    file,
    `<clickhouse><profiles><default>${settings}</default></profiles><quotas><default/></quotas><users><default>${user}</default></users></clickhouse>`,
  );
  return file;
}

const scratch = mkdtempSync(path.join(os.tmpdir(), "sillage-rights-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the rights of docker/clickhouse/rights.sql", () => {
  const engine = path.join(scratch, "engine");
  const days = Object.fromEntries(TABLES.map(({ name }) => [name, 7_000]).filter(([name]) => !/^(exporter|ignored)/.test(String(name))));
  const configOf = (helper: HttpHelper, retention: object = days) => storeConfigSchema.parse({ kind: "http", url: helper.url, retention });
  const send = async (helper: HttpHelper, sql: string, database = "sillage"): Promise<void> => {
    const response = await fetch(`${helper.url}/?database=${database}`, { method: "POST", body: sql });
    if (!response.ok) throw new Error(await response.text());
  };

  it("let the writer update an old store, load, label, drop and kill", async () => {
    const helper = await startHttpHelper({
      path: engine,
      usersFile: usersFile(scratch, [...grantsOf("sillage_writer"), ...HELPER_GRANTS]),
    });
    const dataFolder = await openDataFolder(path.join(scratch, "data"));
    let store: ClickHouseStore | undefined;
    try {
      await send(helper, "CREATE DATABASE sillage", "default");
      const old = readFileSync(path.join(__dirname, "schema/testing/schema-1.sql"), "utf8");
      for (const sql of old.split(/;\n/).map((text) => text.trim())) if (sql !== "") await send(helper, sql);
      store = await createStore(configOf(helper), { networks: [], lateRates: [{ address: "10.0.0.0", prefix: 8, values: [9] }] });
      expect(await store.ownRows("SELECT max(version) FROM schema_migrations")).toEqual([[LATEST_SCHEMA_VERSION]]);
      await store.close();
      store = await createStore(configOf(helper, { ...days, flows: 7_100 }));

      await writeFlows(dataFolder.spool, 500);
      expect(await createLoader(loaderConfigSchema.parse({}), { store, paths: dataFolder }).runOnce()).toBe(500);
      await replaceRows(store, LATE_RATES, [{ address: "10.0.0.0", prefix: 8, values: [7] }]);
      await replaceRows(store, LATE_RATES, []);

      const never = store.query({
        sql: "SELECT sleepEachRow(1) FROM numbers(60)",
        params: {},
        limits: { ...defaultLimits(configOf(helper)), maxSeconds: 0.2 },
      });
      await expect(never).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
      const running = "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query NOT LIKE '%processes%'";
      while (String((await store.ownRows(running))[0]![0]) !== "0") await sleep(100);

      await capPartSize(store, 1e9);
      const nowMs = Date.parse("2025-06-02T00:00:00Z");
      expect((await enforceSize(store, 1, nowMs)).dropped.map(({ table }) => table)).toContain("flows");
      await writeFlows(dataFolder.spool, 500, { sequence: 1, startMs: nowMs });
      await createLoader(loaderConfigSchema.parse({}), { store, paths: dataFolder }).runOnce();
      expect((await enforceSize(store, 1, nowMs)).dropped.some(({ part }) => part !== undefined)).toBe(true);
    } finally {
      await store?.close();
      await helper.stop();
      await dataFolder.release();
    }
  });

  it("let the reader read every table and every label, and change nothing, not even its own rights to", async () => {
    const reader = usersFile(scratch, grantsOf("sillage_reader"), "<readonly>2</readonly>");
    const helper = await startHttpHelper({ path: engine, usersFile: reader });
    const ask = async (sql: string): Promise<string> =>
      (await fetch(`${helper.url}/?database=sillage&readonly=2&max_execution_time=5&log_comment=x`, { method: "POST", body: sql })).text();
    try {
      for (const { name } of TABLES) expect(await ask(`SELECT count() FROM ${name}`)).toMatch(/^\d+\n$/);
      expect(
        await ask(
          "SELECT dictGetOrDefault('networks', 'zone', toIPv6('::1'), 'none'), dictGetOrDefault('late_rates', 'rate', toIPv6('::1'), toUInt32(1))",
        ),
      ).toBe("none\t1\n");
      expect(await ask("SELECT src_zone, dst_zone, duration FROM flows LIMIT 1")).not.toMatch(/Exception/);
      for (const sql of [
        "INSERT INTO flows (bytes) SELECT 1",
        "ALTER TABLE flows DROP PARTITION ID '20250602'",
        "TRUNCATE TABLE flows",
        "DROP TABLE flows",
        "CREATE TABLE sillage.mine (a UInt8) ENGINE = Memory",
        "SYSTEM RELOAD DICTIONARY networks",
        "SET readonly = 0",
        "GRANT INSERT ON sillage.* TO default",
        "SELECT * FROM file('/etc/passwd', LineAsString)",
        "SELECT * FROM url('http://127.0.0.1:9/', LineAsString)",
      ])
        expect([sql, await ask(sql)]).toEqual([sql, expect.stringMatching(/Code: (497|164)\./)]);
    } finally {
      await helper.stop();
    }
  });

  it("name every system table that the sources ask, and no other", () => {
    const sources = readdirSync(__dirname, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && !file.includes("test"),
    );
    const asked = sources.flatMap((file) =>
      [...readFileSync(path.join(__dirname, file), "utf8").matchAll(/\bsystem\.([a-z_]+)/g)].map(([, name]) => name!),
    );
    const granted = [...RIGHTS.matchAll(/^GRANT SELECT ON system\.(\w+) TO sillage_writer;$/gm)].map(([, name]) => name!);
    expect(granted.sort()).toEqual([...new Set(asked)].sort());
  });

  it("are statements that ClickHouse reads", async () => {
    const db = await openTestStore("embedded");
    const script = readFileSync(path.join(ROOT, "docker/clickhouse/users.sh"), "utf8");
    const users = [...script.matchAll(/^CREATE USER .*$/gm)].map(([text]) =>
      text.replace(/\$\(quoted "\$\w+"\)/, "'secret'").replace(/;$/, ""),
    );
    expect(users).toHaveLength(2);
    for (const sql of [...STATEMENTS, ...users]) await db.rows("SELECT formatQuery({sql:String})", { sql });
    await db.close();
  });
});

describe("a reader of its own", () => {
  it("runs the queries, and the writer all else", async () => {
    const [writer, reader] = [
      { user: "sillage_writer", password: "w" },
      { user: "sillage_reader", password: "r" },
    ];
    const helper = await startHttpHelper({ ...writer, reader });
    const secrets = { WRITER: "w", READER: "r" };
    const config = storeConfigSchema.parse({
      ...{ kind: "http", url: helper.url, user: writer.user, password: "env:WRITER" },
      reader: { user: reader.user, password: "env:READER" },
    });
    try {
      await expect(createStore(config, { env: { ...secrets, READER: "guess" } })).rejects.toMatchObject({ code: "STORE_DENIED" });
      const store = await createStore(config, { env: secrets });
      const before = helper.requests.length;
      await store.query({ sql: "SELECT 'panel'", params: {}, limits: defaultLimits(config) });
      await store.command("SELECT 'command'");
      await store.ownRows("SELECT 'own'");
      await store.health();
      expect(helper.requests.slice(before).map(({ sql, user }) => [/'(\w+)'/.exec(sql)?.[1], user])).toEqual([
        ["panel", "sillage_reader"],
        ["command", "sillage_writer"],
        ["own", "sillage_writer"],
        [undefined, "sillage_writer"],
      ]);
      await store.close();
    } finally {
      await helper.stop();
    }
  });
});
