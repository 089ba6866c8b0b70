import fc from "fast-check";
import { SequencePosition } from "./sequence-position.ts";
import { SequenceTracker, type SavedSequence, type SequenceCounts, type SequenceRule } from "./sequence-tracker.ts";

/** Sequence number and records of a message; NaN records: a part could not be decoded. */
type Message = readonly [sequence: number, units: number];

const V5: readonly SequenceRule[] = ["units-before", "units-through"];
const V9: readonly SequenceRule[] = ["messages", "units-before", "units-through"];
const IPFIX: readonly SequenceRule[] = ["units-before", "units-through", "messages", "shared-messages"];
const SFLOW: readonly SequenceRule[] = ["messages"];

const STEP_MS = 100;

function follow(rules: readonly SequenceRule[], messages: readonly Message[]): SequenceCounts {
  const tracker = new SequenceTracker(rules);
  messages.forEach(([sequence, units], i) => tracker.observe(sequence, units, i * STEP_MS));
  return tracker.counts();
}

/** So many messages of `units` records each, numbered as v5 does. */
function run(first: number, count: number, units: number): Message[] {
  return Array.from({ length: count }, (_, i) => [(first + i * units) >>> 0, units]);
}

/** So many messages of 16 records each, numbered as v9 does. */
function numbered(first: number, count: number): Message[] {
  return Array.from({ length: count }, (_, i) => [first + i, 16]);
}

describe("sequence numbers", () => {
  it.each<{ name: string; rules: readonly SequenceRule[]; messages: Message[]; wanted: Partial<SequenceCounts> }>([
    { name: "say nothing before the first message", rules: V5, messages: [], wanted: { unit: "units", expected: 0, lost: 0 } },
    { name: "add up to what was received", rules: V5, messages: run(100, 5, 30), wanted: { unit: "units", expected: 150, lost: 0 } },
    {
      name: "tell what is missing",
      rules: V5,
      messages: [...run(0, 3, 30), ...run(150, 3, 30)],
      wanted: { expected: 240, lost: 60, reordered: 0, restarts: 0 },
    },
    {
      name: "go on at 0 behind 2^32 - 1, with a loss there too",
      rules: V5,
      messages: [...run(2 ** 32 - 60, 1, 30), ...run(30, 2, 30)],
      wanted: { lost: 60, restarts: 0 },
    },
    {
      name: "give back what comes late",
      rules: V5,
      messages: [...run(0, 2, 30), [120, 30], [60, 30], [90, 30], [150, 30]],
      wanted: { expected: 180, lost: 0, reordered: 2, duplicates: 0 },
    },
    {
      name: "give back what comes late in part",
      rules: V5,
      messages: [
        [0, 30],
        [120, 30],
        [60, 30],
        [150, 30],
      ],
      wanted: { expected: 180, lost: 60, reordered: 1 },
    },
    {
      name: "know what comes twice from what comes late",
      rules: V5,
      messages: [
        [0, 30],
        [30, 30],
        [30, 30],
        [90, 30],
        [60, 30],
        [60, 30],
        [0, 30],
        [120, 30],
      ],
      wanted: { expected: 150, lost: 0, reordered: 1, duplicates: 3, duplicateRecords: 90 },
    },
    {
      name: "count what lies between the first message and an older one",
      rules: V5,
      messages: [
        [90, 30],
        [0, 30],
        [120, 30],
      ],
      wanted: { expected: 150, lost: 60, reordered: 1, duplicates: 0 },
    },
    {
      name: "begin anew after a step back of more than 1,000",
      rules: V5,
      messages: [...run(5_000, 3, 30), ...run(0, 3, 30)],
      wanted: { lost: 0, restarts: 1, reordered: 0 },
    },
    {
      name: "begin anew after a step back that looks like a jump ahead",
      rules: IPFIX,
      messages: [...run(3_000_000_000, 50, 30), ...run(0, 50, 30)],
      wanted: { unit: "units", lost: 0, restarts: 1 },
    },
    {
      name: "keep what was lost before a restart",
      rules: V5,
      messages: [...run(5_000, 2, 30), ...run(5_090, 2, 30), ...run(0, 2, 30), ...run(90, 1, 30)],
      wanted: { lost: 60, restarts: 1 },
    },
    {
      name: "take a copy that comes very late for neither a restart nor a loss",
      rules: V5,
      messages: [...run(0, 100, 30), [30, 30], ...run(3_000, 10, 30)],
      wanted: { lost: 0, restarts: 0 },
    },
    {
      name: "take a number that is wrong once for neither a restart nor a loss",
      rules: SFLOW,
      messages: [...run(1, 50, 1), [60_000, 1], ...run(51, 50, 1), [4_000_000_000, 1], ...run(101, 50, 1)],
      wanted: { expected: 152, lost: 0, restarts: 0 },
    },
    {
      name: "tell a large loss when the exporter went on meanwhile",
      rules: V9,
      messages: [...run(1, 50, 1), ...run(5_051, 50, 1)],
      wanted: { unit: "messages", expected: 5_100, lost: 5_000, restarts: 0 },
    },
    {
      name: "tell nothing over a message that could not be decoded, and are followed from there",
      rules: IPFIX,
      messages: [
        [0, 10],
        [10, Number.NaN],
        [35, 10],
        [45, 10],
        [65, 10],
      ],
      wanted: { unit: "units", lost: 10 },
    },
    {
      name: "tell what is missing before a message that could not be decoded",
      rules: IPFIX,
      messages: [
        [0, 10],
        [10, 10],
        [30, Number.NaN],
        [75, 10],
      ],
      wanted: { lost: 10 },
    },
    {
      name: "of v9 count datagrams, those without records too",
      rules: V9,
      messages: [
        [7, 0],
        [8, 14],
        [9, 3],
        [10, 0],
        [12, 14],
        [13, 14],
      ],
      wanted: { unit: "messages", expected: 7, lost: 1 },
    },
    {
      name: "of v9 count flows where the exporter does (softflowd)",
      rules: V9,
      messages: [
        [100, 14],
        [114, 20],
        [134, 3],
        [157, 14],
        [171, 14],
      ],
      wanted: { unit: "units", lost: 20 },
    },
    {
      name: "of v5 are those of the last flow where the exporter does so (Open vSwitch)",
      rules: V5,
      messages: [
        [1, 2],
        [4, 3],
        [5, 1],
        [10, 2],
        [13, 3],
      ],
      wanted: { unit: "units", lost: 3 },
    },
    {
      name: "of IPFIX count this message's records where the exporter does so (softflowd)",
      rules: IPFIX,
      messages: [
        [7, 7],
        [27, 20],
        [30, 3],
        [44, 14],
      ],
      wanted: { unit: "units", lost: 0 },
    },
    {
      name: "of IPFIX count messages where the exporter does so (Open vSwitch)",
      rules: IPFIX,
      messages: [
        [5, 0],
        [6, 3],
        [7, 4],
        [9, 2],
        [10, 6],
      ],
      wanted: { unit: "messages", lost: 1 },
    },
    {
      name: "of IPFIX do not move with messages without records, whatever those say",
      rules: IPFIX,
      messages: [
        [0, 0],
        [100, 10],
        [110, 0],
        [110, 10],
        [0, 0],
        [120, 10],
      ],
      wanted: { unit: "units", lost: 0, expected: 30, duplicates: 0 },
    },
    {
      name: "that never change mean nothing",
      rules: V9,
      messages: Array.from({ length: 10 }, (): Message => [0, 14]),
      wanted: { unit: "none", lost: 0, duplicates: 0 },
    },
    {
      name: "that fit no rule mean nothing",
      rules: V5,
      messages: Array.from({ length: 100 }, (_, i): Message => [(i * 2_654_435_761) % 90_000, 30]),
      wanted: { unit: "none", lost: 0, restarts: 0 },
    },
    {
      name: "are believed on a line that loses every other datagram",
      rules: V5,
      messages: Array.from({ length: 100 }, (_, i): Message => [i * 60, 30]),
      wanted: { unit: "units", lost: 99 * 30 },
    },
  ])("$name", ({ rules, messages, wanted }) => {
    expect(follow(rules, messages)).toMatchObject(wanted);
  });

  it("follow an exporter that counts in another way after an update, and keep what was lost before", () => {
    const old = Array.from({ length: 3_000 }, (_, i): Message => [i, 7]).filter((_, i) => i !== 2_000);
    const updated = Array.from({ length: 30 }, (_, i): Message => [i * 7, 7]);
    expect(follow(V9, old)).toMatchObject({ unit: "messages", lost: 1, lostRecords: 7 });
    expect(follow(V9, [...old, ...updated])).toMatchObject({ unit: "units", lost: 1, lostRecords: 7, duplicates: 0, restarts: 1 });
  });

  it("follow an exporter that counts in another way from one message to the next", () => {
    const tracker = new SequenceTracker(IPFIX);
    for (let i = 0; i < 300; i++) tracker.observe(i * 7, 7, i);
    for (let i = 0; i < 300; i++) tracker.observe(2_100 + i, 7, 300 + i);
    const { unit, lost } = tracker.counts();
    expect(unit).toBe("messages");
    for (let i = 0; i < 300; i++) tracker.observe(2_400 + i, 7, 600 + i);
    expect(tracker.counts()).toMatchObject({ unit: "messages", lost });
  });

  it("estimate lost records by those of the datagrams that came", () => {
    expect(
      follow(V9, [
        [1, 10],
        [2, 20],
        [3, 0],
        [6, 30],
      ]),
    ).toMatchObject({ unit: "messages", lost: 2, lostRecords: 30 });
  });

  it("of one counter for two domains tell each what it lost (Open vSwitch)", () => {
    const socket = new SequencePosition();
    const domains = [new SequenceTracker(IPFIX, socket), new SequenceTracker(IPFIX, socket)] as const;
    const order = [0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0];
    const lost = new Set([6, 9, 10]);
    order.forEach((domain, i) => {
      if (!lost.has(i)) domains[domain]!.observe(i, 1 + (i % 3), i);
    });
    const counts = domains.map((domain) => domain.counts());
    expect(counts.map(({ unit }) => unit)).toEqual(["messages", "messages"]);
    expect(counts[0]!.lost + counts[1]!.lost).toBe(3);
  });

  it("begin anew when the caller knows of a restart", () => {
    const tracker = new SequenceTracker(V5);
    for (const [sequence, units] of run(100, 3, 30)) tracker.observe(sequence, units, 0);
    tracker.restart();
    for (const [sequence, units] of run(0, 3, 30)) tracker.observe(sequence, units, 0);
    expect(tracker.counts()).toMatchObject({ expected: 180, lost: 0, reordered: 0, duplicates: 0, restarts: 1 });
  });

  it.each([
    { name: "v5", rules: V5, before: run(0, 100, 30), after: run(4_500, 100, 30), lost: 1_500 },
    { name: "IPFIX", rules: IPFIX, before: run(70, 100, 14), after: run(70 + 1_540, 100, 14), lost: 140 },
    { name: "IPFIX as softflowd numbers it", rules: IPFIX, before: run(14, 100, 14), after: run(14 + 1_540, 100, 14), lost: 140 },
    { name: "v9", rules: V9, before: numbered(0, 50), after: numbered(60, 50), lost: 10 },
    { name: "nothing that is missing", rules: V5, before: run(0, 100, 30), after: run(3_000, 100, 30), lost: 0 },
    { name: "an exporter that began anew", rules: V5, before: run(90_000, 100, 30), after: run(0, 100, 30), lost: 0 },
  ])("go on where an earlier process was: $name", ({ rules, before, after, lost }) => {
    const first = new SequenceTracker(rules);
    before.forEach(([sequence, units], i) => first.observe(sequence, units, i * STEP_MS));
    const saved = JSON.parse(JSON.stringify(first.save())) as SavedSequence;
    const second = new SequenceTracker(rules);
    second.resume(saved);
    // Nobody sends while it runs: the one after it knows as much.
    expect(second.save()).toEqual(saved);
    after.forEach(([sequence, units], i) => second.observe(sequence, units, (200 + i) * STEP_MS));
    expect(second.counts()).toMatchObject({ lost, duplicates: 0, reordered: 0 });
  });

  it("may miss more while no process runs, the busier the exporter is", () => {
    const lostOf = (unitsPerSecond: number): number => {
      const tracker = new SequenceTracker(V5);
      tracker.resume({ rule: "units-before", next: 1_000, unitsPerSecond, lastMs: 0 });
      run(3_001_000, 30, 30).forEach(([sequence, units], i) => tracker.observe(sequence, units, 10_000 + i));
      return tracker.counts().lost;
    };
    expect([lostOf(200_000), lostOf(100)]).toEqual([3_000_000, 0]);
  });

  it("may jump far after a long silence of a busy exporter, not after a short one", () => {
    const jump = (silenceMs: number): SequenceCounts => {
      const tracker = new SequenceTracker(V5);
      for (const [i, [sequence, units]] of run(0, 1_000, 30).entries()) tracker.observe(sequence, units, i * 10);
      tracker.observe(30_000 + 500_000, 30, 10_000 + silenceMs);
      tracker.observe(30_000 + 500_030, 30, 10_000 + silenceMs);
      return tracker.counts();
    };
    expect(jump(60_000)).toMatchObject({ lost: 500_000, restarts: 0 });
    expect(jump(10)).toMatchObject({ lost: 0, restarts: 1 });
  });
});

/**
 * Random exporters on a random network. A message is lost, doubled or held back; held back less than the 1,000 units within which a late
 * message is known as one. The exporter restarts now and then and its numbers begin at 0.
 */
const network = fc.record({
  rule: fc.constantFrom<SequenceRule>("units-before", "units-through", "messages"),
  first: fc.constantFrom(0, 17, 2 ** 31 - 100, 2 ** 32 - 500),
  epochs: fc.array(
    fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 30 }),
        fate: fc.constantFrom("arrives", "arrives", "arrives", "arrives", "arrives", "lost", "twice", "late"),
        delay: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 60, maxLength: 120 },
    ),
    { minLength: 1, maxLength: 3 },
  ),
});

describe("sequence numbers of any exporter on any network", () => {
  it("tell exactly what was lost, came late and came twice", () => {
    fc.assert(
      fc.property(network, ({ rule, first, epochs }) => {
        const tracker = new SequenceTracker([rule]);
        const wanted = { lost: 0, expected: 0, reordered: 0, duplicates: 0, restarts: -1 };
        let now = 0;
        epochs.forEach((messages, epoch) => {
          let counter = epoch === 0 ? first : 0;
          const arrivals: { at: number; sequence: number; units: number; from: number; to: number }[] = [];
          let position = 0;
          messages.forEach(({ units, fate, delay }, i) => {
            const size = rule === "messages" ? 1 : units;
            // The first and the last arrive, so that what lies between them is what the model counts.
            const isEnd = i === 0 || i === messages.length - 1;
            const sequence = (rule === "units-through" ? counter + units : counter) >>> 0;
            const arrival = { sequence, units, from: position, to: position + size };
            if (isEnd || fate === "arrives" || fate === "twice") arrivals.push({ ...arrival, at: i });
            if (!isEnd && fate === "twice") arrivals.push({ ...arrival, at: i + delay + 0.5 });
            if (!isEnd && fate === "late") arrivals.push({ ...arrival, at: i + delay + 0.5 });
            counter += size;
            position += size;
          });
          arrivals.sort((a, b) => a.at - b.at);
          // A router that was off for a while: no message of before the restart is still on its way.
          if (epoch > 0) tracker.restart();
          wanted.restarts++;
          const seen = new Set<number>();
          let newest = -1;
          for (const { sequence, units, from } of arrivals) {
            if (seen.has(from)) wanted.duplicates++;
            else if (from < newest) wanted.reordered++;
            seen.add(from);
            newest = Math.max(newest, from);
            tracker.observe(sequence, units, (now += 10));
          }
          const size = (from: number): number => arrivals.find((one) => one.from === from)!.to - from;
          wanted.expected += position;
          wanted.lost += position - [...seen].reduce((sum, from) => sum + size(from), 0);
        });
        const { lost, expected, reordered, duplicates, restarts } = tracker.counts();
        expect({ lost, expected, reordered, duplicates, restarts }).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("never let anything overflow or go below zero, whatever the numbers", () => {
    const anything = fc.array(
      fc.tuple(
        fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 3_000 })),
        fc.oneof(fc.integer({ min: 0, max: 1_500 }), fc.constant(Number.NaN)),
        fc.boolean(),
      ),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(fc.constantFrom(V5, V9, IPFIX, SFLOW), anything, (rules, messages) => {
        const tracker = new SequenceTracker(rules);
        messages.forEach(([sequence, units, restarts], i) => {
          if (restarts && i % 7 === 0) tracker.restart();
          tracker.observe(sequence, units, i);
        });
        for (const value of Object.values(tracker.counts()).filter((one) => typeof one === "number")) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(Number.isSafeInteger(value)).toBe(true);
        }
      }),
    );
  });
});
