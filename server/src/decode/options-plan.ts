/** Compiles an options template: which facts its records tell, and where the fields of each are. */
import { elementKey } from "./elements/element-names.ts";
import { VARIABLE_LENGTH } from "./field-spec.ts";
import type { FactKind } from "./fact.ts";
import type { FindField, Layout, PlacedField } from "./layout.ts";
import {
  ALGORITHMS,
  BOOT_MS,
  describeElement,
  INTERFACES,
  NOT_KEPT,
  OBSERVATION_DOMAIN,
  OPTIONS_TABLES,
  SAMPLERS,
  SCOPE_INTERFACE,
  SCOPE_TEMPLATE,
  SCOPE_TYPES,
  STATISTICS,
  TEMPLATE_ID,
  type OptionsTable,
  type ValueForm,
} from "./options-tables.ts";
import { findRateFields, RATE_ELEMENTS, type RateFields } from "./sampling-rate.ts";
import type { Dialect } from "./dialect.ts";

/** A field and what it is called in the value of a fact. */
export interface ValueField {
  readonly name: string;
  readonly form: ValueForm;
  readonly place: PlacedField;
}

/** A fact that each record tells. */
export interface TablePlan {
  readonly kind: FactKind;
  readonly key: PlacedField;
  readonly names: readonly PlacedField[];
  readonly descriptions: readonly PlacedField[];
  readonly values: readonly ValueField[];
}

export interface RatePlan {
  readonly fields: RateFields;
  readonly algorithm: PlacedField | undefined;
  /** What the rate is of; all undefined: of everything. */
  readonly sampler: PlacedField | undefined;
  readonly template: PlacedField | undefined;
  readonly interface: PlacedField | undefined;
}

export interface OptionsPlan {
  readonly layout: Layout;
  /** The observation domain that the record is about, if it says. */
  readonly domain: PlacedField | undefined;
  readonly boot: PlacedField | undefined;
  readonly rate: RatePlan | undefined;
  readonly tables: readonly TablePlan[];
  readonly statistics: readonly ValueField[];
  /** What nothing above reads. */
  readonly others: readonly ValueField[];
  /** Names what `others` are said of. */
  readonly scope: readonly ValueField[];
}

/** Fields of unknown meaning that are kept of one template. */
const MAX_OTHERS = 32;

/** @param scopeFields how many of the fields, from the first, are scope */
export function compileOptions(layout: Layout, scopeFields: number, dialect: Dialect): OptionsPlan {
  const scope = layout.fields.slice(0, scopeFields);
  const isScopeType = new Set(dialect === "netflow9" ? scope.filter(({ id }) => id in SCOPE_TYPES) : []);
  const findScope = (type: number): PlacedField | undefined =>
    scope.find((field) => isScopeType.has(field) && field.id === type && field.length > 0);
  const elements = firstOfEach(layout.fields.filter((field) => field.length > 0 && !isScopeType.has(field)));
  const find: FindField = (element) => elements.get(elementKey(0, element));
  const firstOf = (ids: readonly number[]): PlacedField | undefined => allOf(ids, find)[0];

  const fields = findRateFields(find);
  const rate = fields && {
    fields,
    algorithm: firstOf(ALGORITHMS),
    sampler: firstOf(SAMPLERS),
    template: findScope(SCOPE_TEMPLATE) ?? find(TEMPLATE_ID),
    interface: findScope(SCOPE_INTERFACE) ?? firstOf(INTERFACES),
  };
  const tables = OPTIONS_TABLES.flatMap((table): TablePlan[] => {
    const key = (table.scopeKey === undefined ? undefined : findScope(table.scopeKey)) ?? firstOf(table.keys);
    return key ? [compileTable(table, key, find)] : [];
  });
  const statistics = valueFields(allOf(STATISTICS, find));
  const boot = find(BOOT_MS);
  const read = new Set<PlacedField | undefined>([
    ...scope,
    ...allOf([...RATE_ELEMENTS, TEMPLATE_ID, OBSERVATION_DOMAIN, BOOT_MS, ...OPTIONS_TABLES.flatMap(({ keys }) => keys)], find),
    ...tables.flatMap(({ key, names, descriptions, values }) => [key, ...names, ...descriptions, ...values.map(({ place }) => place)]),
    ...statistics.map(({ place }) => place),
  ]);
  const isOther = (place: PlacedField): boolean => !read.has(place) && !(place.enterprise === 0 && NOT_KEPT.has(place.id));
  const others = valueFields([...elements.values()].filter(isOther).slice(0, MAX_OTHERS));
  // What nobody knows is said of the row that the record names, else of its scope.
  const [row, ...moreRows] = tables;
  const rows = row ? [{ ...row, values: [...row.values, ...others] }, ...moreRows] : [];
  return {
    layout,
    domain: find(OBSERVATION_DOMAIN),
    boot: boot?.length === 8 || boot?.length === VARIABLE_LENGTH ? boot : undefined,
    rate,
    tables: rows.filter(saysSomething),
    statistics,
    others: row ? [] : others,
    scope: scope
      .filter(({ length }) => length > 0)
      .map((place) => (isScopeType.has(place) ? { name: SCOPE_TYPES[place.id]!, form: "auto", place } : valueFields([place])[0]!)),
  };
}

function compileTable({ kind, names, descriptions, values }: OptionsTable, key: PlacedField, find: FindField): TablePlan {
  return { kind, key, names: allOf(names, find), descriptions: allOf(descriptions, find), values: valueFields(allOf(values, find)) };
}

function saysSomething({ names, descriptions, values }: TablePlan): boolean {
  return names.length + descriptions.length + values.length > 0;
}

function valueFields(places: readonly PlacedField[]): ValueField[] {
  return places.map((place) => ({ ...describeElement(place.enterprise, place.id), place }));
}

function allOf(ids: readonly number[], find: FindField): PlacedField[] {
  return ids.map(find).filter((place) => place !== undefined);
}

/** An element that occurs twice counts once, the first. */
function firstOfEach(fields: readonly PlacedField[]): Map<number, PlacedField> {
  const first = new Map<number, PlacedField>();
  for (const field of fields) {
    const key = elementKey(field.enterprise, field.id);
    if (!first.has(key)) first.set(key, field);
  }
  return first;
}
