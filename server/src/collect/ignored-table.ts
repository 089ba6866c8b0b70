/** Rows of the table `ignored_elements`: what exporters send and no column keeps. Only counts that grew since their last row get a new one. */
import type { ExporterIgnoredElement } from "../decode/index.ts";
import { encodeNative, type NativeBlock, type NativeColumn } from "../flow/index.ts";

export const IGNORED_TABLE = "ignored_elements";

const COLUMNS: readonly NativeColumn[] = [
  { name: "snapshot_time", type: "DateTime64(3, 'UTC')" },
  { name: "collector", type: "String" },
  { name: "exporter", type: "IPv6" },
  { name: "kind", type: "String" },
  { name: "enterprise", type: "UInt32" },
  { name: "id", type: "UInt32" },
  { name: "name", type: "String" },
  { name: "records", type: "UInt64" },
];

export class IgnoredTable {
  readonly #collector: string;
  #written = new Map<string, number>();

  constructor(collector: string) {
    this.#collector = collector;
  }

  /** One row for each element of an exporter whose count changed since the last call; undefined when none did. */
  changes(elements: readonly ExporterIgnoredElement[], nowMs: number): NativeBlock | undefined {
    const written = new Map<string, number>();
    const rows = elements.flatMap(({ exporter, kind, enterprise, id, name, records }) => {
      const key = `${exporter} ${kind} ${enterprise} ${id}`;
      written.set(key, records);
      return this.#written.get(key) === records ? [] : [[nowMs, this.#collector, exporter, kind, enterprise, id, name ?? "", records]];
    });
    this.#written = written;
    return rows.length === 0 ? undefined : encodeNative(COLUMNS, rows);
  }
}
