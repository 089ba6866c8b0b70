/**
 * Which elements fill which column: the field registry's word (model/src/fields.ts). Where several elements fill one column, the order is a
 * preference: the next is read where those before it are zero or empty.
 */
import { STORED_FIELDS, type ColumnKind, type FieldName } from "@sillage/model";
import { CERT_REVERSE_DELAY, elementKey } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import { TIME_ELEMENTS } from "./flow-times.ts";
import { SECTION_ELEMENTS } from "./packet-section.ts";
import { SAMPLING_ELEMENTS } from "./record-sampling.ts";

export interface ColumnSource {
  readonly name: FieldName;
  readonly kind: ColumnKind;
  readonly elements: readonly ElementNumber[];
}

export interface ElementColumns {
  readonly columns: readonly ColumnSource[];
  /** Keys (`elementKey`) of all elements that are read. */
  readonly known: ReadonlySet<number>;
}

/** Filler of H3C, and paddingOctets: understood, and nothing to keep. */
const PADDING_ELEMENTS = [0, 210];

const ofIana = (id: number): ElementNumber => ({ enterprise: 0, id });

const columns = STORED_FIELDS.map(({ name, kind, elements = [], enterpriseElements = [] }): ColumnSource => ({
  name,
  kind,
  elements: [...elements.map(ofIana), ...enterpriseElements.map(([enterprise, id]) => ({ enterprise, id }))],
})).filter(({ elements }) => elements.length > 0);

export const REGISTRY_COLUMNS: ElementColumns = {
  columns,
  known: new Set(
    [
      ...[...PADDING_ELEMENTS, ...TIME_ELEMENTS, ...SAMPLING_ELEMENTS, ...SECTION_ELEMENTS].map(ofIana),
      CERT_REVERSE_DELAY,
      ...columns.flatMap(({ elements }) => elements),
    ].map(({ enterprise, id }) => elementKey(enterprise, id)),
  ),
};
