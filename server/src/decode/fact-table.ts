/**
 * All facts, within their caps: so many of a kind for one owner, so many bytes together. Beyond a cap those go that were told longest ago,
 * in tenths, and are counted. An owner is a session (rates, boot time, statistics: another port may be another process) or an exporter
 * (names of its interfaces, applications, VRFs).
 */
import type { ExporterFact } from "./contract.ts";
import type { DecoderLimits } from "./limits.ts";
import { Fact, type FactKey, type FactKind, type Told } from "./fact.ts";

/** Part of a cap that is freed at a time. */
const EVICTED_SHARE = 0.1;

/** How often a fact that the exporter keeps telling is handed out again, so that readers can forget what nobody tells any more. Unit: ms. */
const REPEAT_MS = 24 * 3_600_000;
/** Least time between two changes of a fact that are handed out, because some are counters. Unit: ms. */
const RESTLESS_MS = 600_000;
/** Facts that matter at once, and never are counters. */
const PROMPT: ReadonlySet<FactKind> = new Set<FactKind>(["sampling", "sampler", "boot"]);

/** Whom facts are about, as in ExporterStats; protocol empty and domain 0: the device, whatever it exports with. */
export type FactSubject = Pick<ExporterFact, "exporter" | "protocol" | "obsDomain">;

/** Facts of one owner. */
export abstract class FactOwner {
  readonly facts = new Map<FactKind, Map<FactKey, Fact>>();

  abstract readonly whose: FactSubject;

  /** A fact is gone: what was derived from it must go, too. */
  abstract forgot(fact: Fact): void;
}

export class FactTable {
  /** Facts given up for the sake of newer ones. */
  evicted = 0;
  /** Grows whenever something changed that is worth saving. */
  changes = 0;
  private readonly limits: DecoderLimits;
  private readonly owners = new Set<FactOwner>();
  private readonly changed = new Map<Fact, FactOwner>();
  private bytes = 0;

  constructor(limits: DecoderLimits) {
    this.limits = limits;
  }

  /** @returns the fact, when it is new or says something new */
  tell(owner: FactOwner, told: Told, nowMs: number): Fact | undefined {
    const facts = this.factsOf(owner, told.kind);
    let fact = facts.get(told.key);
    const isNew = fact === undefined;
    if (!fact) {
      if (facts.size >= this.limits.maxFactsOfKind) this.evictFrom([[owner, [...facts.values()]]]);
      fact = new Fact(told, nowMs);
    } else {
      facts.delete(told.key); // to the end: the map is in order of telling
      this.bytes -= fact.cost;
    }
    facts.set(told.key, fact);
    const isChanged = fact.update(told) || isNew;
    this.bytes += fact.cost;
    fact.toldMs = nowMs;
    if (isChanged) fact.validFromMs = nowMs;
    const due = isDue(fact, nowMs);
    if (due && (isChanged || !this.changed.has(fact))) this.changes++;
    if (due || isChanged) this.changed.set(fact, owner);
    if (this.bytes > this.limits.maxFactBytes) this.evictFrom(this.all());
    return isChanged ? fact : undefined;
  }

  /** Puts a fact back that was saved. @returns false when there is no room, or something newer is known */
  restore(owner: FactOwner, fact: Fact): boolean {
    const facts = this.factsOf(owner, fact.kind);
    if (facts.has(fact.key) || facts.size >= this.limits.maxFactsOfKind || this.bytes + fact.cost > this.limits.maxFactBytes) return false;
    facts.set(fact.key, fact);
    this.bytes += fact.cost;
    return true;
  }

  /** Forgets everything about an owner. */
  close(owner: FactOwner): void {
    for (const kind of owner.facts.keys()) this.forgetKind(owner, kind);
    this.owners.delete(owner);
  }

  forgetKind(owner: FactOwner, kind: FactKind): void {
    for (const fact of owner.facts.get(kind)?.values() ?? []) this.forget(owner, fact);
  }

  *[Symbol.iterator](): IterableIterator<readonly [FactOwner, Fact]> {
    for (const owner of this.owners) for (const facts of owner.facts.values()) for (const fact of facts.values()) yield [owner, fact];
  }

  /** Facts that changed since the last call, at most `max`. */
  takeChanged(nowMs: number, max: number): (readonly [FactOwner, Fact])[] {
    const out: (readonly [FactOwner, Fact])[] = [];
    for (const [fact, owner] of this.changed) {
      if (out.length === max) break;
      if (!isDue(fact, nowMs)) continue; // its turn comes, also when nobody tells it again
      out.push([owner, fact]);
      fact.handedMs = nowMs;
      this.changed.delete(fact);
    }
    return out;
  }

  private factsOf(owner: FactOwner, kind: FactKind): Map<FactKey, Fact> {
    let facts = owner.facts.get(kind);
    if (!facts) {
      owner.facts.set(kind, (facts = new Map<FactKey, Fact>()));
      this.owners.add(owner);
    }
    return facts;
  }

  private all(): [FactOwner, Fact[]][] {
    return Array.from(this.owners, (owner) => [owner, [...owner.facts.values()].flatMap((facts) => [...facts.values()])]);
  }

  private evictFrom(candidates: readonly [FactOwner, Fact[]][]): void {
    const all = candidates.flatMap(([owner, facts]) => facts.map((fact) => ({ owner, fact })));
    all.sort((a, b) => a.fact.toldMs - b.fact.toldMs);
    for (const { owner, fact } of all.slice(0, Math.ceil(all.length * EVICTED_SHARE))) {
      this.forget(owner, fact);
      this.evicted++;
    }
  }

  private forget(owner: FactOwner, fact: Fact): void {
    owner.facts.get(fact.kind)?.delete(fact.key);
    this.bytes -= fact.cost;
    this.changed.delete(fact);
    owner.forgot(fact);
  }
}

function isDue({ kind, handedMs, validFromMs }: Fact, nowMs: number): boolean {
  const age = nowMs - handedMs;
  return age > REPEAT_MS || age < 0 || (validFromMs > handedMs && (age > RESTLESS_MS || PROMPT.has(kind)));
}
