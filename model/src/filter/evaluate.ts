/**
 * Reference meaning of predicates: evaluates one on one row, slowly and plainly. Tests compare ClickHouse's answers with it; it is not
 * on any hot path.
 */
import type { FieldName } from "../fields.ts";
import type { CompareOp, Predicate } from "../predicate.ts";
import { inNetwork } from "./address-text.ts";

/** A flow by column names. Addresses are text, MACs 48-bit numbers; a field that the exporter did not send is absent or undefined. */
export type FlowRow = Partial<Readonly<Record<FieldName, number | bigint | string | undefined>>>;

/** Does the row pass? A test of an absent field is false, so its negation is true. */
export function evaluatePredicate(predicate: Predicate, row: FlowRow): boolean {
  switch (predicate.kind) {
    case "true":
      return true;
    case "false":
      return false;
    case "and":
      return predicate.items.every((item) => evaluatePredicate(item, row));
    case "or":
      return predicate.items.some((item) => evaluatePredicate(item, row));
    case "not":
      return !evaluatePredicate(predicate.item, row);
    case "network": {
      const address = row[predicate.field];
      return typeof address === "string" && predicate.networks.some((network) => inNetwork(address, network));
    }
    case "present":
      return row[predicate.field] !== undefined && row[predicate.field] !== "";
    case "text": {
      const text = row[predicate.field];
      return typeof text === "string" && text !== "" && predicate.values.includes(text);
    }
    case "compare":
      return onNumber(row, predicate.field, (value) => compare(value, predicate.op, BigInt(predicate.value)));
    case "in":
      return onNumber(row, predicate.field, (value) => predicate.values.some((wanted) => BigInt(wanted) === value));
    case "bits":
      return onNumber(row, predicate.field, (value) => (value & BigInt(predicate.mask)) === BigInt(predicate.value));
  }
}

function onNumber(row: FlowRow, field: FieldName, test: (value: bigint) => boolean): boolean {
  const value = row[field];
  return typeof value === "number" || typeof value === "bigint" ? test(BigInt(value)) : false;
}

function compare(value: bigint, op: CompareOp, wanted: bigint): boolean {
  switch (op) {
    case "=":
      return value === wanted;
    case "!=":
      return value !== wanted;
    case "<":
      return value < wanted;
    case "<=":
      return value <= wanted;
    case ">":
      return value > wanted;
    case ">=":
      return value >= wanted;
  }
}
