/**
 * Numbers that options told of an exporter: sampling rates by what they are of, and boot times. Each source port of each observation domain
 * is a session with words of its own; but routers send options from another port than data, or as domain 0. So a session that was told
 * nothing may use what its siblings say, provided that they say the same: a guess among different rates would be off by a factor.
 *
 * Everything is one look-up of a number, `subject * 2^48 + id`.
 */

/** What a number is told of. `foreign…`: of another observation domain than the one whose options told it. */
export const SUBJECT = {
  domain: 0,
  sampler: 1,
  template: 2,
  interface: 3,
  boot: 4,
  foreignDomain: 5,
  foreignTemplate: 6,
  foreignBoot: 7,
  /** Every sampler at once: what a session whose samplers are all alike does. */
  anySampler: 8,
} as const;
export type Subject = (typeof SUBJECT)[keyof typeof SUBJECT];

const SUBJECT_STEP = 2 ** 48;

/** @param id up to 48 bits: a sampler, template or interface; of foreign subjects the domain, times 65,536 plus the template */
export function subjectKey(subject: Subject, id = 0): number {
  return subject * SUBJECT_STEP + id;
}

export function subjectOf(key: number): { readonly subject: number; readonly id: number } {
  return { subject: Math.floor(key / SUBJECT_STEP), id: key % SUBJECT_STEP };
}

/** What several sessions say: a key has a number while all that speak of it say the same. */
export class Agreement {
  /** How many interfaces a rate is told of: most exporters tell none, and then no record need be looked at. */
  interfaces = 0;
  /** Voices by number, by key. */
  private readonly words = new Map<number, Map<number, number>>();

  get isEmpty(): boolean {
    return this.words.size === 0;
  }

  /** 0: nobody says anything, or they disagree. */
  get(key: number): number {
    const voices = this.words.get(key);
    if (voices?.size !== 1) return 0;
    for (const number of voices.keys()) return number;
    return 0;
  }

  add(key: number, number: number): void {
    let voices = this.words.get(key);
    if (!voices) {
      this.words.set(key, (voices = new Map<number, number>()));
      if (isOfInterface(key)) this.interfaces++;
    }
    voices.set(number, (voices.get(number) ?? 0) + 1);
  }

  remove(key: number, number: number): void {
    const voices = this.words.get(key);
    const count = voices?.get(number);
    if (!voices || count === undefined) return;
    if (count > 1) voices.set(number, count - 1);
    else voices.delete(number);
    if (voices.size > 0) return;
    this.words.delete(key);
    if (isOfInterface(key)) this.interfaces--;
  }
}

function isOfInterface(key: number): boolean {
  return Math.floor(key / SUBJECT_STEP) === SUBJECT.interface;
}
