/**
 * Sampling rates that became known after the flows were stored: options that came late, or the operator's word. Flows keep what was known
 * when they came (`sampling_rate` 0 is unknown); queries look the rest up in a dictionary by the exporter's address, longest prefix first.
 * The dictionary is read from a table, so that a ClickHouse that starts again still has it.
 */
import type { FlowStore } from "./store.ts";
import { identifier, literal } from "./sql-text.ts";

const TABLE = "late_rates_source";

/** One rate for all exporters of a network. */
export interface LateRate {
  /** Address as text, IPv4 dotted or IPv6. */
  readonly address: string;
  /** 0-32 or 0-128. */
  readonly prefix: number;
  /** 1 in N packets. */
  readonly rate: number;
}

export interface LateRatesOptions {
  readonly database: string;
  /** Who reads the table for the dictionary; without: the engine's own user. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

/**
 * Puts these rates in place of all earlier ones.
 * @throws what the store throws; queries then go on with the rates before
 */
export async function replaceLateRates(
  store: Pick<FlowStore, "command">,
  rates: readonly LateRate[],
  options: LateRatesOptions,
): Promise<void> {
  await store.command(`CREATE TABLE IF NOT EXISTS ${TABLE} (prefix String, rate UInt32) ENGINE = MergeTree ORDER BY prefix`);
  await store.command(`TRUNCATE TABLE ${TABLE}`);
  if (rates.length > 0) {
    const params = { prefixes: rates.map(mappedPrefix), rates: rates.map(({ rate }) => rate) };
    await store.command(
      `INSERT INTO ${TABLE} SELECT pair.1, pair.2 FROM (SELECT arrayJoin(arrayZip({prefixes:Array(String)}, {rates:Array(UInt32)})) AS pair)`,
      { params },
    );
  }
  await store.command(dictionarySql(options));
  await store.command(`SYSTEM RELOAD DICTIONARY ${LATE_RATES}`);
}

/** Name of the dictionary, in the database of the tables. */
export const LATE_RATES = "late_rates";

/** The dictionary's keys are IPv6; IPv4 is mapped as in every address column. */
function mappedPrefix({ address, prefix }: LateRate): string {
  return address.includes(":") ? `${address}/${prefix}` : `::ffff:${address}/${96 + prefix}`;
}

function dictionarySql({ database, credentials }: LateRatesOptions): string {
  const query = `SELECT prefix, rate FROM ${identifier(database)}.${TABLE}`;
  const who = credentials === undefined ? "" : ` USER ${literal(credentials.user)} PASSWORD ${literal(credentials.password)}`;
  return [
    `CREATE OR REPLACE DICTIONARY ${LATE_RATES} (prefix String, rate UInt32) PRIMARY KEY prefix`,
    `SOURCE(CLICKHOUSE(QUERY ${literal(query)}${who})) LAYOUT(IP_TRIE) LIFETIME(0)`,
    "COMMENT 'Sampling rates that became known after the flows were stored, by exporter.'",
  ].join(" ");
}
