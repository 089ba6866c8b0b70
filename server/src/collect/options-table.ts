/**
 * Rows of the table `exporter_options`: what exporters told about themselves. Only what is new goes there, and once a day what they still
 * tell, so that what nobody tells any more can be forgotten.
 */
import { encodeNative, type NativeBlock, type NativeColumn } from "../flow/index.ts";
import type { ExporterFact } from "../decode/index.ts";
import type { SpoolWriter } from "../spool/index.ts";

export const OPTIONS_TABLE = "exporter_options";

const COLUMNS: readonly NativeColumn[] = [
  { name: "reported_at", type: "DateTime64(3, 'UTC')" },
  { name: "collector", type: "String" },
  { name: "exporter", type: "IPv6" },
  { name: "protocol", type: "String" },
  { name: "obs_domain", type: "UInt32" },
  { name: "kind", type: "String" },
  { name: "key", type: "String" },
  { name: "name", type: "String" },
  { name: "description", type: "String" },
  { name: "value", type: "String" },
  { name: "valid_from", type: "DateTime64(3, 'UTC')" },
];

/** Facts written at a time: encoding them must not hold datagrams up. */
const MAX_FACTS = 2_000;

/** What is asked of a decoder. */
export interface FactSource {
  /** What exporters newly told about themselves since the last call, at most `max`. */
  takeChangedFacts(nowMs: number, max: number): ExporterFact[];
}

export class OptionsTable {
  readonly #collector: string;
  readonly #spool: Pick<SpoolWriter, "offer">;
  /** What the spool had no room for: offered again before anything newer. */
  #refused: NativeBlock | undefined;

  constructor(collector: string, spool: Pick<SpoolWriter, "offer">) {
    this.#collector = collector;
    this.#spool = spool;
  }

  /** Hands what is new to the spool. */
  write(source: FactSource, nowMs: number): void {
    const block = this.#refused ?? encodeFacts(this.#collector, source.takeChangedFacts(nowMs, MAX_FACTS));
    if (!block) return;
    const refusal = this.#spool.offer(OPTIONS_TABLE, block, { minTimeMs: nowMs, maxTimeMs: nowMs });
    this.#refused = refusal === undefined ? undefined : block;
  }
}

/** undefined when there are none. */
export function encodeFacts(collector: string, facts: readonly ExporterFact[]): NativeBlock | undefined {
  if (facts.length === 0) return undefined;
  const rows = facts.map((fact) => [
    fact.toldMs,
    collector,
    fact.exporter,
    fact.protocol,
    fact.obsDomain,
    fact.kind,
    fact.key,
    fact.name,
    fact.description,
    JSON.stringify(fact.value),
    fact.validFromMs,
  ]);
  return encodeNative(COLUMNS, rows);
}
