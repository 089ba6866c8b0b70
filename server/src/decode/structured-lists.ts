/**
 * Structured data inside a record (RFC 6313): lists of values (basicList), of records of one template (subTemplateList), of records of several
 * (subTemplateMultiList). Probes put there what not every flow has: TCP details, names of DNS, HTTP and TLS. Elements of a list fill columns
 * that the record itself left empty, and only those that name things or describe the whole flow: an address in a list is mostly an answer of
 * DNS and no side of the flow.
 *
 *   basicList             semantic u8, element u16, length u16, [enterprise u32], values
 *   subTemplateList       semantic u8, template u16, records
 *   subTemplateMultiList  semantic u8, (template u16, length u16 with these 4 bytes, records)*
 *
 * The semantic (all of, one of …) makes no difference here: the first value counts. Depth and elements are capped, every length is checked
 * against the list that it is in, and what cannot be read costs itself only.
 */
import { isVariableKind, presentMask, type FieldName } from "@sillage/model";
import { columnIndex, variableIndex, type FlowBatch, type ListColumn, type MapColumn, type TextColumn } from "../flow/index.ts";
import { fieldLength, fieldStart, readLow, type Chunk } from "./column-loops.ts";
import type { ColumnSource } from "./column-source.ts";
import { elementKey, elementsOfType } from "./elements/element-names.ts";
import { canonicalElement, type ElementNumber } from "./elements/netflow9-elements.ts";
import { VARIABLE_LENGTH, type FieldSpec } from "./field-spec.ts";
import type { PlacedField } from "./layout.ts";
import { textReader } from "./text-columns.ts";

const MAX_DEPTH = 4;
/** Elements of one record's lists that are looked at; a YAF record has some hundred. */
const MAX_ELEMENTS = 1_000;

/** What a list asks about the rest of its session. */
export interface ListContext {
  /** The template of list records; undefined: not known. */
  findSubTemplate(id: number): SubTemplate | undefined;
  /** Told of each list record's elements that no column keeps. */
  countIgnored(elements: readonly ElementNumber[]): void;
}

export interface SubTemplate {
  readonly fields: readonly FieldSpec[];
  readonly ignored: readonly ElementNumber[];
}

/** A value in a list, on its way into a row. Reused: valid until the writer returns. */
export interface ListValue {
  batch: FlowBatch;
  row: number;
  view: DataView;
  at: number;
  length: number;
}

/** Writers of values, by `elementKey`. */
export type ListTargets = ReadonlyMap<number, (value: ListValue) => void>;

/** Columns that elements of lists may fill. */
const LIST_COLUMNS = new Set<FieldName>([
  "tcp_flags",
  "src_mac",
  "dst_mac",
  "user",
  "app_name",
  "http_host",
  "http_url",
  "http_user_agent",
  "http_status",
  "dns_query",
  "tls_sni",
]);
/** Lists whose own element says what their numbers are: communities of the route to the destination, its AS path. */
const NUMBER_LISTS: readonly (readonly [element: number, column: FieldName])[] = [
  [485, "communities"],
  [512, "as_path"],
];

/** Stands for the values of a list that are named by the list. No enterprise has this number. */
const OF_LIST = -1;

/** @param elementsOf elements that fill a column of the row at hand */
export function compileListTargets(
  columns: readonly ColumnSource[],
  elementsOf: (column: ColumnSource) => readonly ElementNumber[],
): Map<number, (value: ListValue) => void> {
  const targets = new Map<number, (value: ListValue) => void>();
  for (const column of columns) {
    if (!LIST_COLUMNS.has(column.name)) continue;
    for (const element of elementsOf(column)) {
      const key = elementKey(element.enterprise, element.id);
      if (!targets.has(key)) targets.set(key, compileTarget(column, element));
    }
  }
  for (const [id, column] of NUMBER_LISTS) targets.set(elementKey(OF_LIST, id), numberWriter(column));
  return targets;
}

/** Adds an element that goes into the column `extra`, where nothing else is to become of it. */
export function keepInList(
  targets: Map<number, (value: ListValue) => void>,
  { enterprise, id, name, toText }: ElementNumber & { readonly name: string; readonly toText: (bytes: Uint8Array) => string },
): void {
  const at = variableIndex("extra");
  const key = elementKey(enterprise, id);
  if (targets.has(key)) return;
  targets.set(key, ({ batch, row, view, at: from, length }) => {
    const text = length === 0 ? "" : toText(new Uint8Array(view.buffer, view.byteOffset + from, length));
    if (text !== "") (batch.variable[at] as MapColumn).push(row, name, text);
  });
}

function compileTarget({ name, kind }: ColumnSource, element: ElementNumber): (value: ListValue) => void {
  if (kind === "string") return textWriter(name, element);
  if (isVariableKind(kind)) throw new Error(`elements of lists cannot fill ${name}`);
  return integerWriter(name);
}

function textWriter(name: FieldName, element: ElementNumber): (value: ListValue) => void {
  const at = variableIndex(name);
  const read = textReader(element);
  return ({ batch, row, view, at: from, length }) => {
    const column = batch.variable[at] as TextColumn;
    if (column.bytesOf(row).length > 0) return;
    column.set(row, read(new Uint8Array(view.buffer, view.byteOffset + from, length)));
  };
}

function numberWriter(name: FieldName): (value: ListValue) => void {
  const at = variableIndex(name);
  return ({ batch, row, view, at: from, length }) => {
    if (length > 0 && length <= 4) (batch.variable[at] as ListColumn).push(row, readLow(view, from, length) >>> 0);
  };
}

const PRESENT = columnIndex("present");

/** Flags add up (of the first packet, of the rest); other numbers fill a column that is zero. */
function integerWriter(name: FieldName): (value: ListValue) => void {
  const index = columnIndex(name);
  const bit = presentMask(name);
  const isFlags = name === "tcp_flags";
  return ({ batch: { columns }, row, view, at, length }) => {
    if (length === 0 || length > 8) return;
    const column = columns[index]!;
    const low = readLow(view, at, length);
    column.touched = true;
    if (bit !== 0) {
      columns[PRESENT]!.touched = true;
      columns[PRESENT]!.u32[row]! |= bit;
    }
    if (column.width === 2) {
      if (isFlags) column.u16[row]! |= low & 0x1ff;
      else if (column.u16[row] === 0) column.u16[row] = low;
    } else if ((column.u32[row * 2]! | column.u32[row * 2 + 1]!) === 0) {
      column.u32[row * 2] = low;
      column.u32[row * 2 + 1] = length > 4 ? readLow(view, at, length - 4) : 0;
    }
  };
}

type ListKind = "basicList" | "subTemplateList" | "subTemplateMultiList";

/** Kinds of the elements that are lists, by `elementKey`. */
export const LIST_ELEMENTS: ReadonlyMap<number, ListKind> = new Map<number, ListKind>(
  (["basicList", "subTemplateList", "subTemplateMultiList"] as const).flatMap((kind) =>
    elementsOfType(kind).map((key) => [key, kind] as const),
  ),
);

function listKind({ enterprise, id }: ElementNumber): ListKind | undefined {
  return LIST_ELEMENTS.get(elementKey(enterprise, id));
}

/** Fields of a template that hold lists. */
export function findLists(fields: readonly PlacedField[]): readonly PlacedField[] {
  return fields.filter((field) => field.length > 0 && listKind(field) !== undefined);
}

interface Range {
  readonly at: number;
  readonly end: number;
  readonly depth: number;
}

/** Reads the lists of one record into one row. */
export class ListReader {
  /** Lists that were not read to their end: template unknown, too deep, too long, or a length that leaves them. */
  unread = 0;
  private readonly context: ListContext;
  private targets: ListTargets = new Map();
  private budget = 0;
  private readonly value: ListValue;

  constructor(batch: FlowBatch, context: ListContext) {
    this.context = context;
    this.value = { batch, row: 0, view: new DataView(new ArrayBuffer(0)), at: 0, length: 0 };
  }

  /** Reads the lists of the chunk's first record; its row is the last one that was written. */
  read(lists: readonly PlacedField[], chunk: Chunk, { row, targets }: ListRow): void {
    this.targets = targets;
    this.budget = MAX_ELEMENTS;
    this.value.row = row;
    this.value.view = chunk.view;
    for (const place of lists) {
      const at = fieldStart(place, chunk, 0);
      this.readList(place, { at, end: at + fieldLength(place, chunk, 0), depth: 1 });
    }
  }

  private readList(element: ElementNumber, range: Range): void {
    if (range.at === range.end) return;
    if (range.depth > MAX_DEPTH) this.unread++;
    else if (!this.readContent(element, { ...range, at: range.at + 1 })) this.unread++;
  }

  /** @returns false when the list could not be read to its end */
  private readContent(element: ElementNumber, range: Range): boolean {
    switch (listKind(element)) {
      case "basicList":
        return this.readBasicList(element, range);
      case "subTemplateList":
        return this.readSubTemplateList(range);
      case "subTemplateMultiList":
        return this.readSubTemplateMultiList(range);
      case undefined:
        return false;
    }
  }

  private readBasicList(list: ElementNumber, { at, end, depth }: Range): boolean {
    const { view } = this.value;
    if (end - at < 4) return false;
    const id = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const isPrivate = id >= 0x8000;
    if (isPrivate && end - at < 8) return false;
    const element = canonicalElement(isPrivate ? view.getUint32(at + 4) : 0, id & 0x7fff);
    const ofList: ElementNumber = { enterprise: OF_LIST, id: list.id };
    const value = list.enterprise === 0 && this.targets.has(elementKey(OF_LIST, list.id)) ? ofList : element;
    let next = at + (isPrivate ? 8 : 4);
    while (next >= 0 && next < end) {
      const before = next;
      next = this.readField(value, length, { at: next, end, depth });
      if (next === before) return false; // values of no bytes: infinitely many
    }
    return next === end;
  }

  private readSubTemplateList({ at, end, depth }: Range): boolean {
    if (end - at < 2) return false;
    return this.readRecords(this.value.view.getUint16(at), { at: at + 2, end, depth });
  }

  private readSubTemplateMultiList({ at, end, depth }: Range): boolean {
    const { view } = this.value;
    let next = at;
    let isWhole = true;
    while (end - next >= 4) {
      const length = view.getUint16(next + 2);
      if (length < 4 || length > end - next) return false;
      if (!this.readRecords(view.getUint16(next), { at: next + 4, end: next + length, depth })) isWhole = false;
      next += length;
    }
    return isWhole && next === end;
  }

  private readRecords(templateId: number, { at, end, depth }: Range): boolean {
    if (at === end) return true;
    const template = this.context.findSubTemplate(templateId);
    if (!template) return false;
    let next = at;
    while (next < end) {
      const before = next;
      for (const field of template.fields) {
        next = this.readField(field, field.length, { at: next, end, depth });
        if (next < 0) return false;
      }
      if (next === before) return false;
      this.context.countIgnored(template.ignored);
    }
    return true;
  }

  /** @returns where the next field begins; -1 when this one leaves the list or nothing more may be read */
  private readField(element: ElementNumber, length: number, { at, end, depth }: Range): number {
    const { view } = this.value;
    let start = at;
    let bytes = length;
    if (length === VARIABLE_LENGTH) {
      if (end - start < 1) return -1;
      bytes = view.getUint8(start++);
      if (bytes === 255) {
        if (end - start < 2) return -1;
        bytes = view.getUint16(start);
        start += 2;
      }
    }
    if (bytes > end - start || --this.budget < 0) return -1;
    this.visit(element, { at: start, end: start + bytes, depth });
    return start + bytes;
  }

  private visit(element: ElementNumber, range: Range): void {
    if (listKind(element)) {
      this.readList(element, { ...range, depth: range.depth + 1 });
      return;
    }
    const write = this.targets.get(elementKey(element.enterprise, element.id));
    if (!write) return;
    this.value.at = range.at;
    this.value.length = range.end - range.at;
    write(this.value);
  }
}

export interface ListRow {
  readonly row: number;
  readonly targets: ListTargets;
}
