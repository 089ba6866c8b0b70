import { BacklogTrend } from "./backlog-trend.ts";

it.each([
  { name: "nothing at first", looks: [[0, 5]], want: undefined },
  {
    name: "nothing of half a minute or less",
    looks: [
      [0, 5],
      [29_000, 900],
    ],
    want: undefined,
  },
  {
    name: "growth",
    looks: [
      [0, 1_000],
      [20_000, 9_000],
      [40_000, 5_000],
    ],
    want: 100,
  },
  {
    name: "that it shrinks",
    looks: [
      [0, 90_000],
      [60_000, 30_000],
    ],
    want: -1_000,
  },
  {
    name: "only what was of late",
    looks: [
      [0, 0],
      [300_000, 60_000],
      [360_000, 60_000],
    ],
    want: 0,
  },
] as const)("tells $name", ({ looks, want }) => {
  const trend = new BacklogTrend();
  for (const [atMs, rows] of looks) trend.look(atMs, rows);
  expect(trend.rowsPerSecond).toBe(want);
});
