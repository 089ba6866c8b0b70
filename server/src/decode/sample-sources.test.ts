import { ByteWriter } from "../demo/index.ts";
import { SampleSources, SampleSourcesBudget, type SampleStats } from "./sample-sources.ts";

interface Head {
  readonly sequence: number;
  readonly index?: number;
  readonly type?: number;
  readonly rate?: number;
  readonly pool?: number;
  readonly drops?: number;
}

function compact({ sequence, index = 7, type = 0, rate = 100, pool = 0, drops = 0 }: Head): DataView {
  const bytes = new ByteWriter()
    .u32(sequence)
    .u32(type * 2 ** 24 + index)
    .u32(rate)
    .u32(pool)
    .u32(drops)
    .build();
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function expanded({ sequence, index = 7, type = 0, rate = 100, pool = 0, drops = 0 }: Head): DataView {
  const bytes = new ByteWriter().u32(sequence).u32(type).u32(index).u32(rate).u32(pool).u32(drops).build();
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function follow(heads: readonly Head[], sources = new SampleSources(new SampleSourcesBudget(100, 10))): SampleStats {
  for (const head of heads) sources.observe(compact(head), 0, false);
  return sources.stats();
}

/** Samples of a source whose pool grows by `packets` from one to the next. */
const sampled = (count: number, rate: number, packets: number, first = 1): Head[] =>
  Array.from({ length: count }, (_, i) => ({ sequence: first + i, rate, pool: ((first + i) * packets) >>> 0 }));

describe("sources of an sFlow agent", () => {
  it.each<{ name: string; heads: Head[]; wanted: Partial<SampleStats> }>([
    { name: "miss nothing when their samples follow one another", heads: sampled(5, 100, 100), wanted: { sources: 1, lost: 0 } },
    { name: "miss the samples between two numbers", heads: [{ sequence: 5 }, { sequence: 9 }], wanted: { lost: 3 } },
    { name: "get back what comes late", heads: [{ sequence: 5 }, { sequence: 8 }, { sequence: 6 }, { sequence: 9 }], wanted: { lost: 1 } },
    { name: "begin anew after a step back", heads: [{ sequence: 50_000 }, { sequence: 3 }, { sequence: 4 }], wanted: { lost: 0 } },
    { name: "go on behind 2^32 - 1", heads: [{ sequence: 2 ** 32 - 1 }, { sequence: 2 }], wanted: { lost: 2 } },
    {
      name: "count by themselves",
      heads: [
        { sequence: 5, index: 1 },
        { sequence: 90, index: 2 },
        { sequence: 6, index: 1 },
        { sequence: 91, index: 2 },
        { sequence: 1, index: 1, type: 2 },
      ],
      wanted: { sources: 3, lost: 0 },
    },
    {
      name: "tell the drops of the agent since they were first seen, over its counter's end",
      heads: [
        { sequence: 1, drops: 2 ** 32 - 3 },
        { sequence: 2, drops: 2 ** 32 - 1 },
        { sequence: 3, drops: 4 },
      ],
      wanted: { agentDrops: 7 },
    },
    { name: "sample as they say, within a tenth", heads: sampled(1_500, 100, 108), wanted: { rateDifferences: [] } },
    {
      name: "sample less often than they say",
      heads: sampled(1_500, 100, 200),
      wanted: { rateDifferences: [{ type: 0, index: 7, rate: 100, effective: 200 }] },
    },
    { name: "are not judged by a few samples", heads: sampled(500, 100, 200), wanted: { rateDifferences: [] } },
    {
      name: "are judged anew when their rate is set",
      heads: [...sampled(1_500, 100, 200), ...sampled(500, 200, 200, 1_501)],
      wanted: { rateDifferences: [] },
    },
    {
      name: "have a pool that goes round",
      heads: sampled(5_000, 2_000_000, 2_000_000),
      wanted: { rateDifferences: [], lost: 0 },
    },
  ])("$name", ({ heads, wanted }) => {
    expect(follow(heads)).toMatchObject(wanted);
  });

  it("are read from expanded samples, whose index has 32 bits", () => {
    const sources = new SampleSources(new SampleSourcesBudget(100, 10));
    for (const head of [
      { sequence: 1, index: 2 ** 31 + 7, type: 1 },
      { sequence: 2, index: 2 ** 31 + 8, type: 1 },
      { sequence: 4, index: 2 ** 31 + 7, type: 1 },
    ])
      sources.observe(expanded(head), 0, true);
    expect(sources.stats()).toMatchObject({ sources: 2, lost: 2 });
  });

  it("lose nothing by a restart of their agent", () => {
    const sources = new SampleSources(new SampleSourcesBudget(100, 10));
    follow([{ sequence: 500, drops: 9 }], sources);
    sources.restart();
    expect(follow([{ sequence: 1 }, { sequence: 2 }], sources)).toMatchObject({ lost: 0, agentDrops: 0 });
  });

  it("are bounded for one session and for all, and given back", () => {
    const budget = new SampleSourcesBudget(15, 10);
    const [one, other] = [new SampleSources(budget), new SampleSources(budget)];
    const ports = Array.from({ length: 100 }, (_, index) => ({ sequence: 1, index }));
    expect([follow(ports, one).sources, follow(ports, other).sources]).toEqual([10, 5]);
    one.release();
    expect([follow(ports, other).sources, budget.left]).toEqual([10, 5]);
  });
});
