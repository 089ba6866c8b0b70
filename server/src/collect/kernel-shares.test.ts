import { KernelShares, type SessionGaps } from "./kernel-shares.ts";

const PORT = 2055;
const STEP_MS = 5_000;

/** [key, datagrams, missing] or, without numbers, [key, datagrams]. */
type Session = readonly [key: string, datagrams: number, missing?: number];

function sessions(list: readonly Session[], port = PORT): SessionGaps[] {
  return list.map(([key, datagrams, missing]) => ({ key, port, datagrams, missing }));
}

/** One step after the other: drops of the kernel so far, and the sessions. */
function follow(steps: readonly (readonly [drops: number, list: readonly Session[]])[]): KernelShares {
  const shares = new KernelShares();
  steps.forEach(([drops, list], i) => shares.update(new Map([[PORT, drops]]), sessions(list), i * STEP_MS));
  return shares;
}

describe("drops of the kernel", () => {
  it("belong to whom the gaps are, in proportion", () => {
    const shares = follow([
      [
        0,
        [
          ["a", 100, 0],
          ["b", 100, 0],
          ["c", 100, 0],
        ],
      ],
      [
        40,
        [
          ["a", 180, 30],
          ["b", 190, 10],
          ["c", 200, 0],
        ],
      ],
    ]);
    expect(["a", "b", "c"].map((key) => shares.of(key))).toEqual([30, 10, 0]);
    expect([...shares.unownedByPort()]).toEqual([]);
  });

  it("leave the rest of the gaps to the network", () => {
    const shares = follow([
      [
        0,
        [
          ["a", 100, 0],
          ["b", 100, 0],
        ],
      ],
      [
        20,
        [
          ["a", 180, 30],
          ["b", 190, 10],
        ],
      ],
    ]);
    expect(["a", "b"].map((key) => shares.of(key))).toEqual([15, 5]);
  });

  it("wait for gaps that appear later, with the exporter's next datagram", () => {
    const shares = follow([
      [0, [["a", 100, 0]]],
      [8, [["a", 100, 0]]],
      [8, [["a", 100, 0]]],
      [8, [["a", 101, 8]]],
    ]);
    expect(shares.of("a")).toBe(8);
  });

  it("explain gaps of the step before, because they are read a moment later", () => {
    const shares = follow([
      [0, [["a", 100, 0]]],
      [0, [["a", 110, 8]]],
      [8, [["a", 120, 8]]],
      [16, [["a", 130, 8]]],
    ]);
    expect(shares.of("a")).toBe(8);
  });

  it("do not explain the same gap twice", () => {
    const shares = follow([
      [0, [["a", 100, 0]]],
      [5, [["a", 110, 8]]],
      [10, [["a", 120, 8]]],
      [15, [["a", 130, 8]]],
    ]);
    expect(shares.of("a")).toBe(8);
  });

  it("that nobody's numbers explain within a minute are of those without numbers, by their datagrams", () => {
    const list = (n: number): Session[] => [
      ["a", 100 * n, 0],
      ["v1", 30 * n],
      ["other", 10 * n],
    ];
    const steps = Array.from({ length: 15 }, (_, i) => [i === 0 ? 0 : 40, list(i + 1)] as const);
    const shares = follow(steps);
    expect(["a", "v1", "other"].map((key) => shares.of(key))).toEqual([0, 30, 10]);
    expect([...shares.unownedByPort()]).toEqual([]);
  });

  it("that nobody can have had are told by port", () => {
    const steps = Array.from({ length: 15 }, (_, i) => [i === 0 ? 0 : 40, [["a", 100 * i, 0]] as Session[]] as const);
    expect([...follow(steps).unownedByPort()]).toEqual([[PORT, 40]]);
  });

  it("of one socket are not of those that send to another", () => {
    const shares = new KernelShares();
    const all = (missing: number): SessionGaps[] => [...sessions([["a", 10, missing]]), ...sessions([["b", 10, missing]], 6343)];
    shares.update(
      new Map([
        [PORT, 0],
        [6343, 0],
      ]),
      all(0),
      0,
    );
    shares.update(
      new Map([
        [PORT, 6],
        [6343, 0],
      ]),
      all(9),
      STEP_MS,
    );
    expect([shares.of("a"), shares.of("b")]).toEqual([6, 0]);
  });

  it("are forgotten with their session", () => {
    const shares = follow([
      [0, [["a", 100, 0]]],
      [4, [["a", 110, 4]]],
      [4, []],
    ]);
    expect(shares.of("a")).toBe(0);
  });
});
