/**
 * Data sets that arrived before their template: exporters repeat templates every few minutes, and some put them behind the data in the
 * same datagram. A set waits, bounded by bytes and age, as a copy with the context of its message; the oldest make room.
 */
import type { MessageContext } from "./message-context.ts";

export interface WaitingSet {
  readonly templateId: number;
  /** The records, without the set header. */
  readonly bytes: Uint8Array;
  /** The set claimed more bytes than its message had. */
  readonly isCut: boolean;
  readonly context: MessageContext;
}

/** Memory a waiting set takes beside its bytes (objects, context). Counted, so that many tiny sets cannot escape the limit. */
const OVERHEAD_BYTES = 256;

export function waitingCost(bytes: number): number {
  return bytes + OVERHEAD_BYTES;
}

export class WaitingSets {
  /** Bytes in use, overhead included. */
  cost = 0;
  private sets: WaitingSet[] = [];
  /** Sets by the template they wait for; no entry is 0. */
  private readonly counts = new Map<number, number>();

  get size(): number {
    return this.sets.length;
  }

  isWaitingFor(templateId: number): boolean {
    return this.counts.has(templateId);
  }

  /** Bytes of the sets alone. */
  get bytes(): number {
    return this.cost - this.sets.length * OVERHEAD_BYTES;
  }

  /** When the oldest came, epoch ms; undefined when none waits. */
  get oldestMs(): number | undefined {
    return this.sets[0]?.context.receivedMs;
  }

  add(set: WaitingSet): void {
    this.sets.push(set);
    this.note(set, 1);
  }

  /** Takes out the oldest. */
  shift(): WaitingSet | undefined {
    const set = this.sets.shift();
    if (set) this.note(set, -1);
    return set;
  }

  /** Takes out all that wait for a template, oldest first. */
  take(templateId: number): WaitingSet[] {
    return this.partition((set) => set.templateId === templateId);
  }

  /** Takes out all that arrived before a time. */
  takeOlderThan(receivedMs: number): WaitingSet[] {
    const [oldest] = this.sets;
    return oldest && oldest.context.receivedMs < receivedMs ? this.partition((set) => set.context.receivedMs < receivedMs) : [];
  }

  countByTemplate(): { templateId: number; sets: number }[] {
    return [...this.counts].map(([templateId, sets]) => ({ templateId, sets }));
  }

  private partition(taken: (set: WaitingSet) => boolean): WaitingSet[] {
    const out = this.sets.filter(taken);
    if (out.length === 0) return out;
    this.sets = this.sets.filter((set) => !taken(set));
    for (const set of out) this.note(set, -1);
    return out;
  }

  private note({ templateId, bytes }: WaitingSet, by: 1 | -1): void {
    this.cost += by * waitingCost(bytes.length);
    const count = (this.counts.get(templateId) ?? 0) + by;
    if (count === 0) this.counts.delete(templateId);
    else this.counts.set(templateId, count);
  }
}
