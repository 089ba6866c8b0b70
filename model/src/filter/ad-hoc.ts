/**
 * Grafana's ad hoc filters (column, operator, values) as a predicate. They meet the filter text as trees, never as text, so no value
 * can become syntax. Values are written as answers show them: names of protocols, letters of TCP flags, `unknown` for "not sent".
 */
import { SillageError } from "../errors.ts";
import { findField, type Field, type FieldName } from "../fields.ts";
import { tcpFlagBits } from "../names.ts";
import type { CompareOp, Network, Predicate } from "../predicate.ts";
import type { FlowQuery } from "../query.ts";
import { readAddress } from "./address-text.ts";
import type { FilterNumber } from "./ast.ts";
import type { FilterCode } from "./diagnostic.ts";
import { operandOf } from "./operand.ts";
import { isProblem, type Problem } from "./problem.ts";

export type AdHocFilter = FlowQuery["filters"][number];
type NamedField = Field & { readonly name: FieldName };

/** Answers show this where the exporter did not send a field. */
const UNKNOWN = "unknown";

/**
 * All filters together; `!=` is the negation of `=`, so it keeps records without the field.
 * @throws SillageError FILTER_FIELD, FILTER_OPERATOR, FILTER_VALUE
 */
export function adHocPredicate(filters: readonly AdHocFilter[]): Predicate {
  const items = filters.map(onePredicate);
  const [only] = items;
  if (only === undefined) return { kind: "true" };
  return items.length === 1 ? only : { kind: "and", items };
}

function onePredicate({ field: name, op, values }: AdHocFilter): Predicate {
  const column = findField(name);
  if (column === undefined) throw refuse("FILTER_FIELD", `${name} is not a field`, "docs/reference/fields.md lists the fields");
  if (column.kind === "time" || column.kind === "u32s" || column.kind === "map") {
    throw refuse("FILTER_FIELD", `${name} cannot be filtered`, column.kind === "time" ? "use the time range" : undefined);
  }
  switch (op) {
    case "=":
    case "!=": {
      const [value, ...more] = values;
      if (value === undefined || more.length > 0)
        throw refuse("FILTER_OPERATOR", `${name} ${op} takes one value`, `use ${op}| for several`);
      return negatedIf(op === "!=", oneOf(column, [value]));
    }
    case "=|":
    case "!=|":
      return negatedIf(op === "!=|", oneOf(column, values));
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compared(column, op, values);
  }
}

function negatedIf(negated: boolean, item: Predicate): Predicate {
  return negated ? { kind: "not", item } : item;
}

function oneOf(column: NamedField, values: readonly string[]): Predicate {
  const known = values.filter((value) => value.toLowerCase() !== UNKNOWN);
  const items: Predicate[] = [];
  if (known.length > 0) items.push(isOneOf(column, known));
  if (known.length < values.length) items.push({ kind: "not", item: { kind: "present", field: column.name } });
  const [only] = items;
  return items.length === 1 && only ? only : { kind: "or", items };
}

function isOneOf(column: NamedField, values: readonly string[]): Predicate {
  if (column.kind === "ip") return inNetworks(column.name, values);
  return column.kind === "string"
    ? { kind: "text", field: column.name, values: values.filter((text) => text !== "") }
    : isNumber(column, values);
}

function inNetworks(name: FieldName, values: readonly string[]): Predicate {
  const networks: Network[] = values.map((value) => {
    const read = readAddress(value.trim());
    if (isProblem(read)) throw refuseValue(name, read);
    return read.network;
  });
  return { kind: "network", field: name, networks };
}

function isNumber(column: NamedField, values: readonly string[]): Predicate {
  const numbers = values.map((value) => numberOf(column, value));
  const [value] = numbers;
  return numbers.length === 1 && value !== undefined
    ? { kind: "compare", field: column.name, op: "=", value }
    : { kind: "in", field: column.name, values: numbers };
}

function compared(column: NamedField, op: CompareOp, values: readonly string[]): Predicate {
  const [value, ...more] = values;
  if (
    column.kind === "ip" ||
    column.kind === "string" ||
    column.kind === "mac" ||
    column.enumNames !== undefined ||
    !operandOf(column.name).ordered
  ) {
    throw refuse("FILTER_OPERATOR", `${column.name} cannot be compared with ${op}`, "use =, !=, =| or !=|");
  }
  if (value === undefined || more.length > 0)
    throw refuse("FILTER_OPERATOR", `${column.name} ${op} takes one value`, "add a filter for each");
  return { kind: "compare", field: column.name, op, value: numberOf(column, value) };
}

function numberOf(column: NamedField, text: string): FilterNumber {
  const trimmed = text.trim();
  const named = Object.entries(column.enumNames ?? {}).find(([, name]) => name === trimmed.toLowerCase());
  if (named) return Number(named[0]);
  if (column.name === "tcp_flags" && !/^\d/.test(trimmed)) {
    const bits = tcpFlagBits(trimmed);
    if (bits === undefined)
      throw refuseValue(column.name, { message: `${trimmed} is not a set of TCP flags`, hint: "letters of CEUAPRSF, or a number" });
    return bits;
  }
  const read = operandOf(column.name).read(trimmed);
  if (isProblem(read)) throw refuseValue(column.name, read);
  return read.value;
}

function refuseValue(name: FieldName, { message, hint }: Problem): SillageError {
  return refuse("FILTER_VALUE", `${name}: ${message}`, hint);
}

function refuse(code: FilterCode, message: string, hint?: string): SillageError {
  return new SillageError("input", code, message, { hint });
}
