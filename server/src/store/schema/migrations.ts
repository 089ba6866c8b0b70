/**
 * Numbered steps from an empty database to the current schema. A step that was released never changes; a new one is added. Each may run
 * twice, because it is written down only after it ran. Columns that the registry got later need no step: `migrate` adds what is missing.
 */
import { SillageError } from "@sillage/model";
import { dictionariesSql, dropLeftovers, type DictionaryOptions } from "../dictionaries.ts";
import { addColumnsSql, addIndexesSql, createTableSql, createViewSql, modifyMergesSql, modifyTtlSql, retentionText } from "./ddl.ts";
import { EXPORTER_OPTIONS } from "./exporter-options-table.ts";
import { IF_COUNTERS } from "./if-counters-table.ts";
import { EXPORTERS, FLOWS, IGNORED_ELEMENTS, LOSS, ROLLUP_TABLES, TABLES } from "./tables.ts";
import type { IndexSpec, RollupSpec, TableSpec } from "./table-spec.ts";

/** Days by table name; a table that is not named keeps its default. */
export type Retention = Readonly<Record<string, number>>;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: (retention: Retention) => readonly string[];
}

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "raw flows, exporters, first rollups",
    statements: (retention) => [
      ...[FLOWS, EXPORTERS, ...ROLLUP_TABLES].map((table) => createTableSql(table, { retentionDays: retentionDays(table, retention) })),
      ...ROLLUP_TABLES.map(createViewSql),
    ],
  },
  {
    version: 2,
    name: "volumes by hour, ports by day, hosts and pairs",
    statements: (retention) =>
      ROLLUP_TABLES.filter(({ name }) => ADDED_ROLLUPS.includes(name)).flatMap((rollup) => fillSql(rollup, retention)),
  },
  {
    version: 3,
    name: "loss balance by minute",
    statements: (retention) => [createTableSql(LOSS, { retentionDays: retentionDays(LOSS, retention) })],
  },
  {
    version: 4,
    name: "interface counters",
    statements: (retention) => [createTableSql(IF_COUNTERS, { retentionDays: retentionDays(IF_COUNTERS, retention) })],
  },
  {
    version: 5,
    name: "what exporters tell about themselves",
    statements: (retention) => [createTableSql(EXPORTER_OPTIONS, { retentionDays: retentionDays(EXPORTER_OPTIONS, retention) })],
  },
  {
    version: 6,
    name: "ignored elements",
    statements: (retention) => [createTableSql(IGNORED_ELEMENTS, { retentionDays: retentionDays(IGNORED_ELEMENTS, retention) })],
  },
  {
    version: 7,
    name: "hours from minutes, days from five minutes",
    // The rows stay what they are; only the way to new ones changes.
    statements: () =>
      ROLLUP_TABLES.filter(({ viewSql, rawSql }) => viewSql !== rawSql).flatMap((rollup) => [
        `DROP VIEW IF EXISTS ${rollup.view}`,
        createViewSql(rollup),
      ]),
  },
  {
    version: 8,
    name: "indexes on addresses",
    statements: () => addIndexesSql(FLOWS, indexes("src_addr_bloom", "dst_addr_minmax")),
  },
  { version: 9, name: "fewer merges", statements: () => TABLES.map(modifyMergesSql) },
  {
    version: 10,
    name: "least and largest source of a granule",
    statements: () => addIndexesSql(FLOWS, indexes("src_addr_minmax")),
  },
];

function indexes(...names: readonly string[]): readonly IndexSpec[] {
  return FLOWS.indexes!.filter(({ name }) => names.includes(name));
}

const ADDED_ROLLUPS = ["traffic_1h", "ports_1d", "hosts_5m", "pairs_1h"];

/** A rollup of what is stored already, then its view. Emptied first: a start that was cut short is repeated. */
function fillSql(rollup: RollupSpec, retention: Retention): string[] {
  return [
    createTableSql(rollup, { retentionDays: retentionDays(rollup, retention) }),
    `DROP VIEW IF EXISTS ${rollup.view}`,
    `TRUNCATE TABLE ${rollup.name}`,
    `INSERT INTO ${rollup.name} ${rollup.rawSql}`,
    createViewSql(rollup),
  ];
}

export const LATEST_SCHEMA_VERSION = MIGRATIONS.at(-1)!.version;

export interface MigrationOptions {
  readonly retention: Retention;
  readonly dictionaries: DictionaryOptions;
  /** Fills the dictionaries before anything is computed with them. */
  readonly fillDictionaries?: () => Promise<void>;
}

/** What `migrate` needs of the store. */
export interface MigrationTarget {
  command(sql: string): Promise<void>;
  /** Rows of a query, each an array of texts and numbers. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
}

/**
 * Which steps have run.
 * @throws SillageError DATA_NEWER when a newer program ran steps that this one does not know
 */
export async function knownVersions(target: MigrationTarget): Promise<ReadonlySet<number>> {
  const done = await appliedVersions(target);
  const newest = Math.max(0, ...done);
  if (newest <= LATEST_SCHEMA_VERSION) return done;
  throw new SillageError(
    "config",
    "DATA_NEWER",
    `the database has schema ${newest}; this program knows schemas up to ${LATEST_SCHEMA_VERSION}`,
    { hint: "update Sillage, or use another database; nothing was changed" },
  );
}

/**
 * Brings the connected database to the current schema and retention. Dictionaries come first: columns are computed with them.
 * @returns the schema version it now has
 * @throws SillageError DATA_NEWER, before anything is changed, when a newer program migrated it
 */
export async function migrate(target: MigrationTarget, { retention, dictionaries, fillDictionaries }: MigrationOptions): Promise<number> {
  const done = await knownVersions(target);
  await target.command(
    "CREATE TABLE IF NOT EXISTS schema_migrations (version UInt32, name String, applied_at DateTime DEFAULT now()) ENGINE = ReplacingMergeTree ORDER BY version",
  );
  for (const statement of dictionariesSql(dictionaries)) await target.command(statement);
  await dropLeftovers(target);
  await fillDictionaries?.();
  await addMissingColumns(target);
  for (const migration of MIGRATIONS) {
    if (done.has(migration.version)) continue;
    for (const statement of migration.statements(retention)) await target.command(statement);
    await target.command(`INSERT INTO schema_migrations (version, name) VALUES (${migration.version}, '${migration.name}')`);
  }
  await applyRetention(target, retention);
  return LATEST_SCHEMA_VERSION;
}

async function appliedVersions(target: MigrationTarget): Promise<Set<number>> {
  const exists = await target.rows("SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'");
  if (exists.length === 0) return new Set();
  const rows = await target.rows("SELECT DISTINCT version FROM schema_migrations");
  return new Set(rows.map(([version]) => Number(version)));
}

/** Columns that the registry got after a table was made. Before the migrations: new tables may be computed from them. */
async function addMissingColumns(target: MigrationTarget): Promise<void> {
  const rows = await target.rows("SELECT table, name FROM system.columns WHERE database = currentDatabase()");
  const present = new Set(rows.map(([table, name]) => `${String(table)}.${String(name)}`));
  const tables = new Set(rows.map(([table]) => String(table)));
  for (const table of TABLES) {
    const missing = table.columns.filter((column) => !present.has(`${table.name}.${column.name}`));
    if (!tables.has(table.name) || missing.length === 0) continue;
    for (const statement of addColumnsSql(table, missing)) await target.command(statement);
  }
}

async function applyRetention(target: MigrationTarget, retention: Retention): Promise<void> {
  const rows = await target.rows("SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()");
  const created = new Map(rows.map(([name, sql]) => [String(name), String(sql)]));
  for (const table of TABLES) {
    const days = retentionDays(table, retention);
    if (created.get(table.name)?.includes(retentionText(days)) === false) await target.command(modifyTtlSql(table, days));
  }
}

function retentionDays(table: TableSpec, retention: Retention): number {
  return retention[table.name] ?? table.retentionDays;
}
