/**
 * Counts, for one session, the elements that it sends and no column keeps, so that people see what they miss. Bounded twice: by what one
 * session may count apart and by what all may together; what finds no counter is counted as that.
 */
import type { ExporterIgnoredElement } from "./contract.ts";
import { elementKey, findElement } from "./elements/element-names.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";

interface Counter {
  readonly element: ElementNumber;
  records: number;
}

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

  all(): Iterable<{ readonly element: ElementNumber; readonly records: number }> {
    return this.counters.values();
  }

  /** Gives the counters back: the session ends. */
  release(): void {
    this.budget.left += this.counters.size;
    this.counters.clear();
  }

  private resolve(elements: readonly ElementNumber[]): readonly Counter[] {
    const { budget, counters } = this;
    return elements.flatMap(({ enterprise, id }) => {
      const key = elementKey(enterprise, id);
      let counter = counters.get(key);
      if (!counter) {
        if (budget.left === 0 || counters.size >= budget.perSession) {
          budget.uncounted++;
          return [];
        }
        budget.left--;
        counters.set(key, (counter = { element: { enterprise, id }, records: 0 }));
      }
      return [counter];
    });
  }
}

interface IgnoringSession {
  readonly exporter: string;
  readonly ignored: IgnoredElements;
}

/** Sessions of one exporter added up; exporters in order of appearance, their most frequent elements first. */
export function listIgnoredElements(sessions: Iterable<IgnoringSession>): ExporterIgnoredElement[] {
  const exporters = new Map<string, Map<number, Counter>>();
  for (const { ignored, exporter } of sessions) {
    for (const { element, records } of ignored.all()) {
      let counters = exporters.get(exporter);
      if (!counters) exporters.set(exporter, (counters = new Map<number, Counter>()));
      const key = elementKey(element.enterprise, element.id);
      const counter = counters.get(key);
      if (counter) counter.records += records;
      else counters.set(key, { element, records });
    }
  }
  return [...exporters].flatMap(([exporter, counters]) =>
    [...counters.values()]
      .sort((a, b) => b.records - a.records)
      .map(({ element: { enterprise, id }, records }) => ({ exporter, enterprise, id, name: findElement(enterprise, id)?.name, records })),
  );
}
