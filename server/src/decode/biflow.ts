/**
 * Records that tell both directions of a conversation become two rows, the answer behind the request. Three ways to say it are known:
 * elements of the reverse direction (RFC 5103: enterprise 29305 and the number of the IANA element; CERT: a bit in the number of its own;
 * Ixia: two counters), and counters of initiator and responder (231, 232, 298, 299: Cisco's firewalls, AVC). Two rows and not columns beside
 * each other, because every question (who sends most, to whom, through which interface) is then the same as for all other flows.
 *
 * The row of the answer swaps what belongs to a side, shares what belongs to the conversation, takes what the record says of the reverse
 * direction, and leaves the rest unknown. Times are those of the conversation unless the record has others.
 */
import type { FieldName } from "@sillage/model";
import { isZeroField, type Chunk } from "./column-loops.ts";
import type { ColumnSource } from "./column-source.ts";
import { CERT_ENTERPRISE, CERT_REVERSE_BIT, CERT_REVERSE_DELAY, REVERSE_ENTERPRISE } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import type { PlacedField } from "./layout.ts";
import type { RowSource } from "./row-plan.ts";

/** All fields of an element, in the order of the record. */
export type FindAll = (enterprise: number, id: number) => readonly PlacedField[];

/** Columns that change places. */
const SIDES: readonly (readonly [FieldName, FieldName])[] = [
  ["src_addr", "dst_addr"],
  ["src_port", "dst_port"],
  ["src_mask", "dst_mask"],
  ["src_as", "dst_as"],
  ["prev_as", "next_as"],
  ["in_if", "out_if"],
  ["in_vrf", "out_vrf"],
  ["src_vlan", "dst_vlan"],
  ["src_mac", "dst_mac"],
  ["nat_src_addr", "nat_dst_addr"],
  ["nat_src_port", "nat_dst_port"],
  ["inner_src_addr", "inner_dst_addr"],
  ["inner_src_port", "inner_dst_port"],
];
const OPPOSITE = new Map<FieldName, FieldName>(SIDES.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));

/** Columns of the conversation: the answer has the same. All text is (names of applications, users, hosts). */
const SHARED = new Set<FieldName>([
  "exporter_claimed",
  "obs_domain",
  "obs_point",
  "proto",
  "end_reason",
  "flow_direction",
  "inner_vlan",
  "inner_proto",
  "vni",
  "station_mac",
  "fw_event",
  "fw_ext_event",
  "nat_event",
  "flow_id",
  "app_id",
  "sampler_id",
]);

/** The same for what is computed from IANA elements: addresses change places; protocol, ICMP, times and sampling are shared. */
const OPPOSITE_ELEMENTS = new Map([8, 12, 27, 28, 44, 45, 170, 169].map((id, i, all) => [id, all[i ^ 1]!]));

const IXIA = 3_054;
/** Reverse counters that are no element of enterprise 29305. */
const OTHER_REVERSES: Readonly<Record<number, readonly ElementNumber[]>> = {
  1: [{ enterprise: IXIA, id: 176 }],
  2: [{ enterprise: IXIA, id: 177 }],
  231: [{ enterprise: 0, id: 232 }],
  298: [{ enterprise: 0, id: 299 }],
};
const COUNTERS = [1, 2, 85, 86, 231, 298, 352];

/** Elements that say of the reverse direction what an element says of the forward one. */
function reversesOf({ enterprise, id }: ElementNumber): readonly ElementNumber[] {
  if (enterprise === 0) return [{ enterprise: REVERSE_ENTERPRISE, id }, ...(OTHER_REVERSES[id] ?? [])];
  return enterprise === CERT_ENTERPRISE ? [{ enterprise, id: id | CERT_REVERSE_BIT }] : [];
}

/** What an element of the reverse direction is in the forward one; undefined for an element that is none. */
export function forwardOf({ enterprise, id }: ElementNumber): ElementNumber | undefined {
  if (enterprise === REVERSE_ENTERPRISE) return { enterprise: 0, id };
  if (enterprise === CERT_ENTERPRISE && (id & CERT_REVERSE_BIT) !== 0) return { enterprise, id: id ^ CERT_REVERSE_BIT };
  for (const forward of COUNTERS) {
    if (OTHER_REVERSES[forward]?.some((other) => other.enterprise === enterprise && other.id === id) === true)
      return { enterprise: 0, id: forward };
  }
  return undefined;
}

/** Counters of the reverse direction: a template that has one describes biflows. */
export function reverseCounters(findAll: FindAll): readonly PlacedField[] {
  return COUNTERS.flatMap((id) => reversesOf({ enterprise: 0, id })).flatMap(({ enterprise, id }) => findAll(enterprise, id));
}

/** False for a record whose reverse counters are all zero: nobody answered. */
export function hasAnswer(counters: readonly PlacedField[], chunk: Chunk, i: number): boolean {
  return !counters.every((place) => isZeroField(place, chunk, i));
}

/** Elements that fill a column of the answer's row, in order of preference. */
export function reverseElements(column: ColumnSource, byName: ReadonlyMap<FieldName, ColumnSource>): readonly ElementNumber[] {
  const own = column.elements.flatMap(reversesOf);
  const opposite = OPPOSITE.get(column.name);
  if (opposite) return [...own, ...(byName.get(opposite)?.elements ?? [])];
  return SHARED.has(column.name) || column.kind === "string" ? [...own, ...column.elements] : own;
}

/** Where the row of the answer has its values. */
export function reverseSource(findAll: FindAll, columns: readonly ColumnSource[]): RowSource {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const first = (enterprise: number, id: number): PlacedField | undefined => findAll(enterprise, id)[0];
  return {
    fieldsOf: (column) => reverseElements(column, byName).map(({ enterprise, id }) => findAll(enterprise, id)),
    startDelay: first(CERT_REVERSE_DELAY.enterprise, CERT_REVERSE_DELAY.id),
    find: (id) => first(REVERSE_ENTERPRISE, id) ?? first(0, OPPOSITE_ELEMENTS.get(id) ?? id),
  };
}

/** Where the row of the request, or of a record with one direction, has its values. */
export function forwardSource(findAll: FindAll): RowSource {
  return {
    fieldsOf: ({ elements }) => elements.map(({ enterprise, id }) => findAll(enterprise, id)),
    find: (id) => findAll(0, id)[0],
  };
}
