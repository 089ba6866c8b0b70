/** Counts the elements that exporters send and no column keeps, so that people see what they miss. Bounded: see `maxUnknownElements`. */
import type { UnknownElement } from "./contract.ts";

interface Element {
  readonly enterprise: number;
  readonly id: number;
}

interface Counter {
  readonly element: Element;
  records: number;
}

export class UnknownElements {
  private readonly limit: number;
  private readonly counters = new Map<number, Counter>();
  /** Counters of a plan's list of elements, so that a data set costs one look-up and not one for each element. */
  private readonly resolved = new WeakMap<readonly Element[], readonly Counter[]>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @param elements the list of a plan; the same list is the same object */
  count(elements: readonly Element[], records: number): void {
    if (records === 0 || elements.length === 0) return;
    let counters = this.resolved.get(elements);
    if (!counters) this.resolved.set(elements, (counters = this.resolve(elements)));
    for (const counter of counters) counter.records += records;
  }

  /** The most frequent first. */
  list(): UnknownElement[] {
    return [...this.counters.values()].map(({ element, records }) => ({ ...element, records })).sort((a, b) => b.records - a.records);
  }

  private resolve(elements: readonly Element[]): readonly Counter[] {
    return elements.flatMap((element) => {
      const key = element.enterprise * 0x1_0000 + element.id; // 48 bits: exact in a double
      let counter = this.counters.get(key);
      if (!counter) {
        if (this.counters.size >= this.limit) return [];
        this.counters.set(key, (counter = { element, records: 0 }));
      }
      return [counter];
    });
  }
}
