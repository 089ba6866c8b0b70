/**
 * Which elements fill which column: the field registry's word (model/src/fields.ts), then the operator's (`OperatorElement`). Where several
 * elements fill one column, the order is a preference: the next is read where those before it are zero or empty.
 */
import { STORED_FIELDS } from "@sillage/model";
import { reverseElements } from "./biflow.ts";
import type { ColumnSource } from "./column-source.ts";
import { CERT_REVERSE_DELAY, elementKey } from "./elements/element-names.ts";
import { canonicalElement, type ElementNumber } from "./elements/netflow9-elements.ts";
import { TIME_ELEMENTS } from "./time-plan.ts";
import { elementText } from "./kept-elements.ts";
import type { OperatorElement } from "./operator-element.ts";
import { SECTION_ELEMENTS } from "./packet-section.ts";
import { SAMPLING_ELEMENTS } from "./record-sampling.ts";
import { compileListTargets, keepInList, type ListTargets } from "./structured-lists.ts";

export interface KeptElement extends ElementNumber {
  readonly name: string;
  readonly toText: (bytes: Uint8Array) => string;
}

export interface ElementColumns {
  readonly columns: readonly ColumnSource[];
  readonly kept: readonly KeptElement[];
  /** Keys (`elementKey`) of all elements that are read. */
  readonly known: ReadonlySet<number>;
  /** The operator's names, by key. */
  readonly names: ReadonlyMap<number, string>;
  /** What elements inside structured lists fill, in the row of the request and in that of the answer. */
  readonly lists: { readonly forward: ListTargets; readonly reverse: ListTargets };
}

/** For each list of columns: positions of the columns that an element may fill. */
const positions = new WeakMap<readonly ColumnSource[], ReadonlyMap<number, readonly number[]>>();

/**
 * The columns that any of these elements may fill, in the order of the list. Most columns have nothing to do with a template: leaving them out
 * first makes compiling it some times cheaper, and a sender may announce thousands.
 */
export function columnsOf(elements: Iterable<ElementNumber>, columns: readonly ColumnSource[]): ColumnSource[] {
  let byElement = positions.get(columns);
  if (!byElement) positions.set(columns, (byElement = indexByElement(columns)));
  const found = new Set<number>();
  for (const { enterprise, id } of elements) for (const at of byElement.get(elementKey(enterprise, id)) ?? []) found.add(at);
  return [...found].sort((a, b) => a - b).map((at) => columns[at]!);
}

function indexByElement(columns: readonly ColumnSource[]): Map<number, number[]> {
  const byElement = new Map<number, number[]>();
  columns.forEach(({ elements }, at) => {
    for (const { enterprise, id } of elements) {
      const key = elementKey(enterprise, id);
      const same = byElement.get(key);
      if (same) same.push(at);
      else byElement.set(key, [at]);
    }
  });
  return byElement;
}

/** Filler of H3C, and paddingOctets: understood, and nothing to keep. Structured lists are read for what is in them. */
const UNDERSTOOD = [0, 210, 291, 292, 293];

const ofIana = (id: number): ElementNumber => ({ enterprise: 0, id });
const keyOf = ({ enterprise, id }: ElementNumber): number => elementKey(enterprise, id);

const REGISTRY: readonly ColumnSource[] = STORED_FIELDS.map(({ name, kind, elements = [], enterpriseElements = [] }) => ({
  name,
  kind,
  elements: [...elements.map(ofIana), ...enterpriseElements.map(([enterprise, id]) => ({ enterprise, id }))],
}));

/** The registry alone. */
export const REGISTRY_COLUMNS = compile([]);

/** The registry, and behind it what the operator declares. */
export function elementColumns(declared: readonly OperatorElement[] = []): ElementColumns {
  return declared.length === 0 ? REGISTRY_COLUMNS : compile(declared);
}

function compile(declared: readonly OperatorElement[]): ElementColumns {
  const own = declared.map((element) => ({ ...element, ...canonicalElement(element.enterprise, element.id) }));
  const columns = REGISTRY.map(({ name, kind, elements }) => ({
    name,
    kind,
    elements: [...elements, ...own.filter(({ column }) => column === name).map(({ enterprise, id }) => ({ enterprise, id }))],
  })).filter(({ elements }) => elements.length > 0);
  const kept = own
    .filter(({ keep }) => keep === true)
    .map(({ enterprise, id, name, type }) => ({ enterprise, id, name, toText: elementText(type) }));
  const byName = new Map(columns.map((column) => [column.name, column]));
  const read = [...[...UNDERSTOOD, ...TIME_ELEMENTS, ...SAMPLING_ELEMENTS, ...SECTION_ELEMENTS].map(ofIana), CERT_REVERSE_DELAY, ...kept];
  const forward = compileListTargets(columns, ({ elements }) => elements);
  for (const element of kept) keepInList(forward, element);
  return {
    columns,
    kept,
    known: new Set([...read, ...columns.flatMap(({ elements }) => elements)].map(keyOf)),
    names: new Map(own.map((element) => [keyOf(element), element.name])),
    lists: { forward, reverse: compileListTargets(columns, (column) => reverseElements(column, byName)) },
  };
}
