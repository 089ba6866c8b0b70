/**
 * Compiles a template into a plan: how its records become rows. Which element fills which column is the registry's word (element-columns.ts);
 * row-plan.ts tells how it is read, biflow.ts when a record is two rows, flow-events.ts when it is an event and no flow.
 */
import { forwardOf, forwardSource, reverseCounters, reverseSource, type FindAll } from "./biflow.ts";
import { columnsOf, REGISTRY_COLUMNS, type ElementColumns } from "./element-columns.ts";
import { elementKey } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import type { FieldSpec } from "./field-spec.ts";
import { compileEvents, type EventPlan } from "./flow-events.ts";
import type { KeptField } from "./kept-elements.ts";
import { layOut, type Layout, type PlacedField } from "./layout.ts";
import { compileSection, type SectionPlan } from "./packet-section.ts";
import { compileRow, type RowPlan } from "./row-plan.ts";
import { findLists } from "./structured-lists.ts";

export interface Plan {
  readonly layout: Layout;
  readonly forward: RowPlan;
  /** Biflows: the row of the answer. */
  readonly reverse: ReversePlan | undefined;
  /** The record carries the beginning of a packet. */
  readonly section: SectionPlan | undefined;
  /** Fields that the operator wants kept without a column. */
  readonly kept: readonly KeptField[];
  /** Fields that hold structured lists, and what their elements fill. */
  readonly lists: readonly PlacedField[];
  readonly listTargets: ElementColumns["lists"];
  /** Records that may be events instead of flows. */
  readonly events: EventPlan | undefined;
  /** False for records that are tables of another kind: neither an address nor a counter nor an event nor a packet. */
  readonly describesTraffic: boolean;
  /** Elements that no column keeps. */
  readonly ignored: readonly ElementNumber[];
  /** The same for records inside the list of another template, which may be that of a biflow. */
  readonly ignoredInList: readonly ElementNumber[];
  /** Counter elements, for sums as exported. */
  readonly counters: readonly PlacedField[];
}

export interface ReversePlan {
  readonly row: RowPlan;
  /** Counters that tell whether anybody answered. */
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

/** A record with one of these, or an address, describes traffic. */
const TRAFFIC_COLUMNS = ["bytes", "packets", "frame_bytes", "src_mac", "dst_mac", "fw_event", "nat_event"] as const;

export function compilePlan(fields: readonly FieldSpec[], elements: ElementColumns = REGISTRY_COLUMNS): Plan {
  const { columns, known, kept, lists } = elements;
  const layout = layOut(fields);
  const findAll = finder(layout);
  const forward = compileRow(forwardSource(findAll), columnsOf(fields, columns));
  const counters = reverseCounters(findAll);
  const section = compileSection((id) => findAll(0, id)[0], forward);
  return {
    layout,
    forward,
    reverse: counters.length === 0 ? undefined : { row: compileRow(reverseSource(findAll, columns), columns), counters },
    section,
    kept: kept.flatMap(({ enterprise, id, name, toText }) =>
      findAll(enterprise, id)
        .slice(0, 1)
        .map((place) => ({ place, name, toText })),
    ),
    lists: findLists(layout.fields),
    listTargets: lists,
    events: compileEvents(forward, findAll),
    describesTraffic: section !== undefined || forward.addresses.hasAddress || TRAFFIC_COLUMNS.some((name) => forward.filled.has(name)),
    ignored: ignoredElements(fields, known, counters.length > 0),
    ignoredInList: ignoredElements(fields, known, true),
    counters: layout.fields.filter(({ enterprise, id, length }) => enterprise === 0 && length > 0 && id in COUNTER_NAMES),
  };
}

function finder(layout: Layout): FindAll {
  const places = new Map<number, PlacedField[]>();
  for (const field of layout.fields) {
    if (field.length === 0) continue;
    const key = elementKey(field.enterprise, field.id);
    const same = places.get(key);
    if (same) same.push(field);
    else places.set(key, [field]);
  }
  return (enterprise, id) => places.get(elementKey(enterprise, id)) ?? NONE;
}

const NONE: readonly PlacedField[] = [];

function ignoredElements(fields: readonly FieldSpec[], known: ReadonlySet<number>, isBiflow: boolean): ElementNumber[] {
  const isKnown = ({ enterprise, id }: ElementNumber): boolean => known.has(elementKey(enterprise, id));
  const ignored = new Map<number, ElementNumber>();
  for (const { enterprise, id } of fields) {
    const element = { enterprise, id };
    const forward = isBiflow ? forwardOf(element) : undefined;
    if (!isKnown(element) && !(forward && isKnown(forward))) ignored.set(elementKey(enterprise, id), element);
  }
  return [...ignored.values()];
}
