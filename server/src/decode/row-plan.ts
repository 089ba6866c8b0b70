/**
 * How the fields of a record become one row: a loop for each column that is a copy, and what is computed beside them. A record of a biflow has
 * two of these, one for each direction, from the same fields.
 *
 * An element that occurs twice in a record counts once: keys and counters take the first that is not zero, columns of translated addresses
 * and ports the last, because exporters repeat the original before the translation.
 */
import { isVariableKind, presentMask, type FieldName } from "@sillage/model";
import { columnIndex, RUN_COLUMNS, type RunColumn } from "../flow/index.ts";
import { findApplication } from "./application-names.ts";
import { compileAddresses, type AddressPlan } from "./addresses.ts";
import { addBits, copyAnyInteger, copyLastBytes, fillAddress, fillEncapsulated, type CopyStep } from "./column-loops.ts";
import type { ColumnSource } from "./column-source.ts";
import { VARIABLE_LENGTH } from "./field-spec.ts";
import { compileTimes, type TimePlan } from "./time-plan.ts";
import { hasInnerFields } from "./inner-flow.ts";
import { compileIcmp, type IcmpPlan } from "./icmp.ts";
import { compileLabels, type LabelStep } from "./label-stack.ts";
import type { FindField, PlacedField } from "./layout.ts";
import { findPairLoop, pairUp, type CopyPair, type FieldCopy } from "./pair-loops.ts";
import { compileSampling, type SamplingPlan } from "./record-sampling.ts";
import { compileText, type TextStep } from "./text-columns.ts";

export interface RowPlan {
  /** Plain copies, then what needs more, in this order. */
  readonly pairs: readonly CopyPair[];
  readonly steps: readonly CopyStep[];
  readonly texts: readonly TextStep[];
  readonly labels: LabelStep | undefined;
  /** Columns that a record may say for itself although the message does for all: their runs end where the steps write. */
  readonly ownRuns: readonly RunColumn[];
  readonly addresses: AddressPlan;
  readonly times: TimePlan;
  readonly icmp: IcmpPlan | undefined;
  readonly sampling: SamplingPlan | undefined;
  /** Number of an application that the exporter's table may name. */
  readonly application: PlacedField | undefined;
  /** Bits of the column `present` that every record sets. */
  readonly present: number;
  /** The template has deltaFlowCount; otherwise each record is one flow. */
  readonly countsFlows: boolean;
  /** The flow inside a tunnel is told in every record, with zeros where there was none. */
  readonly hasInner: boolean;
  /** Columns that some record may fill. */
  readonly filled: ReadonlySet<FieldName>;
}

/** Where a row's values are in a record. */
export interface RowSource {
  /** Fields that fill a column, in order of preference; those of one element in their order in the record. */
  readonly fieldsOf: (column: ColumnSource) => readonly (readonly PlacedField[])[];
  /** Where an IANA element is, for what is computed. */
  readonly find: FindField;
  /** See TimePlan. */
  readonly startDelay?: PlacedField | undefined;
}

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

/** Columns for which the last of an element's repeats counts. */
const LAST_COUNTS = new Set<FieldName>(["nat_src_addr", "nat_dst_addr", "nat_src_port", "nat_dst_port"]);
/** Repeats of one element that are looked at; more have not been seen. */
const MAX_REPEATS = 4;

/**
 * Bits that are the value. TCP: 9 flags, above them the data offset on some devices. VLAN: above the id, priority. IPv6 flow label: 20 bits.
 * layer2SegmentId: 24 bits of VNI, in the first byte the kind of tunnel.
 */
const MASKS: Partial<Record<FieldName, number>> = {
  tcp_flags: 0x1ff,
  src_vlan: 0xfff,
  dst_vlan: 0xfff,
  inner_vlan: 0xfff,
  ipv6_flow_label: 0xf_ffff,
  vni: 0xff_ffff,
};
/** ipDiffServCodePoint and postIpDiffServCodePoint are the upper six bits of the ToS byte. */
const SHIFTS: Readonly<Record<number, number>> = { 195: 2, 98: 2 };
/** A next hop of 0.0.0.0 is an answer (none: the network is attached). Other addresses of zeros are none. */
const NEXT_HOPS = new Set<FieldName>(["next_hop", "bgp_next_hop"]);
const PROTOCOL_IDENTIFIER = 4;
/** Octets of which the last 8 are the number: applicationId takes 9 where a vendor's number stands before the selector (FortiOS). */
const LAST_BYTES_COLUMNS = new Set<FieldName>(["app_id"]);

export function compileRow(source: RowSource, columns: readonly ColumnSource[]): RowPlan {
  const copies: FieldCopy[] = [];
  const steps: CopyStep[] = [];
  const texts: TextStep[] = [];
  let labels: LabelStep | undefined;
  const filled = new Set<FieldName>();
  for (const column of columns) {
    const { name, kind } = column;
    if (COMPUTED.has(name)) continue;
    const places = source
      .fieldsOf(column)
      .flatMap((repeats) => (LAST_COUNTS.has(name) ? repeats.slice(-1) : repeats.slice(0, MAX_REPEATS)));
    if (kind === "string" && places.length > 0) {
      texts.push(compileText(name, places));
      filled.add(name);
    } else if (name === "mpls_labels") labels = compileLabels(name, places);
    if (isVariableKind(kind)) continue;
    for (const place of places) {
      const field = { name, kind, place, onlyWhereZero: filled.has(name) };
      const copy = compileCopy(field);
      const step = copy ? undefined : compileStep(field);
      if (copy) copies.push(copy);
      else if (step) steps.push(step);
      else continue;
      filled.add(name);
    }
  }
  const { find } = source;
  const addresses = compileAddresses(find);
  return {
    pairs: pairUp([...copies, ...addresses.copies]),
    steps: addresses.version ? [...steps, addresses.version] : steps,
    texts,
    labels,
    ownRuns: RUN_COLUMNS.filter((name) => filled.has(name)),
    addresses,
    times: compileTimes(find, source.startDelay),
    icmp: compileIcmp(find, filled),
    sampling: compileSampling(find),
    application: filled.has("app_name") ? undefined : findApplication(find),
    present: [...filled].reduce((mask, name) => mask | presentMask(name), 0),
    countsFlows: filled.has("flows"),
    hasInner: hasInnerFields(filled),
    filled,
  };
}

interface StepSource {
  readonly name: FieldName;
  readonly kind: string;
  readonly place: PlacedField;
  readonly onlyWhereZero: boolean;
}

/** A field of usual length that its column takes as it is, and first. */
function compileCopy({ name, kind, place, onlyWhereZero }: StepSource): FieldCopy | undefined {
  if (onlyWhereZero || shiftOf(place) !== 0 || (kind === "ip" && !NEXT_HOPS.has(name))) return undefined;
  const loop = findPairLoop(kind, place.length);
  return loop && { loop, column: columnIndex(name), fixedOffset: place.fixedOffset, mask: MASKS[name] ?? 0xffff_ffff };
}

function compileStep(field: StepSource): CopyStep | undefined {
  const { name, place, onlyWhereZero } = field;
  const { segment, offset, length } = place;
  const run = stepLoop(field);
  return (
    run && {
      run,
      column: columnIndex(name),
      segment,
      offset,
      length,
      mask: MASKS[name] ?? 0xffff_ffff,
      shift: shiftOf(place),
      onlyWhereZero,
    }
  );
}

function stepLoop({ name, kind, place: { id, length }, onlyWhereZero }: StepSource): CopyStep["run"] | undefined {
  // An address of another length than its family's is bytes of unknown meaning: not read.
  if (kind === "ip") return length === 4 || length === 16 ? fillAddress : undefined;
  if (onlyWhereZero && name === "proto" && id === PROTOCOL_IDENTIFIER) return fillEncapsulated;
  if (onlyWhereZero && name === "tcp_flags") return addBits; // flags of the first packet beside those of the rest
  if (LAST_BYTES_COLUMNS.has(name) && (length > 8 || length === VARIABLE_LENGTH)) return copyLastBytes;
  return length <= 8 || length === VARIABLE_LENGTH ? copyAnyInteger : undefined;
}

function shiftOf({ enterprise, id }: PlacedField): number {
  return (enterprise === 0 ? SHIFTS[id] : undefined) ?? 0;
}
