/**
 * Dictionaries: what the operator says about addresses, looked up by longest prefix while flows are stored and when they are read. Each
 * is read from a table of its own, so that a ClickHouse that starts again still has it; a change replaces the table's rows at once and
 * reloads.
 *
 *   networks    network -> name, zone, site, group, owner, roles, criticality (networks/networks-file.ts)
 *   late_rates  exporters' network -> sampling rate that became known after the flows were stored
 *
 * Keys are IPv6 prefixes, IPv4 mapped as in every address column. IP_TRIE: a look-up costs about 15 ns.
 */
import { randomUUID } from "node:crypto";
import { identifier, literal } from "./sql-text.ts";
import type { FlowStore } from "./store.ts";

interface Attribute {
  readonly name: string;
  readonly type: "String" | "UInt8" | "UInt32";
  readonly doc: string;
}

export interface DictionarySpec {
  /** Name in the database of the tables; its rows are in the table `<name>_source`, those of a change first in a `<name>_next_…` of its own. */
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly doc: string;
}

export const NETWORKS: DictionarySpec = {
  name: "networks",
  attributes: [
    { name: "name", type: "String", doc: "Name of the network." },
    { name: "zone", type: "String", doc: "What kind of network it is: internal, dmz, protected, guest, dark ..." },
    { name: "site", type: "String", doc: "Where it is." },
    { name: "group", type: "String", doc: "Who uses it." },
    { name: "owner", type: "String", doc: "Whom to call." },
    { name: "roles", type: "String", doc: "What its hosts are for, separated by blanks." },
    { name: "criticality", type: "UInt8", doc: "1 (unimportant) to 5 (vital); 0 not told." },
    { name: "inside", type: "UInt8", doc: "1 for networks of the operator's own." },
  ],
  doc: "Networks as networks.yaml tells them.",
};

export const LATE_RATES: DictionarySpec = {
  name: "late_rates",
  attributes: [{ name: "rate", type: "UInt32", doc: "1 in N packets." }],
  doc: "Sampling rates that became known after the flows were stored, by exporter.",
};

const DICTIONARIES: readonly DictionarySpec[] = [NETWORKS, LATE_RATES];

export interface DictionaryOptions {
  readonly database: string;
  /** Who reads the tables for the dictionaries; without: the engine's own user. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

export interface LeftoverTarget {
  command(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
}

/** No change takes as long: a million networks are in within seconds. */
const LEFTOVER_SECONDS = 3_600;
/** A network takes about 100 bytes of a statement. */
const ROWS_PER_INSERT = 10_000;

/** Statements that make all dictionaries and their tables; each may run again. */
export function dictionariesSql(options: DictionaryOptions): string[] {
  return DICTIONARIES.flatMap((spec) => [
    tableSql(spec, sourceTable(spec), `Rows of the dictionary ${spec.name}.`),
    dictionarySql(spec, options),
  ]);
}

export interface DictionaryRow {
  /** Address as text, IPv4 dotted or IPv6. */
  readonly address: string;
  /** 0-32 or 0-128. */
  readonly prefix: number;
  /** In the order of the dictionary's attributes. */
  readonly values: readonly (string | number)[];
}

/**
 * Puts these rows in place of all earlier ones, in one step: whoever reads meanwhile, or after a crash in the middle, has the rows before
 * or these. They are gathered in a table that no other process knows, so of two changes side by side one wins as a whole.
 * @throws what the store throws; look-ups then go on with the rows before
 */
export async function replaceRows(store: Pick<FlowStore, "command">, spec: DictionarySpec, rows: readonly DictionaryRow[]): Promise<void> {
  const [table, next] = [sourceTable(spec), identifier(`${nextPrefix(spec)}_${randomUUID().replaceAll("-", "")}`)];
  // ClickHouse takes no partition from an empty table.
  if (rows.length === 0) await store.command(`TRUNCATE TABLE ${table}`);
  else {
    await store.command(tableSql(spec, next, `Rows on their way into the dictionary ${spec.name}.`));
    try {
      // In the statement's text: over HTTP the client puts parameters of commands into the URL, where a thousand networks have no room.
      for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
        const part = rows.slice(at, at + ROWS_PER_INSERT).map(rowSql);
        await store.command(`INSERT INTO ${next} VALUES ${part.join(", ")}`);
      }
      await store.command(`ALTER TABLE ${table} REPLACE PARTITION tuple() FROM ${next}`);
    } finally {
      // What cannot be dropped now goes at a later start.
      await store.command(`DROP TABLE IF EXISTS ${next}`).catch(() => undefined);
    }
  }
  await store.command(`SYSTEM RELOAD DICTIONARY ${identifier(spec.name)}`);
}

/** Removes the tables that changes have left which were cut short; one that is younger may be another server's at work. */
export async function dropLeftovers(target: LeftoverTarget, olderThanSeconds = LEFTOVER_SECONDS): Promise<void> {
  const isOfAChange = DICTIONARIES.map((spec) => `startsWith(name, ${literal(nextPrefix(spec))})`).join(" OR ");
  const left = await target.rows(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND (${isOfAChange}) ` +
      `AND metadata_modification_time <= now() - ${olderThanSeconds}`,
  );
  for (const [name] of left) await target.command(`DROP TABLE IF EXISTS ${identifier(String(name))}`);
}

function rowSql({ address, prefix, values }: DictionaryRow): string {
  const network = address.includes(":") ? `${address}/${prefix}` : `::ffff:${address}/${96 + prefix}`;
  return `(${[network, ...values].map((value) => (typeof value === "string" ? literal(value) : String(value))).join(", ")})`;
}

function sourceTable({ name }: DictionarySpec): string {
  return identifier(`${name}_source`);
}

function nextPrefix({ name }: DictionarySpec): string {
  return `${name}_next`;
}

/** The tables of rows and of changes are alike, without which partitions could not change place. */
function tableSql(spec: DictionarySpec, table: string, doc: string): string {
  const columns = spec.attributes.map(({ name, type, doc: what }) => `${identifier(name)} ${type} COMMENT ${literal(what)}`);
  return `CREATE TABLE IF NOT EXISTS ${table} (prefix String, ${columns.join(", ")}) ENGINE = MergeTree ORDER BY prefix COMMENT ${literal(doc)}`;
}

/** Made anew at every start: a changed password must reach it. */
function dictionarySql(spec: DictionarySpec, { database, credentials }: DictionaryOptions): string {
  const columns = spec.attributes.map(({ name, type }) => `${identifier(name)} ${type}`);
  const names = spec.attributes.map(({ name }) => identifier(name));
  const query = `SELECT prefix, ${names.join(", ")} FROM ${identifier(database)}.${sourceTable(spec)}`;
  const who = credentials === undefined ? "" : ` USER ${literal(credentials.user)} PASSWORD ${literal(credentials.password)}`;
  return [
    `CREATE OR REPLACE DICTIONARY ${identifier(spec.name)} (prefix String, ${columns.join(", ")}) PRIMARY KEY prefix`,
    `SOURCE(CLICKHOUSE(QUERY ${literal(query)}${who})) LAYOUT(IP_TRIE) LIFETIME(0)`,
    `COMMENT ${literal(spec.doc)}`,
  ].join(" ");
}
