/**
 * What a filter means: a boolean tree over columns. The checker makes it from filter text, ad hoc filters are made into it directly,
 * and only `server/query` turns it into SQL, with every value bound as a parameter. It is plain JSON except for bigint values.
 *
 * Absent fields: a test of a field that the exporter did not send is false, so its negation is true (nfdump's rule). Whoever evaluates
 * a predicate applies that by the field's `unknown` in the registry; a predicate never mentions `present` itself.
 */
import type { FieldName } from "./fields.ts";

export type CompareOp = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** Address block: `address` in canonical text (IPv4 dotted, IPv6 compressed), `prefix` 0-32 or 0-128. A host is /32 or /128. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
}

export type Predicate =
  | { readonly kind: "true" }
  | { readonly kind: "false" }
  | { readonly kind: "and" | "or"; readonly items: readonly Predicate[] }
  | { readonly kind: "not"; readonly item: Predicate }
  /** Numeric comparison of a column. */
  | { readonly kind: "compare"; readonly field: FieldName; readonly op: CompareOp; readonly value: number | bigint }
  /** The column is one of the numbers. */
  | { readonly kind: "in"; readonly field: FieldName; readonly values: readonly (number | bigint)[] }
  /** The address column lies in one of the networks (their union). An IPv6 network, even ::/0, never contains an IPv4 address. */
  | { readonly kind: "network"; readonly field: FieldName; readonly networks: readonly Network[] }
  /** The exporter sent the field. */
  | { readonly kind: "present"; readonly field: FieldName }
  /** The text column is one of the texts; never the empty one, which stands for "not sent". */
  | { readonly kind: "text"; readonly field: FieldName; readonly values: readonly string[] }
  /** `column & mask = value`. */
  | { readonly kind: "bits"; readonly field: FieldName; readonly mask: number; readonly value: number };

/** Every column that a predicate reads; the planner asks this to see which tables can answer. */
export function predicateFields(predicate: Predicate, into: Set<FieldName> = new Set()): Set<FieldName> {
  switch (predicate.kind) {
    case "true":
    case "false":
      return into;
    case "and":
    case "or":
      for (const item of predicate.items) predicateFields(item, into);
      return into;
    case "not":
      return predicateFields(predicate.item, into);
    case "compare":
    case "in":
    case "network":
    case "present":
    case "text":
    case "bits":
      return into.add(predicate.field);
  }
}
