/** What operators declare about elements, so that columns or at least names are theirs without a change of the program. */
import { STORED_FIELDS, type ColumnKind, type FieldName } from "@sillage/model";
import type { KeptType } from "./elements/element-type.ts";

/** An element that no registry of ours knows, or not well enough, as the operator declares it. */
export interface OperatorElement {
  /** Private enterprise number; 0 for IANA's numbers and NetFlow v9's types. */
  readonly enterprise: number;
  readonly id: number;
  /** Under which the element is listed and kept. */
  readonly name: string;
  readonly type: KeptType;
  /** Column that it fills, behind the elements that the registry names; must be one of `columnsOfType(type)`. */
  readonly column?: FieldName;
  /** Keep it as text in the column `extra`, under its name. */
  readonly keep?: boolean;
}

/** Columns that are computed, from several elements or from what is known besides the record. */
const COMPUTED = new Set<FieldName>([
  "exporter",
  "exporter_source",
  "exporter_port",
  "template_id",
  "src_addr",
  "dst_addr",
  "ip_version",
  "icmp_type",
  "icmp_code",
  "sampling_rate",
  "present",
]);

const KINDS_OF_TYPE: Partial<Record<KeptType, readonly ColumnKind[]>> = {
  unsigned8: ["u8", "u16", "u32", "u64"],
  unsigned16: ["u8", "u16", "u32", "u64"],
  unsigned32: ["u8", "u16", "u32", "u64"],
  unsigned64: ["u8", "u16", "u32", "u64"],
  ipv4Address: ["ip"],
  ipv6Address: ["ip"],
  macAddress: ["mac"],
  string: ["string"],
};

/** Columns that an element of a type can fill; too large numbers keep their low bits. */
export function columnsOfType(type: KeptType): FieldName[] {
  const kinds = KINDS_OF_TYPE[type] ?? [];
  return STORED_FIELDS.filter(({ name, kind }) => kinds.includes(kind) && !COMPUTED.has(name)).map(({ name }) => name);
}
