/**
 * The numbers that options told one session, and where the rate of its flows follows from them. For each subject: what the session was told
 * itself, then what the other source ports of its domain agree on, then the exporter's other domains.
 */
import { type Agreement, SUBJECT, subjectKey, subjectOf } from "./agreement.ts";
import { RATE_FROM } from "./rate-source.ts";

/** What a data set tells by itself. */
export interface RateQuestion {
  readonly templateId: number;
  /** Its records name their sampler: then the rate of any other sampler is no answer. */
  readonly namesSampler: boolean;
}

export class ToldNumbers {
  /** The answer of the latest look-up, in fields so that a look-up makes no object. 0: no word. */
  rate = 0;
  /** A number of SAMPLING_SOURCES. */
  source: number = RATE_FROM.unknown;
  private readonly own = new Map<number, number>();
  private readonly obsDomain: number;
  /** Shared with the domain's other source ports, and with the exporter's other domains of the same protocol. */
  private readonly domain: Agreement;
  private readonly exporter: Agreement;

  constructor(obsDomain: number, { domain, exporter }: { readonly domain: Agreement; readonly exporter: Agreement }) {
    this.obsDomain = obsDomain;
    this.domain = domain;
    this.exporter = exporter;
  }

  /** Nobody told anything of this exporter: every look-up would be in vain. */
  get isEmpty(): boolean {
    return this.exporter.isEmpty;
  }

  /** Records must be asked for their interface. */
  get hasInterfaces(): boolean {
    return this.exporter.interfaces > 0;
  }

  tell(key: number, number: number): void {
    this.forget(key);
    if (number <= 0) return;
    this.own.set(key, number);
    this.voice(key, number, "add");
  }

  forget(key: number): void {
    const number = this.own.get(key);
    if (number === undefined) return;
    this.own.delete(key);
    this.voice(key, number, "remove");
  }

  /** Rate of flows whose records say nothing themselves: of their template, their domain, else of the exporter. */
  findRate({ templateId, namesSampler }: RateQuestion): void {
    // A template id means nothing in another domain, so the exporter is not asked for it.
    const { obsDomain, exporter, domain } = this;
    const foreignTemplate = exporter.get(subjectKey(SUBJECT.foreignTemplate, obsDomain * 0x1_0000 + templateId));
    if (this.answer(this.inDomain(subjectKey(SUBJECT.template, templateId)) || foreignTemplate, RATE_FROM.template)) return;
    const key = subjectKey(SUBJECT.domain);
    if (this.answer(this.inDomain(key) || exporter.get(subjectKey(SUBJECT.foreignDomain, obsDomain)), RATE_FROM.domain)) return;
    if (this.answer(exporter.get(key), RATE_FROM.exporter) || namesSampler) return;
    const anySampler = subjectKey(SUBJECT.anySampler);
    this.answer(domain.get(anySampler) || exporter.get(anySampler), RATE_FROM.exporter);
  }

  findSampler(id: number): void {
    const key = subjectKey(SUBJECT.sampler, id);
    if (!this.answer(this.inDomain(key), RATE_FROM.sampler)) this.answer(this.exporter.get(key), RATE_FROM.exporter);
  }

  /** ifIndex is the device's: another domain's word is as good. */
  findInterface(index: number): void {
    const key = subjectKey(SUBJECT.interface, index);
    this.answer(this.inDomain(key) || this.exporter.get(key), RATE_FROM.interface);
  }

  /** When the exporter booted, epoch ms; NaN unknown. */
  get bootMs(): number {
    if (this.isEmpty) return Number.NaN;
    const key = subjectKey(SUBJECT.boot);
    return this.inDomain(key) || this.exporter.get(subjectKey(SUBJECT.foreignBoot, this.obsDomain)) || this.exporter.get(key) || Number.NaN;
  }

  /** The same as this session itself was told. */
  get ownBootMs(): number {
    return this.own.get(subjectKey(SUBJECT.boot)) ?? Number.NaN;
  }

  private inDomain(key: number): number {
    return this.own.get(key) ?? this.domain.get(key);
  }

  private answer(rate: number, source: number): boolean {
    this.rate = rate;
    this.source = rate === 0 ? RATE_FROM.unknown : source;
    return rate !== 0;
  }

  private voice(key: number, number: number, action: "add" | "remove"): void {
    const { subject } = subjectOf(key);
    this.domain[action](key, number);
    this.exporter[action](key, number);
    // What is told of another domain still is a word about the exporter, for domains that nobody speaks of.
    if (subject === SUBJECT.foreignDomain) this.exporter[action](subjectKey(SUBJECT.domain), number);
    if (subject === SUBJECT.foreignBoot) this.exporter[action](subjectKey(SUBJECT.boot), number);
    if (subject !== SUBJECT.sampler) return;
    this.domain[action](subjectKey(SUBJECT.anySampler), number);
    this.exporter[action](subjectKey(SUBJECT.anySampler), number);
  }
}
