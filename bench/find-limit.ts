/** The highest rate that a receiver takes without loss: rising steps until one loses, then bisection between the last good and the first bad. */

/** What one step showed. */
export interface Step {
  readonly wantedFlowsPerSecond: number;
  /** What the sender reached. */
  readonly flowsPerSecond: number;
  readonly sentFlows: number;
  readonly lostFlows: number;
}

export interface Limit<S extends Step> {
  /** The best step without loss; undefined when every one lost. */
  readonly best: S | undefined;
  readonly steps: readonly S[];
  /** "sender" when the sender was the slower one: the receiver may take more. */
  readonly endedBy: "loss" | "sender";
}

export interface Search {
  /** Flows a second. */
  readonly first: number;
  readonly bisections: number;
}

const GROWTH = 1.6;
/** A sender whose rate grows by less from step to step has reached its limit. On a busy machine it falls short of what is wanted before that. */
const SENDER_GROWTH = 1.1;
/** A rate is lost when it loses this often: on a shared machine one step may have been unlucky. */
const TRIES = 2;
/** Nothing below is searched. Unit: flows a second. */
const LEAST = 1_000;

export async function findLimit<S extends Step>({ first, bisections }: Search, measure: (rate: number) => Promise<S>): Promise<Limit<S>> {
  const steps: S[] = [];
  let best: S | undefined;
  const ended: { by: Limit<S>["endedBy"] } = { by: "loss" };
  /** Whether a step passed. */
  const passes = async (rate: number): Promise<boolean> => {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const step = await measure(Math.round(rate));
      steps.push(step);
      if (step.lostFlows > 0) continue;
      const isSenderLate = step.flowsPerSecond < rate / SENDER_GROWTH;
      if (isSenderLate && best !== undefined && step.flowsPerSecond < best.flowsPerSecond * SENDER_GROWTH) ended.by = "sender";
      if (best === undefined || step.flowsPerSecond > best.flowsPerSecond) best = step;
      return true;
    }
    return false;
  };
  let [good, bad] = [0, Infinity];
  for (let rate = first; bad === Infinity && ended.by === "loss"; rate *= GROWTH) {
    if (await passes(rate)) good = rate;
    else bad = rate;
  }
  while (good === 0 && bad > LEAST) {
    const rate = bad / GROWTH ** 2;
    if (await passes(rate)) good = rate;
    else bad = rate;
  }
  for (let i = 0; i < bisections && good > 0 && bad < Infinity; i++) {
    const rate = Math.sqrt(good * bad);
    if (await passes(rate)) good = rate;
    else bad = rate;
  }
  return { best, steps, endedBy: ended.by };
}
