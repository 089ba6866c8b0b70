import fc from "fast-check";
import { planDrop, type Drop, type Part, type Partition, type Room } from "./plan-drop.ts";

const TODAY = "20260510";
const GB = 1e9;
const part = (table: string, id: string, bytes = GB): Partition => ({ table, id, rows: 1, bytes, parts: [partOf(`${id}_1`, bytes)] });
const partOf = (name: string, bytes: number, newestMs = 0): Part => ({ name, rows: 1, bytes, oldestMs: 0, newestMs });
/** A partition of the running day; its parts, the oldest first. */
const running = (table: string, ...parts: readonly Part[]): Partition => ({
  ...{ table, id: TODAY, rows: parts.length, parts },
  bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
});
const days = (table: string, from: number, to: number): Partition[] =>
  Array.from({ length: to - from + 1 }, (_, i) => part(table, `202605${String(from + i).padStart(2, "0")}`));
const room = (maxBytes: number, freeBytes = 500 * GB): Room => ({ maxBytes, diskBytes: 1000 * GB, freeBytes });
const names = (drops: readonly Drop[]): string[] => drops.map(({ table, id, part: name }) => `${table} ${name ?? id}`);

it.each([
  { name: "nothing while there is room", partitions: days("flows", 1, 10), room: room(10 * GB), want: [] },
  {
    name: "the oldest days down to the low-water mark",
    partitions: days("flows", 1, 10),
    room: room(9 * GB),
    want: ["flows 20260501", "flows 20260502"],
  },
  {
    name: "raw flows before rollups",
    partitions: [...days("hosts_5m", 1, 2), ...days("flows", 6, 10)],
    room: room(6 * GB),
    want: ["flows 20260506", "flows 20260507"],
  },
  {
    name: "rollups before the half of the room that raw flows keep",
    partitions: [...days("pairs_1h", 1, 6), ...days("flows", 6, 10)],
    room: room(8 * GB),
    want: ["flows 20260506", "pairs_1h 20260501", "pairs_1h 20260502", "pairs_1h 20260503"],
  },
  {
    name: "rollups when no raw day is left but today",
    partitions: [...days("hosts_5m", 1, 2), ...days("flows", 9, 10)],
    room: room(1.1 * GB),
    want: ["flows 20260509", "hosts_5m 20260501", "hosts_5m 20260502"],
  },
  {
    name: "months that are over before the current one",
    partitions: [part("traffic_1m", "202604", GB), part("traffic_1m", "202605", GB)],
    room: room(1.5 * GB),
    want: ["traffic_1m 202604"],
  },
  {
    name: "nothing for a disk that somebody else has filled",
    partitions: days("flows", 1, 10),
    room: room(100 * GB, 20 * GB),
    want: [],
  },
  {
    name: "never what is kept for years",
    partitions: [part("traffic_1h", "202001", 9 * GB), part("ports_1d", "202001", 9 * GB)],
    room: room(GB),
    want: [],
  },
  {
    name: "when the disk is nearly full, whatever the limit",
    partitions: days("flows", 1, 10),
    room: room(100 * GB, 98 * GB),
    want: days("flows", 1, 8).map(({ table, id }) => `${table} ${id}`),
  },
  {
    name: "the oldest parts of the running day, whatever their table, where it alone has no room",
    partitions: [
      ...days("flows", 9, 9),
      running("flows", partOf("a", 2 * GB, 1000), partOf("b", 2 * GB, 3000), partOf("c", GB, 4000)),
      running("pairs_1h", partOf("d", GB, 2000), partOf("e", GB, 5000)),
    ],
    room: room(5 * GB),
    want: ["flows 20260509", "flows a", "pairs_1h d"],
  },
  {
    name: "nothing of the running day for a disk that somebody else has filled",
    partitions: [running("flows", partOf("a", 50 * GB, 1), partOf("b", 50 * GB, 2))],
    room: room(2000 * GB, 60 * GB),
    want: [],
  },
  {
    name: "parts of the running day when it has filled the disk",
    partitions: [running("flows", partOf("a", 50 * GB, 1), partOf("b", 50 * GB, 2), partOf("c", 850 * GB, 3))],
    room: room(2000 * GB, 10 * GB),
    want: ["flows a", "flows b"],
  },
])("drops $name", ({ partitions, room: given, want }) => expect(names(planDrop(partitions, given, TODAY))).toEqual(want));

it("drops no more than it must, and today's only when nothing older is left", () => {
  const partition = fc
    .record({
      table: fc.constantFrom("flows", "hosts_5m", "traffic_1h"),
      id: fc.integer({ min: 1, max: 10 }).map((day) => `202605${String(day).padStart(2, "0")}`),
      bytes: fc.integer({ min: 1, max: 1000 }),
    })
    .map(({ table, id, bytes }) => part(table, id, bytes));
  fc.assert(
    fc.property(
      fc.uniqueArray(partition, { selector: ({ table, id }) => table + id }),
      fc.integer({ min: 1, max: 10_000 }),
      (partitions, maxBytes) => {
        const total = (list: readonly { readonly bytes: number }[]): number => list.reduce((sum, { bytes }) => sum + bytes, 0);
        const dropped = planDrop(partitions, room(maxBytes), TODAY);
        expect(dropped.every(({ table }) => table !== "traffic_1h")).toBe(true);
        const isToday = dropped.map(({ id }) => id === TODAY);
        expect(isToday.indexOf(true)).toBe(isToday.includes(true) ? isToday.lastIndexOf(false) + 1 : -1);
        if (isToday.includes(true))
          expect(dropped.filter(({ id }) => id < TODAY)).toHaveLength(
            partitions.filter(({ table, id }) => table !== "traffic_1h" && id < TODAY).length,
          );
        if (total(partitions) <= maxBytes) expect(dropped).toEqual([]);
        // Without the last one the mark would not have been reached.
        else if (dropped.length > 0) expect(total(partitions) - total(dropped.slice(0, -1))).toBeGreaterThan(maxBytes * 0.95);
      },
    ),
  );
});
