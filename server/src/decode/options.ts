/**
 * Options data: records in which an exporter describes itself. Each record tells facts (fact.ts): sampling rates of what it samples by,
 * when it booted, names of its interfaces, applications and VRFs, totals of its own. Where they are is the plan's word; here they are read.
 */
import { applicationKey } from "./application-key.ts";
import { subjectKey, SUBJECT } from "./agreement.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import { BOOT_VALUE, RATE_VALUE, type FactKey, type FactValue, type Told } from "./fact.ts";
import { readAddress, readAnything, readFieldText, readMac, readNumber, readRouteDistinguisher } from "./field-value.ts";
import { CHUNK_RECORDS, RecordIndex, type PlacedField } from "./layout.ts";
import type { OptionsPlan, RatePlan, TablePlan, ValueField } from "./options-plan.ts";
import { readRate } from "./sampling-rate.ts";

export interface OptionsSet {
  readonly plan: OptionsPlan;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  /** Observation domain of the message. */
  readonly obsDomain: number;
}

export interface OptionsResult {
  records: number;
  /** Bytes behind a record whose variable-length field left the set. */
  brokenBytes: number;
  /** Bytes behind the last record that are less than a record. */
  paddingBytes: number;
}

const index = new RecordIndex();

/** Hands everything that the records of a set say to `tell`, in order. */
export function readOptionsSet({ plan, view, at, end, obsDomain }: OptionsSet, tell: (told: Told) => void): OptionsResult {
  const result: OptionsResult = { records: 0, brokenBytes: 0, paddingBytes: 0 };
  for (let next = at, n = CHUNK_RECORDS; n === CHUNK_RECORDS && result.brokenBytes === 0; next = index.next) {
    n = index.walk(plan.layout, view, { at: next, end, max: CHUNK_RECORDS });
    result.records += n;
    const chunk: Chunk = { view, index, columns: [], n, row: 0 };
    for (let i = 0; i < n; i++) readRecord(plan, { chunk, i, obsDomain }, tell);
    if (index.broken) result.brokenBytes = end - index.next;
    else result.paddingBytes = end - index.next;
  }
  return result;
}

interface RecordAt {
  readonly chunk: Chunk;
  readonly i: number;
  readonly obsDomain: number;
}

function readRecord(plan: OptionsPlan, record: RecordAt, tell: (told: Told) => void): void {
  const { chunk, i } = record;
  const foreign = foreignDomain(plan, record);
  if (plan.boot) {
    const bootMs = readNumber(plan.boot, chunk, i);
    const key = foreign === undefined ? subjectKey(SUBJECT.boot) : subjectKey(SUBJECT.foreignBoot, foreign);
    if (bootMs > 0 && bootMs <= MAX_BOOT_MS) tell({ kind: "boot", key, value: { [BOOT_VALUE]: bootMs } });
  }
  if (plan.rate) tellRate(plan.rate, record, { foreign, tell });
  for (const table of plan.tables) tellRow(table, record, tell);
  if (plan.statistics.length > 0) tell({ kind: "statistics", key: "", value: readValues(plan.statistics, record) });
  if (plan.others.length > 0) tell({ kind: "other", key: scopeText(plan.scope, record), value: readValues(plan.others, record) });
}

/** Latest believable boot time: what a DateTime64 of ClickHouse holds. Unit: epoch ms. */
const MAX_BOOT_MS = 10_413_791_999_999;

/** The observation domain a record is about, when it is another than the message's. 0 stands for all of the exporter. */
function foreignDomain({ domain }: OptionsPlan, { chunk, i, obsDomain }: RecordAt): number | undefined {
  const told = domain ? readNumber(domain, chunk, i) % 0x1_0000_0000 : 0;
  return told === 0 || told === obsDomain ? undefined : told;
}

interface RateContext {
  readonly foreign: number | undefined;
  readonly tell: (told: Told) => void;
}

function tellRate(plan: RatePlan, record: RecordAt, { foreign, tell }: RateContext): void {
  const { chunk, i } = record;
  const rate = readRate(plan.fields, chunk, i);
  if (rate === 0) return;
  const algorithm = plan.algorithm ? readNumber(plan.algorithm, chunk, i) : 0;
  const value: FactValue = { [RATE_VALUE]: rate, ...(algorithm === 0 ? {} : { selectorAlgorithm: algorithm }) };
  if (plan.sampler) tell({ kind: "sampler", key: samplerKey(readNumber(plan.sampler, chunk, i)), value });
  else tell({ kind: "sampling", key: rateSubject(plan, record, foreign), value });
}

/** Selector ids have 64 bits, sampler ids 8 to 32: the low 32 tell them apart. */
function samplerKey(id: number): number {
  return subjectKey(SUBJECT.sampler, id % 0x1_0000_0000);
}

/** A rate of no template and no interface (interface 0: softflowd) is the whole domain's. */
function rateSubject(plan: RatePlan, { chunk, i }: RecordAt, foreign: number | undefined): number {
  const template = plan.template ? readNumber(plan.template, chunk, i) & 0xffff : 0;
  if (template !== 0)
    return foreign === undefined
      ? subjectKey(SUBJECT.template, template)
      : subjectKey(SUBJECT.foreignTemplate, foreign * 0x1_0000 + template);
  const inIf = plan.interface ? readNumber(plan.interface, chunk, i) % 0x1_0000_0000 : 0;
  if (inIf !== 0) return subjectKey(SUBJECT.interface, inIf);
  return foreign === undefined ? subjectKey(SUBJECT.domain) : subjectKey(SUBJECT.foreignDomain, foreign);
}

function tellRow({ kind, key, names, descriptions, values }: TablePlan, record: RecordAt, tell: (told: Told) => void): void {
  const id = rowKey(kind, key, record);
  if (id === undefined) return;
  tell({
    kind,
    key: id,
    name: firstText(names, record),
    description: firstText(descriptions, record),
    value: values.length === 0 ? NO_VALUE : readValues(values, record),
  });
}

const NO_VALUE: FactValue = {};

/** undefined: names nothing. Interface 0 is no interface; an application is more than zeros. */
function rowKey(kind: TablePlan["kind"], place: PlacedField, { chunk, i }: RecordAt): FactKey | undefined {
  if (kind === "application") {
    const length = fieldLength(place, chunk, i);
    return (length > 0 && length <= MAX_APPLICATION_BYTES && applicationKey(chunk.view, fieldStart(place, chunk, i), length)) || undefined;
  }
  const id = readNumber(place, chunk, i) % 0x1_0000_0000;
  if (kind === "sampler") return samplerKey(id);
  return kind === "interface" && id === 0 ? undefined : id;
}

/** Engine, enterprise, and a selector with room to spare. */
const MAX_APPLICATION_BYTES = 32;

function firstText(places: readonly PlacedField[], { chunk, i }: RecordAt): string {
  for (const place of places) {
    const text = readFieldText(place, chunk, i);
    if (text !== "") return text;
  }
  return "";
}

function readValues(fields: readonly ValueField[], { chunk, i }: RecordAt): FactValue {
  const out: Record<string, number | string> = {};
  for (const { name, form, place } of fields) out[name] = READERS[form](place, chunk, i);
  return out;
}

const READERS = {
  number: readNumber,
  text: readFieldText,
  address: readAddress,
  mac: readMac,
  auto: readAnything,
  route_distinguisher: readRouteDistinguisher,
} as const satisfies Record<ValueField["form"], (place: PlacedField, chunk: Chunk, i: number) => number | string>;

/** Characters of the key of a fact whose meaning is not known. */
const MAX_SCOPE_CHARS = 256;

function scopeText(scope: readonly ValueField[], { chunk, i }: RecordAt): string {
  return scope
    .map(({ name, form, place }) => `${name}=${READERS[form](place, chunk, i)}`)
    .join(" ")
    .slice(0, MAX_SCOPE_CHARS);
}
