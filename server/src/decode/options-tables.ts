/** What options tell, as data: which elements name a thing, which are said of it. Numbers are IANA's unless noted. */
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
export type ValueForm = "number" | "text" | "auto" | "route_distinguisher";

export interface NamedElement {
  readonly element: number;
  readonly name: string;
  readonly form: ValueForm;
}

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
  readonly values: readonly NamedElement[];
}

const text = (element: number, name: string): NamedElement => ({ element, name, form: "text" });

export const OPTIONS_TABLES: readonly OptionsTable[] = [
  // ASR 9000 tells an interface's name as its description (83) only.
  { kind: "interface", keys: INTERFACES, scopeKey: SCOPE_INTERFACE, names: [82, 83], descriptions: [83], values: [] },
  {
    kind: "application",
    keys: [95],
    names: [96],
    descriptions: [94],
    values: [
      text(372, "category"),
      text(373, "sub_category"),
      text(374, "group"),
      text(288, "p2p"),
      text(289, "tunnel"),
      text(290, "encrypted"),
    ],
  },
  {
    kind: "vrf",
    keys: [234, 235],
    names: [236],
    descriptions: [],
    values: [{ element: 90, name: "route_distinguisher", form: "route_distinguisher" }],
  },
  // Rates stand beside the name or in records of their own; they are read apart.
  { kind: "sampler", keys: SAMPLERS, names: [84, 335], descriptions: [], values: [] },
];

/** Totals of the exporting and metering processes, under IANA's names. */
export const STATISTICS: readonly NamedElement[] = (
  [
    [40, "exportedOctetTotalCount"],
    [41, "exportedMessageTotalCount"],
    [42, "exportedFlowRecordTotalCount"],
    [163, "observedFlowTotalCount"],
    [164, "ignoredPacketTotalCount"],
    [165, "ignoredOctetTotalCount"],
    [166, "notSentFlowTotalCount"],
    [167, "notSentPacketTotalCount"],
    [168, "notSentOctetTotalCount"],
  ] as const
).map(([element, name]) => ({ element, name, form: "number" }));

/** Padding; and times and counters, which change with every record and tell nothing lasting. */
export const NOT_KEPT: ReadonlySet<number> = new Set([
  0, 210, 1, 2, 23, 24, 85, 86, 135, 150, 151, 152, 153, 154, 155, 156, 157, 258, 322, 323, 324, 325,
]);
