/**
 * Compiles a template into a plan: which column loops run over the records of a set, and what is computed beside them. Which element fills
 * which column is the registry's word (`elements` in model/src/fields.ts); here is only how to read it.
 *
 * An element that occurs twice in a template counts once, the first (protocols differ in what a repeat means; keys want the first).
 * Where several elements fill one column, the registry's order is a preference: the next is read where those before it are zero.
 */
import { isVariableKind, presentMask, STORED_FIELDS, type FieldName } from "@sillage/model";
import { columnIndex, RUN_COLUMNS, type RunColumn } from "../flow/index.ts";
import { findApplication } from "./application-names.ts";
import { compileAddresses, type AddressPlan } from "./addresses.ts";
import {
  copy1to16,
  copy1to8,
  copy2to16,
  copy2to32,
  copy4to32,
  copy4to64,
  copy6to64,
  copy8to64,
  copyAnyInteger,
  copyIpv4,
  copyIpv6,
  fillAddress,
  type CopyStep,
} from "./column-loops.ts";
import { elementKey } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import { VARIABLE_LENGTH, type FieldSpec } from "./field-spec.ts";
import { compileTimes, TIME_ELEMENTS, type TimePlan } from "./flow-times.ts";
import { compileIcmp, type IcmpPlan } from "./icmp.ts";
import { compileText, type TextStep } from "./text-columns.ts";
import { layOut, type FindField, type Layout, type PlacedField } from "./layout.ts";
import { compileSampling, SAMPLING_ELEMENTS, type SamplingPlan } from "./record-sampling.ts";

export interface Plan {
  readonly layout: Layout;
  readonly steps: readonly CopyStep[];
  readonly texts: readonly TextStep[];
  /** Columns that a record may say for itself although the message does for all: their runs end where the steps write. */
  readonly ownRuns: readonly RunColumn[];
  readonly addresses: AddressPlan;
  readonly times: TimePlan;
  readonly icmp: IcmpPlan | undefined;
  readonly sampling: SamplingPlan | undefined;
  /** Names an application that the exporter's table knows. */
  readonly application: PlacedField | undefined;
  /** Bits of the column `present` that every record sets. */
  readonly present: number;
  /** The template has deltaFlowCount; otherwise each record is one flow. */
  readonly countsFlows: boolean;
  /** False for records that are tables of another kind: neither an address nor a counter. */
  readonly describesTraffic: boolean;
  /** Elements that no column keeps. */
  readonly ignored: readonly ElementNumber[];
  /** Counter elements, for sums as exported. */
  readonly counters: readonly PlacedField[];
}

/** IANA names of the counters that sums are kept of. */
export const COUNTER_NAMES: Readonly<Record<number, string>> = {
  1: "octetDeltaCount",
  2: "packetDeltaCount",
  3: "deltaFlowCount",
  23: "postOctetDeltaCount",
  24: "postPacketDeltaCount",
  85: "octetTotalCount",
  86: "packetTotalCount",
  132: "droppedOctetDeltaCount",
  133: "droppedPacketDeltaCount",
  231: "initiatorOctets",
  232: "responderOctets",
  298: "initiatorPackets",
  299: "responderPackets",
  352: "layer2OctetDeltaCount",
};

const FILLER_ELEMENT = 0;
const PADDING_ELEMENT = 210;

/** Columns whose value needs more than a copy. */
const COMPUTED = new Set<FieldName>([
  "time_start",
  "time_end",
  "src_addr",
  "dst_addr",
  "ip_version",
  "icmp_type",
  "icmp_code",
  "sampling_rate",
]);

/** Bits of an element that are the value. TCP: 9 flags, above them the data offset on some devices. VLAN: above the id, priority. */
const MASKS: Readonly<Record<number, number>> = { 6: 0x1ff, 58: 0xfff, 59: 0xfff, 243: 0xfff, 254: 0xfff };
/** ipDiffServCodePoint is the upper six bits of the ToS byte. */
const SHIFTS: Readonly<Record<number, number>> = { 195: 2 };

const elementColumns = STORED_FIELDS.flatMap((field) =>
  "elements" in field ? [{ name: field.name, kind: field.kind, elements: field.elements }] : [],
);
const KNOWN_ELEMENTS = new Set<number>([
  FILLER_ELEMENT,
  PADDING_ELEMENT,
  ...TIME_ELEMENTS,
  ...SAMPLING_ELEMENTS,
  ...elementColumns.flatMap(({ elements }) => elements),
]);

export function compilePlan(fields: readonly FieldSpec[]): Plan {
  const layout = layOut(fields);
  const find = finder(layout);
  const steps: CopyStep[] = [];
  const filled = new Set<FieldName>();
  const texts: TextStep[] = [];
  for (const { name, kind, elements } of elementColumns) {
    if (kind === "string") {
      const step = compileText(name, elements, find);
      if (step) texts.push(step);
    }
    if (COMPUTED.has(name) || isVariableKind(kind)) continue;
    for (const element of elements) {
      const place = find(element);
      if (!place) continue;
      const step = compileStep({ kind, place, column: columnIndex(name), onlyWhereZero: filled.has(name) });
      if (!step) continue;
      steps.push(step);
      filled.add(name);
    }
  }
  const addresses = compileAddresses(find);
  const isTraffic =
    addresses.hasAddress || (["bytes", "packets", "frame_bytes", "src_mac", "dst_mac"] as const).some((name) => filled.has(name));
  return {
    layout,
    steps,
    texts,
    ownRuns: RUN_COLUMNS.filter((name) => filled.has(name)),
    addresses,
    times: compileTimes(find),
    icmp: compileIcmp(find, filled),
    sampling: compileSampling(find),
    application: findApplication(find),
    present: [...filled].reduce((mask, name) => mask | presentMask(name), 0),
    countsFlows: filled.has("flows"),
    describesTraffic: isTraffic,
    ignored: ignoredElements(fields),
    counters: layout.fields.filter(({ enterprise, id, length }) => enterprise === 0 && length > 0 && id in COUNTER_NAMES),
  };
}

function finder(layout: Layout): FindField {
  const first = new Map<number, PlacedField>();
  for (const field of layout.fields) {
    if (field.enterprise === 0 && field.length > 0 && !first.has(field.id)) first.set(field.id, field);
  }
  return (element) => first.get(element);
}

interface StepSource {
  readonly kind: string;
  readonly place: PlacedField;
  readonly column: number;
  readonly onlyWhereZero: boolean;
}

function compileStep({ kind, place, column, onlyWhereZero }: StepSource): CopyStep | undefined {
  const { id, segment, offset, length } = place;
  const mask = MASKS[id] ?? 0xffff_ffff;
  const shift = SHIFTS[id] ?? 0;
  const run =
    kind === "ip"
      ? addressLoop(length, onlyWhereZero)
      : integerLoop({ kind, length, plain: !onlyWhereZero && shift === 0, masked: id in MASKS });
  return run && { run, column, segment, offset, length, mask, shift, onlyWhereZero };
}

/** An address of another length than its family's is bytes of unknown meaning: not read. */
function addressLoop(length: number, onlyWhereZero: boolean): CopyStep["run"] | undefined {
  if (length !== 4 && length !== 16) return undefined;
  if (onlyWhereZero) return fillAddress;
  return length === 4 ? copyIpv4 : copyIpv6;
}

interface IntegerCopy {
  readonly kind: string;
  readonly length: number;
  /** A straight copy: nothing was written before, no shift. */
  readonly plain: boolean;
  readonly masked: boolean;
}

function integerLoop({ kind, length, plain, masked }: IntegerCopy): CopyStep["run"] | undefined {
  if (length > 8 && length !== VARIABLE_LENGTH) return undefined;
  if (!plain) return copyAnyInteger;
  switch (`${length} ${kind}`) {
    case "1 u8":
      return copy1to8;
    case "1 u16":
      return copy1to16;
    case "2 u16":
      return copy2to16;
    case "2 u32":
      return masked ? copyAnyInteger : copy2to32;
    case "4 u32":
      return masked ? copyAnyInteger : copy4to32;
    case "4 u64":
      return copy4to64;
    case "8 u64":
      return copy8to64;
    case "6 mac":
      return copy6to64;
    default:
      return copyAnyInteger;
  }
}

function ignoredElements(fields: readonly FieldSpec[]): ElementNumber[] {
  const seen = new Map<number, ElementNumber>();
  for (const { enterprise, id } of fields) {
    if (enterprise !== 0 || !KNOWN_ELEMENTS.has(id)) seen.set(elementKey(enterprise, id), { enterprise, id });
  }
  return [...seen.values()];
}
