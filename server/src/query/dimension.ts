/**
 * A dimension in two directions: the expression that groups by it, and the text that people read in place of the stored value.
 * Stored values travel as they are (an address, a number, -1 for "absent" where 0 is a real value), so that the second statement of a
 * query can bind the groups that the first one chose.
 */
import { field, PROTOCOL_NAMES, tcpFlagLetters, type Dimension, type FieldName } from "@sillage/model";
import { unmappedAddress, V4_MAPPED_PREFIX } from "./address.ts";
import { isPresent } from "./predicate-sql.ts";
import { call, column, constant, fragment, value, type Expr } from "./sql-tree.ts";

/** Text of a value that the exporter did not send. */
export const UNKNOWN = "unknown";
/** Stands for an absent field of which every number is a real value. */
const ABSENT = -1;

/** What ClickHouse answers for a group: address or other text, a number, or a 64-bit number as text. */
export type GroupValue = string | number;

export function dimensionName(dimension: Dimension): FieldName {
  // The schema of a query admits only names of dimensions.
  return dimension.field as FieldName;
}

export function dimensionSql(dimension: Dimension): Expr {
  const name = dimensionName(dimension);
  const { kind, unknown } = field(name);
  if (kind === "ip") return prefixSql(column(name), dimension);
  if (kind === "string") return call("toString", column(name)); // plain text, also where a dictionary is stored
  if (unknown.kind === "bit") return call("if", isPresent(name), call("toInt32", column(name)), constant(ABSENT));
  return column(name);
}

function prefixSql(address: Expr, { prefix4 = 32, prefix6 = 128 }: Dimension): Expr {
  if (prefix4 === 32 && prefix6 === 128) return address;
  const isV4: Expr = {
    kind: "between",
    item: address,
    low: value("IPv6", "::ffff:0.0.0.0"),
    high: value("IPv6", "::ffff:255.255.255.255"),
  };
  const length = call("toUInt8", call("if", isV4, constant(V4_MAPPED_PREFIX + prefix4), constant(prefix6)));
  return call("tupleElement", call("IPv6CIDRToRange", address, length), constant(1));
}

/** Takes the place of the group value in rows that belong to "other". */
export function otherValueSql(dimension: Dimension): Expr {
  const { kind } = field(dimensionName(dimension));
  return kind === "ip" ? fragment("toIPv6('::')") : kind === "string" ? fragment("''") : constant(0);
}

/** Array type that binds group values of this dimension. */
export function groupArrayType(dimension: Dimension): "Array(IPv6)" | "Array(String)" | "Array(Int64)" {
  const { kind } = field(dimensionName(dimension));
  return kind === "ip" ? "Array(IPv6)" : kind === "string" ? "Array(String)" : "Array(Int64)";
}

/** Group value -> what people read; never empty. */
export function groupText(dimension: Dimension, group: GroupValue): string {
  const name = dimensionName(dimension);
  const { kind, unknown } = field(name);
  if (kind === "ip") return addressGroupText(String(group), dimension);
  if (kind === "string") return String(group) || UNKNOWN;
  const number = Number(group);
  if (unknown.kind === "value" ? number === 0 : number === ABSENT) return UNKNOWN;
  return valueText(name, number);
}

function addressGroupText(text: string, { prefix4 = 32, prefix6 = 128 }: Dimension): string {
  const address = unmappedAddress(text);
  const isV4 = !address.includes(":");
  const prefix = isV4 ? prefix4 : prefix6;
  if (prefix === (isV4 ? 32 : 128)) return address === "::" ? UNKNOWN : address;
  // With a prefix, `::` is a network like any other unless nothing but the unknown address can be in it.
  return `${address}/${prefix}`;
}

/** A number of a column as people write it in a filter: protocols and wire formats by name, TCP flags by letter, MAC addresses in hex, the rest in decimal. */
export function valueText(name: FieldName, number: number): string {
  const { kind, enumNames } = field(name);
  if (name === "proto") return PROTOCOL_NAMES.get(number) ?? String(number);
  // Flags beyond the eight that have a letter, and none at all, only a number can tell.
  if (name === "tcp_flags" && number > 0 && number < 256) return tcpFlagLetters(number);
  if (enumNames !== undefined) return enumNames[number] ?? String(number);
  if (kind === "mac")
    return number
      .toString(16)
      .padStart(12, "0")
      .replace(/..(?!$)/g, "$&:");
  return String(number);
}
