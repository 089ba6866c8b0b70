/** One row of a batch as a plain object, for people: the `decode` command, tests, logs. Not for the hot path. */
import { field, presentMask, type FieldName, type FieldOfKind } from "@sillage/model";
import { formatAddress } from "./address-text.ts";
import type { Column } from "./column.ts";
import type { FlowBatch } from "./flow-batch.ts";
import type { ListColumn, MapColumn, TextColumn } from "./variable-column.ts";

/**
 * Times are ISO 8601 in UTC, addresses and MACs text, enumerations their names, counters above 2^53 decimal strings, lists of numbers
 * arrays, named values objects.
 */
export type FlowValue = FlowScalar | readonly number[] | Readonly<Record<string, string>>;
export type FlowScalar = number | string | null;
export type Flow = Record<Exclude<FieldName, FieldOfKind<"u32s" | "map">>, FlowScalar> & Record<FieldOfKind<"u32s" | "map">, FlowValue>;

/** Row `row` under the registry's names; null where the exporter did not send a value and 0 would be one. */
export function readFlow(batch: FlowBatch, row: number): Flow {
  batch.settle();
  const present = batch.column("present").u32[row]!;
  const flow: Partial<Record<FieldName, FlowValue>> = {};
  for (const column of batch.columns) {
    const mask = presentMask(column.name);
    flow[column.name] = mask !== 0 && (present & mask) === 0 ? null : readValue(column, row);
  }
  for (const column of batch.variable) flow[column.name] = readVariable(column, row);
  return flow as Flow;
}

/** Nothing there is null, as for columns of fixed width. */
function readVariable(column: TextColumn | ListColumn | MapColumn, row: number): FlowValue {
  switch (column.kind) {
    case "string":
      return column.textOf(row) || null;
    case "u32s": {
      const values = column.valuesOf(row);
      return values.length === 0 ? null : Array.from(values);
    }
    case "map": {
      const entries = column.entriesOf(row);
      return entries.length === 0 ? null : Object.fromEntries(entries);
    }
  }
}

function readValue(column: Column, row: number): FlowValue {
  switch (column.kind) {
    case "u8":
      return column.u8[row]!;
    case "u16":
      return column.u16[row]!;
    case "u32":
      return column.u32[row]!;
    case "u64":
      return exact(column.u64[row]!);
    case "enum8": {
      const number = column.u8[row]!;
      return field(column.name).enumNames?.[number] ?? number;
    }
    case "time": {
      const ms = Number(BigInt.asIntN(64, column.u64[row]!));
      return ms === 0 ? null : new Date(ms).toISOString();
    }
    case "mac": {
      const digits = column.u64[row]!.toString(16).padStart(12, "0");
      return digits === "000000000000" ? null : digits.replace(/..(?!$)/g, "$&:");
    }
    case "ip": {
      const bytes = column.u8.subarray(row * 16, row * 16 + 16);
      return bytes.every((byte) => byte === 0) ? null : formatAddress(bytes);
    }
  }
}

function exact(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
