/** What options tell, as data: which elements name a thing, which are said of it. Numbers are IANA's unless noted. */
import type { ElementType } from "./elements/element-type.ts";
import { findElement } from "./elements/element-names.ts";
import type { FactKind } from "./fact.ts";

/**
 * Scope types of NetFlow v9 (RFC 3954 section 6.1): a namespace of their own, never read as elements. Larger numbers mean nothing there, and
 * some exporters use them as elements; so do we.
 */
export const SCOPE_TYPES: Readonly<Record<number, string>> = { 1: "system", 2: "interface", 3: "line_card", 4: "cache", 5: "template" };
export const SCOPE_INTERFACE = 2;
export const SCOPE_TEMPLATE = 5;

/** Elements that say what a record is about, the usual first. */
export const INTERFACES: readonly number[] = [10, 14, 252, 253];
export const SAMPLERS: readonly number[] = [48, 302];
export const TEMPLATE_ID = 145;
export const OBSERVATION_DOMAIN = 149;

export const BOOT_MS = 160;

/** selectorAlgorithm, NetFlow v9's sampler mode and sampling algorithm: 1 systematic, 2 and more random. */
export const ALGORITHMS: readonly number[] = [304, 49, 35];

/** How a value is read. `auto`: integers as numbers, what can be read as text, else hexadecimal. */
export type ValueForm = "number" | "text" | "address" | "mac" | "route_distinguisher" | "auto";

/** How a value of a type is read; the others: `auto`. */
const FORM_OF_TYPE: Partial<Record<ElementType, ValueForm>> = {
  string: "text",
  ipv4Address: "address",
  ipv6Address: "address",
  macAddress: "mac",
};

/** Name and form of an element: IANA's or its vendor's, else its numbers. */
export function describeElement(enterprise: number, id: number): { readonly name: string; readonly form: ValueForm } {
  const known = findElement(enterprise, id);
  const name = known?.name ?? (enterprise === 0 ? String(id) : `${enterprise}.${id}`);
  if (enterprise === 0 && id === ROUTE_DISTINGUISHER) return { name, form: "route_distinguisher" };
  return { name, form: (known?.type && FORM_OF_TYPE[known.type]) ?? "auto" };
}

const ROUTE_DISTINGUISHER = 90;

/** A table that options spread over many records. */
export interface OptionsTable {
  readonly kind: FactKind;
  /** Elements that may be the key. */
  readonly keys: readonly number[];
  /** Scope type of v9 that may be the key. */
  readonly scopeKey?: number;
  /** In order of preference. */
  readonly names: readonly number[];
  readonly descriptions: readonly number[];
  /** What else is kept. */
  readonly values: readonly number[];
}

export const OPTIONS_TABLES: readonly OptionsTable[] = [
  // ASR 9000 tells an interface's name as its description (83) only.
  { kind: "interface", keys: INTERFACES, scopeKey: SCOPE_INTERFACE, names: [82, 83], descriptions: [83], values: [] },
  { kind: "application", keys: [95], names: [96], descriptions: [94], values: [372, 373, 374, 288, 289, 290] },
  { kind: "vrf", keys: [234, 235], names: [236], descriptions: [], values: [ROUTE_DISTINGUISHER] },
  // Rates stand beside the name or in records of their own; they are read apart.
  { kind: "sampler", keys: SAMPLERS, names: [84, 335], descriptions: [], values: [] },
];

/** Totals of the exporting and metering processes: exported, observed, ignored, not sent. */
export const STATISTICS: readonly number[] = [40, 41, 42, 163, 164, 165, 166, 167, 168];

/** Padding; and times and counters, which change with every record and tell nothing lasting. */
export const NOT_KEPT: ReadonlySet<number> = new Set([
  0, 210, 1, 2, 23, 24, 85, 86, 135, 150, 151, 152, 153, 154, 155, 156, 157, 258, 322, 323, 324, 325,
]);
