/**
 * What an sFlow agent says about its sampling, by source (mostly a port of a switch): samples are numbered, so those that datagrams took
 * along when they were lost can be counted; the pool is the number of packets that could have been sampled, so the packets of a sample tell
 * the rate that is in effect; drops are samples that the agent itself gave up for lack of resources.
 *
 *   flow sample      sequence u32, source id u32 (type 8 bits, index 24 bits), rate u32, pool u32, drops u32
 *   expanded         sequence u32, source type u32, source index u32, rate u32, pool u32, drops u32
 *
 * Source: sFlow version 5, sflow.org, July 2004: flow_sample, flow_sample_expanded.
 */

/** A larger step back of the sample sequence is a restart of the source, a larger one ahead too. Unit: samples. */
const RESTART_STEP = 1_000;
const MAX_STEP = 1_000_000;
/** Samples after which an effective rate is told: its error is about 1/sqrt(n), so ten in a hundred are three times it. */
const JUDGED_SAMPLES = 1_000;
/** Samples after which what was before counts half. */
const MEMORY_SAMPLES = 8_192;
/** How much the effective rate may differ from the one that is told. */
const RATE_TOLERANCE = 0.1;
/** Sources of one session whose rate differs that are told apart. */
const MAX_TOLD = 16;

/** What the sessions share. */
export class SampleSourcesBudget {
  /** Sources that one session may have. */
  readonly perSession: number;
  /** Sources that may still be followed. */
  left: number;

  constructor(total: number, perSession: number) {
    this.left = total;
    this.perSession = perSession;
  }
}

/** A source whose pool grows at another rate than it tells. */
export interface RateDifference {
  /** sFlow source type (0: interface). */
  readonly type: number;
  readonly index: number;
  /** 1 in N, as its samples say. */
  readonly rate: number;
  /** 1 in N, by the growth of its pool. */
  readonly effective: number;
}

export interface SampleStats {
  /** Sources seen. */
  readonly sources: number;
  /** Flow samples missing in the sources' own numbers. */
  readonly lost: number;
  /** Samples that the agent gave up. */
  readonly agentDrops: number;
  /** At most 16 sources whose effective rate differs from the one they tell by more than a tenth. */
  readonly rateDifferences: readonly RateDifference[];
}

class SampleSource {
  readonly key: number;
  sequence = 0;
  rate = 0;
  pool = 0;
  drops = 0;
  /** Steps of the sequence lately, and what the pool grew by over them. */
  steps = 0;
  packets = 0;

  constructor(key: number) {
    this.key = key;
  }
}

export class SampleSources {
  private readonly budget: SampleSourcesBudget;
  private readonly sources = new Map<number, SampleSource>();
  private last: SampleSource | undefined;
  private lost = 0;
  private agentDrops = 0;

  constructor(budget: SampleSourcesBudget) {
    this.budget = budget;
  }

  /** Takes the head of a flow sample that is known to be there. */
  observe(view: DataView, at: number, isExpanded: boolean): void {
    const id = view.getUint32(at + 4);
    const key = isExpanded ? id * 2 ** 32 + view.getUint32(at + 8) : (id >>> 24) * 2 ** 32 + (id & 0xff_ffff);
    const rateAt = at + (isExpanded ? 12 : 8);
    const sequence = view.getUint32(at);
    const rate = view.getUint32(rateAt);
    const pool = view.getUint32(rateAt + 4);
    const drops = view.getUint32(rateAt + 8);
    const source = this.last?.key === key ? this.last : this.find(key);
    if (!source) return;
    if (Number.isNaN(source.sequence)) this.begin(source, sequence, pool, drops);
    else this.step(source, sequence, pool, drops);
    if (rate !== source.rate) {
      source.rate = rate;
      source.steps = source.packets = 0;
    }
  }

  /** The agent restarted: what its sources counted begins anew. */
  restart(): void {
    for (const source of this.sources.values()) source.sequence = Number.NaN;
  }

  /** Gives the sources back: the session ends. */
  release(): void {
    this.budget.left += this.sources.size;
    this.sources.clear();
    this.last = undefined;
  }

  stats(): SampleStats {
    const rateDifferences: RateDifference[] = [];
    for (const { key, rate, steps, packets } of this.sources.values()) {
      if (rateDifferences.length === MAX_TOLD) break;
      const effective = Math.round(packets / steps);
      if (steps < JUDGED_SAMPLES || Math.abs(effective - rate) <= rate * RATE_TOLERANCE) continue;
      rateDifferences.push({ type: Math.floor(key / 2 ** 32), index: key % 2 ** 32, rate, effective });
    }
    return { sources: this.sources.size, lost: this.lost, agentDrops: this.agentDrops, rateDifferences };
  }

  private find(key: number): SampleSource | undefined {
    let source = this.sources.get(key);
    if (!source) {
      if (this.budget.left === 0 || this.sources.size >= this.budget.perSession) return undefined;
      this.budget.left--;
      source = new SampleSource(key);
      source.sequence = Number.NaN;
      this.sources.set(key, source);
    }
    this.last = source;
    return source;
  }

  private begin(source: SampleSource, sequence: number, pool: number, drops: number): void {
    source.sequence = sequence;
    source.pool = pool;
    source.drops = drops;
  }

  private step(source: SampleSource, sequence: number, pool: number, drops: number): void {
    const step = (sequence - source.sequence) | 0;
    if (step < -RESTART_STEP || step > MAX_STEP) {
      this.begin(source, sequence, pool, drops);
      return;
    }
    if (step <= 0) {
      // A late sample, counted as lost when a later one came.
      if (step < 0) this.lost = Math.max(0, this.lost - 1);
      return;
    }
    this.lost += step - 1;
    this.agentDrops += Math.max(0, (drops - source.drops) | 0);
    source.steps += step;
    source.packets += (pool - source.pool) >>> 0;
    this.begin(source, sequence, pool, drops);
    if (source.steps < MEMORY_SAMPLES) return;
    source.steps /= 2;
    source.packets /= 2;
  }
}
