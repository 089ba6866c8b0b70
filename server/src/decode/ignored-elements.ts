/**
 * Counts, for one session, the elements and sFlow structures that it sends and no column keeps, so that people see what they miss. Bounded twice: by what one
 * session may count apart and by what all may together; what finds no counter is counted as that.
 */
import type { ExporterIgnoredElement, IgnoredKind } from "./contract.ts";
import { elementKey, findElement } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import { structureName, type StructureKind } from "./sflow-structures.ts";

interface Counter {
  readonly kind: IgnoredKind;
  readonly element: ElementNumber;
  records: number;
}

/** Bits of an element's key; above them stands the kind. */
const ELEMENT_KEY_BITS = 48;
const KIND_NUMBERS: Readonly<Record<IgnoredKind, number>> = { element: 0, sflow_sample: 1, sflow_flow: 2, sflow_counters: 3 };
/** An sFlow tag: enterprise in 20 bits, format in 12. */
const FORMAT_BITS = 12;

/** What the sessions share. */
export class IgnoredElementsBudget {
  /** Counters of one session. */
  readonly perSession: number;
  /** Counters that are still free. */
  left: number;
  /** Elements that found no counter. */
  uncounted = 0;

  constructor(total: number, perSession: number) {
    this.left = total;
    this.perSession = perSession;
  }
}

export class IgnoredElements {
  private readonly budget: IgnoredElementsBudget;
  private readonly counters = new Map<number, Counter>();
  /** Counters of a plan's list of elements, so that a data set costs one look-up and not one for each element. */
  private readonly resolved = new WeakMap<readonly ElementNumber[], readonly Counter[]>();

  constructor(budget: IgnoredElementsBudget) {
    this.budget = budget;
  }

  /** @param elements the list of a plan; the same list is the same object */
  count(elements: readonly ElementNumber[], records: number): void {
    if (records === 0 || elements.length === 0) return;
    let counters = this.resolved.get(elements);
    if (!counters) this.resolved.set(elements, (counters = this.resolve(elements)));
    for (const counter of counters) counter.records += records;
  }

  all(): Iterable<Readonly<Counter>> {
    return this.counters.values();
  }

  /** Gives the counters back: the session ends. */
  release(): void {
    this.budget.left += this.counters.size;
    this.counters.clear();
  }

  /** @param tag of an sFlow sample or record */
  countStructure(kind: StructureKind, tag: number): void {
    const counter = this.counterOf(kind, tag >>> FORMAT_BITS, tag & ((1 << FORMAT_BITS) - 1));
    if (counter) counter.records++;
  }

  private resolve(elements: readonly ElementNumber[]): readonly Counter[] {
    return elements.map(({ enterprise, id }) => this.counterOf("element", enterprise, id)).filter((counter) => counter !== undefined);
  }

  private counterOf(kind: IgnoredKind, enterprise: number, id: number): Counter | undefined {
    const { budget, counters } = this;
    const key = keyOf(kind, enterprise, id);
    const known = counters.get(key);
    if (known) return known;
    if (budget.left === 0 || counters.size >= budget.perSession) {
      budget.uncounted++;
      return undefined;
    }
    budget.left--;
    const counter: Counter = { kind, element: { enterprise, id }, records: 0 };
    counters.set(key, counter);
    return counter;
  }
}

/** 50 bits: exact in a double. */
function keyOf(kind: IgnoredKind, enterprise: number, id: number): number {
  return KIND_NUMBERS[kind] * 2 ** ELEMENT_KEY_BITS + elementKey(enterprise, id);
}

interface IgnoringSession {
  readonly exporter: string;
  readonly ignored: IgnoredElements;
}

/**
 * Sessions of one exporter added up; exporters in order of appearance, their most frequent elements first.
 * @param names that the operator gave elements, by `elementKey`
 */
export function listIgnoredElements(sessions: Iterable<IgnoringSession>, names: ReadonlyMap<number, string>): ExporterIgnoredElement[] {
  const exporters = new Map<string, Map<number, Counter>>();
  for (const { ignored, exporter } of sessions) {
    for (const { kind, element, records } of ignored.all()) {
      let counters = exporters.get(exporter);
      if (!counters) exporters.set(exporter, (counters = new Map<number, Counter>()));
      const key = keyOf(kind, element.enterprise, element.id);
      const counter = counters.get(key);
      if (counter) counter.records += records;
      else counters.set(key, { kind, element, records });
    }
  }
  return [...exporters].flatMap(([exporter, counters]) =>
    [...counters.values()]
      .sort((a, b) => b.records - a.records)
      .map(({ kind, element: { enterprise, id }, records }) => ({
        exporter,
        kind,
        enterprise,
        id,
        name: (kind === "element" ? names.get(elementKey(enterprise, id)) : undefined) ?? nameOf(kind, enterprise, id),
        records,
      })),
  );
}

function nameOf(kind: IgnoredKind, enterprise: number, id: number): string | undefined {
  return kind === "element" ? findElement(enterprise, id)?.name : structureName(kind, enterprise, id);
}
