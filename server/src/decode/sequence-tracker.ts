/**
 * What sequence numbers tell: how much was sent, how much of it never came, what came late or twice, how often the exporter began anew. Each
 * protocol counts its own unit, and some exporters count another one than the standard says:
 *
 *   v5 to v8  flows before this datagram (v8: of its aggregation); Open vSwitch writes the number of its last flow
 *   v9        datagrams; softflowd and EdgeOS count flows
 *   IPFIX     data records (of options too, not templates) before this message; softflowd includes those of this message; Open vSwitch
 *             counts messages, with one counter for all its observation domains
 *   sFlow     datagrams
 *
 * So every plausible rule is followed at once and the one with the fewest breaks speaks, for all of the time since the exporter began anew:
 * what was lost may go down when a rule comes out as the wrong one. Rules that are clearly wrong sleep until then. Of numbers that never change or fit no rule nothing is concluded.
 */
import { SequencePosition, type Place } from "./sequence-position.ts";

/** One way to count: which interval of the counter a message takes. */
export type SequenceRule = "units-before" | "units-through" | "messages" | "shared-messages";

/** What an exporter numbers; none: its numbers mean nothing that is known. */
export type SequenceUnit = "units" | "messages" | "none";

/** What following a rule adds up to. */
interface Tally {
  /** Received in the unit of the rule, copies left out. */
  received: number;
  /** Records in those. */
  records: number;
  /** Sent and not received, in the unit of the rule. */
  lost: number;
  /** Records in those; estimated where messages are numbered. */
  lostRecords: number;
  /** Messages that came after a later one. */
  reordered: number;
  /** Messages that came again, and the records in them. */
  duplicates: number;
  duplicateRecords: number;
  /** How often the exporter began anew. */
  restarts: number;
}

export interface SequenceCounts extends Readonly<Omit<Tally, "received" | "records">> {
  readonly unit: SequenceUnit;
  /** Received and lost, in `unit`. */
  readonly expected: number;
}

/**
 * Share of messages that break a rule from which on it is in doubt, and share of all that was sent that must have come then: a line that
 * loses every other datagram breaks it with each.
 */
const DOUBTED_BREAKS = 0.9;
const LEAST_RECEIVED = 0.2;
/** Fewer messages show nothing about a rule. */
const JUDGED_MESSAGES = 20;
/** Units that may be lost at once, whatever the exporter's rate. */
const MAX_GAP = 100_000;
/** More must fit the silence before: at most so many times the units that came on average in as long. */
const BURST = 10;
/** Added to the time over which the average is taken, so that two messages at once are not an infinite rate. Unit: ms. */
const LEAST_TIME_MS = 1_000;

/** Messages after which rules are sent to sleep, or woken because the one that is left breaks. */
const REVIEW_MESSAGES = 64;
/** Share of messages that a rule breaks: below the first it is right, above the second it is wrong when another is right. */
const RIGHT_BREAKS = 0.1;
const WRONG_BREAKS = 0.5;

const NOTHING: Readonly<Tally> = {
  received: 0,
  records: 0,
  lost: 0,
  lostRecords: 0,
  reordered: 0,
  duplicates: 0,
  duplicateRecords: 0,
  restarts: 0,
};

/** How far the numbers of an exporter were followed, for the process after this one: what it misses in between is lost. */
export interface SavedSequence {
  readonly rule: SequenceRule;
  /** Number that is expected next. */
  readonly next: number;
  /** What came on average, in the unit of the rule. */
  readonly unitsPerSecond: number;
  /** When the last message came, epoch ms. */
  readonly lastMs: number;
}

/** One rule followed through the messages since the exporter began anew. */
class Follower {
  readonly rule: SequenceRule;
  readonly position: SequencePosition;
  readonly countsMessages: boolean;
  messages = 0;
  /** Messages that did not follow the one before; and how many those were at the last review. */
  breaks = 0;
  reviewedBreaks = 0;
  private readonly tally: Tally = { ...NOTHING };

  constructor(rule: SequenceRule, position: SequencePosition) {
    this.rule = rule;
    this.position = position;
    this.countsMessages = rule === "messages" || rule === "shared-messages";
  }

  get received(): number {
    return this.tally.received;
  }

  get breakShare(): number {
    return this.messages === 0 ? 0 : this.breaks / this.messages;
  }

  get fitsNone(): boolean {
    if (this.messages < JUDGED_MESSAGES || this.breakShare <= DOUBTED_BREAKS) return false;
    const { received, lost, duplicates, duplicateRecords } = this.tally;
    return received < LEAST_RECEIVED * (received + lost + (this.countsMessages ? duplicates : duplicateRecords));
  }

  /** @param records of the message */
  take(place: Place, records: number): void {
    const { tally } = this;
    tally.lost += this.position.lostChange;
    tally.restarts += this.position.restartChange;
    this.messages++;
    if (place === "again") {
      tally.duplicates++;
      tally.duplicateRecords += records;
    } else {
      tally.received += this.countsMessages ? 1 : records;
      tally.records += records;
    }
    if (place === "late") tally.reordered++;
    if (place !== "next" && place !== "first") this.breaks++;
  }

  /** Records of the last message that were not known when it was taken. */
  addRecords(place: Place, records: number): void {
    if (place === "again") this.tally.duplicateRecords += records;
    else this.tally.records += records;
  }

  total(): Readonly<Tally> {
    const { received, records } = this.tally;
    // Where domains share a counter, one may take back what another counted.
    const lost = Math.max(0, this.tally.lost);
    const lostRecords = !this.countsMessages ? lost : received === 0 ? 0 : (lost * records) / received;
    return { ...this.tally, lost, lostRecords };
  }

  clear(): void {
    Object.assign(this.tally, NOTHING);
    this.messages = this.breaks = this.reviewedBreaks = 0;
  }
}

export class SequenceTracker {
  private readonly followers: readonly Follower[];
  /** Those that do not sleep. */
  private active: readonly Follower[];
  /** What was known when the exporter last began anew. */
  private past: Readonly<Tally> = NOTHING;
  private firstMs = Number.NaN;
  private lastMs = 0;
  private lastSequence = -1;
  /** Messages since the exporter began anew, and how many had the number of the one before. */
  private messages = 0;
  private repeats = 0;
  /** What an earlier process knew, until the first message. */
  private resumed: SavedSequence | undefined;

  /**
   * @param rules the protocol's own first; none: nothing is numbered
   * @param shared counter of all observation domains of the exporter's socket, for "shared-messages"
   */
  constructor(rules: readonly SequenceRule[], shared = new SequencePosition()) {
    this.followers = rules.map((rule) => new Follower(rule, rule === "shared-messages" ? shared : new SequencePosition()));
    this.active = this.followers;
  }

  /** The exporter restarted: its numbers begin anew. What was lost stays lost. */
  restart(): void {
    if (this.messages === 0 && !this.resumed) return;
    this.resumed = undefined;
    this.beginAnew();
    this.past = { ...this.past, restarts: this.past.restarts + 1 };
    for (const { position } of this.followers) position.reset();
  }

  /** What the next process needs to know; undefined while the numbers tell nothing, and where a counter is shared. */
  save(): SavedSequence | undefined {
    if (this.resumed) return this.resumed;
    const best = this.believed();
    if (!best || best.rule === "shared-messages" || Number.isNaN(best.position.expected)) return undefined;
    const seconds = (this.lastMs - this.firstMs + LEAST_TIME_MS) / 1_000;
    return { rule: best.rule, next: best.position.expected, unitsPerSecond: best.received / seconds, lastMs: this.lastMs };
  }

  /**
   * Goes on where an earlier process was, before the first message. Only the rule that spoke then is followed: one that begins anew has no gap
   * and would seem to be right.
   */
  resume(saved: SavedSequence): void {
    const follower = this.followers.find(({ rule }) => rule === saved.rule);
    if (!follower || this.messages > 0) return;
    follower.position.resumeFrom(saved.next);
    this.active = [follower];
    this.resumed = saved;
  }

  /**
   * @param records of the message, 0 for one without; NaN when a part could not be decoded: then the step to the next message tells nothing,
   *   and the counter is followed from there
   * @param nowMs receipt
   * @returns what the message was, by the first rule that does not sleep
   */
  observe(sequence: number, records: number, nowMs: number): Place {
    if (Number.isNaN(this.firstMs)) this.firstMs = this.lastMs = nowMs;
    this.messages++;
    if (sequence === this.lastSequence) this.repeats++;
    this.lastSequence = sequence;
    const counted = Number.isNaN(records) ? 0 : records;
    const { resumed } = this;
    this.resumed = undefined;
    const meanwhile = resumed ? Math.max(0, nowMs - resumed.lastMs) * (resumed.unitsPerSecond / 1_000) * BURST : 0;
    const silence = ((nowMs - this.lastMs) * BURST) / (this.lastMs - this.firstMs + LEAST_TIME_MS);
    let first: Place = "next";
    const { active } = this;
    for (let i = 0; i < active.length; i++) {
      const follower = active[i]!;
      // A message without records does not move a count of records, and some exporters write 0 into it.
      if (records === 0 && !follower.countsMessages) continue;
      const { rule, position, countsMessages } = follower;
      const from = rule === "units-through" ? plus(sequence, -records) : sequence;
      const to = countsMessages ? (sequence + 1) >>> 0 : rule === "units-through" ? sequence : plus(sequence, records);
      const place = position.place(from, to, Math.max(MAX_GAP, follower.received * silence, meanwhile));
      if (place === "restart" && this.isTrusted(follower)) {
        this.beginAnew();
        // Whichever rule speaks from here on, this restart was one; should the counter go on as before, the follower takes it back.
        this.past = { ...this.past, restarts: this.past.restarts + 1 };
        position.restartChange = 0;
      }
      follower.take(place, counted);
      if (i === 0) first = place;
    }
    this.lastMs = nowMs;
    if (this.messages % REVIEW_MESSAGES === 0) this.review();
    return first;
  }

  /** Records of the last message where they become known after `observe`, which was told 0. @param place what `observe` answered */
  addRecords(place: Place, records: number): void {
    for (const follower of this.active) follower.addRecords(place, records);
  }

  counts(): SequenceCounts {
    const best = this.believed();
    const now = best?.total() ?? NOTHING;
    const sum = add(this.past, now);
    return {
      unit: !best ? "none" : best.countsMessages ? "messages" : "units",
      expected: sum.received + sum.lost,
      lost: sum.lost,
      lostRecords: Math.round(sum.lostRecords),
      reordered: sum.reordered,
      duplicates: sum.duplicates,
      duplicateRecords: sum.duplicateRecords,
      restarts: Math.max(0, sum.restarts),
    };
  }

  private beginAnew(): void {
    this.past = add(this.past, this.believed()?.total() ?? NOTHING);
    for (const follower of this.followers) {
      follower.clear();
      if (!this.active.includes(follower)) follower.position.reset();
    }
    this.active = this.followers;
    this.messages = this.repeats = 0;
  }

  private review(): void {
    const best = this.believed();
    if (!best) return;
    const lately = (best.breaks - best.reviewedBreaks) / REVIEW_MESSAGES;
    best.reviewedBreaks = best.breaks;
    if (this.active.length < this.followers.length && lately > WRONG_BREAKS) this.beginAnew();
    else if (best.breakShare < RIGHT_BREAKS) this.active = this.active.filter(({ breakShare }) => breakShare < WRONG_BREAKS);
  }

  /** The rule that speaks: the one that broke least, unless the numbers never change or fit none. */
  private believed(): Follower | undefined {
    if (this.active.length === 0) return undefined;
    const best = this.active.reduce((least, next) => (next.breakShare < least.breakShare ? next : least));
    const isConstant = this.messages > 1 && this.repeats / (this.messages - 1) > 1 - best.breakShare;
    return isConstant || best.fitsNone ? undefined : best;
  }

  /** Its word on a restart counts: it speaks, and has followed the numbers for a while. */
  private isTrusted(follower: Follower): boolean {
    return follower.messages >= JUDGED_MESSAGES && follower.breakShare < 1 - DOUBTED_BREAKS && this.believed() === follower;
  }
}

/** Counts of two counters of one exporter together. */
export function addCounts(a: SequenceCounts, b: SequenceCounts): SequenceCounts {
  const { unit, ...sum } = { ...a };
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) (sum as Record<typeof key, number>)[key] += b[key];
  return { ...sum, unit: unit === "none" ? b.unit : unit };
}

function plus(sequence: number, records: number): number {
  return Number.isNaN(records) ? Number.NaN : (sequence + records) >>> 0;
}

function add(a: Readonly<Tally>, b: Readonly<Tally>): Tally {
  const sum: Tally = { ...a };
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += b[key];
  return sum;
}
