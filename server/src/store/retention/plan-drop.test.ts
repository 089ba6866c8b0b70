import fc from "fast-check";
import { planDrop, type Partition, type Room } from "./plan-drop.ts";

const TODAY = "20260510";
const GB = 1e9;
const part = (table: string, id: string, bytes = GB): Partition => ({ table, id, rows: 1, bytes });
const days = (table: string, from: number, to: number): Partition[] =>
  Array.from({ length: to - from + 1 }, (_, i) => part(table, `202605${String(from + i).padStart(2, "0")}`));
const room = (maxBytes: number, freeBytes = 500 * GB): Room => ({ maxBytes, diskBytes: 1000 * GB, freeBytes });
const names = (partitions: readonly Partition[]): string[] => partitions.map(({ table, id }) => `${table} ${id}`);

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
    partitions: [...days("hosts_5m", 1, 2), ...days("flows", 9, 10)],
    room: room(3.9 * GB),
    want: ["flows 20260509"],
  },
  {
    name: "rollups when no raw day is left but today",
    partitions: [...days("hosts_5m", 1, 2), ...days("flows", 9, 10)],
    room: room(2 * GB),
    want: ["flows 20260509", "hosts_5m 20260501", "hosts_5m 20260502"],
  },
  {
    name: "months that are over, never the current one",
    partitions: [part("traffic_1m", "202604", GB), part("traffic_1m", "202605", GB)],
    room: room(GB / 2),
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
])("drops $name", ({ partitions, room: given, want }) => expect(names(planDrop(partitions, given, TODAY))).toEqual(want));

it("drops no more than it must, and never today's", () => {
  const partition = fc.record({
    table: fc.constantFrom("flows", "hosts_5m", "traffic_1h"),
    id: fc.integer({ min: 1, max: 10 }).map((day) => `202605${String(day).padStart(2, "0")}`),
    rows: fc.constant(1),
    bytes: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(partition, { selector: ({ table, id }) => table + id }),
      fc.integer({ min: 1, max: 10_000 }),
      (partitions, maxBytes) => {
        const total = (list: readonly Partition[]): number => list.reduce((sum, { bytes }) => sum + bytes, 0);
        const dropped = planDrop(partitions, room(maxBytes), TODAY);
        expect(dropped.every(({ id }) => id < TODAY)).toBe(true);
        if (total(partitions) <= maxBytes) expect(dropped).toEqual([]);
        // Without the last one the mark would not have been reached.
        else if (dropped.length > 0) expect(total(partitions) - total(dropped.slice(0, -1))).toBeGreaterThan(maxBytes * 0.95);
      },
    ),
  );
});
