import type { Partition } from "./plan-drop.ts";
import { parseRetention, retentionReport, type TableReport } from "./retention-report.ts";

const NOW = Date.parse("2026-05-10T12:00:00Z");
const DAY_MS = 86_400_000;
const GB = 1e9;

/** One day of a table, of one part. */
function day(table: string, id: string, bytes: number, rows = 1000): Partition {
  const oldestMs = Date.parse(`${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6)}T00:00:00Z`);
  const newestMs = Math.min(oldestMs + DAY_MS - 1000, NOW);
  return { table, id, rows, bytes, parts: [{ name: `${id}_1_1_0`, rows, bytes, oldestMs, newestMs }] };
}

const DAYS = ["20260501", "20260502", "20260503", "20260504", "20260505", "20260506", "20260507", "20260508", "20260509", "20260510"];
const PARTITIONS = [...DAYS.map((id) => day("flows", id, GB, 5e7)), ...DAYS.map((id) => day("pairs_1h", id, GB / 5, 1e7))];
const size = (partitions: readonly Partition[], free = 500 * GB) => ({
  partitions,
  usedBytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
  diskBytes: 1000 * GB,
  freeBytes: free,
});
const one = (tables: readonly TableReport[], name: string): TableReport => tables.find(({ table }) => table === name)!;

it("tells of each table what it holds, how it grows, and what goes next by age", () => {
  const { tables, expired, no_room: noRoom, used_bytes: used, disk } = retentionReport(size(PARTITIONS), { retention: { flows: 14 } }, NOW);
  const flows = one(tables, "flows");
  expect(flows).toMatchObject({ rows: 5e8, bytes: 10 * GB, partitions: 10, parts: 10, retention_days: 14, bytes_per_row: 20 });
  expect(flows).toMatchObject({ oldest: Date.parse("2026-05-01T00:00:00Z"), newest: NOW });
  expect(flows.next).toEqual({ partition: "20260501", rows: 5e7, bytes: GB, at: Date.parse("2026-05-15T23:59:59Z") });
  // Seven days and a half hold 8 GB: today's half day counts whole, as it was made to.
  expect(flows.bytes_per_day! / GB).toBeCloseTo(8 / 7.5, 2);
  expect(one(tables, "pairs_1h").bytes_per_flow).toBeCloseTo(4, 5);
  expect(one(tables, "traffic_1h")).toMatchObject({ rows: 0, oldest: null, bytes_per_day: null, next: null });
  expect([expired, noRoom]).toEqual([[], []]);
  expect([used, disk]).toEqual([12 * GB, { total_bytes: 1000 * GB, free_bytes: 500 * GB }]);
});

it.each([
  {
    name: "fewer days",
    whatIf: { retention: { flows: 6 } },
    expired: ["flows 20260501", "flows 20260502", "flows 20260503"],
    noRoom: [],
  },
  { name: "a smaller limit", whatIf: { maxBytes: 10 * GB }, expired: [], noRoom: ["flows 20260501", "flows 20260502", "flows 20260503"] },
  {
    name: "both: what age takes need not go by size",
    whatIf: { maxBytes: 8.3 * GB, retention: { flows: 6 } },
    expired: ["flows 20260501", "flows 20260502", "flows 20260503"],
    noRoom: ["flows 20260504", "flows 20260505"],
  },
])("previews $name", ({ whatIf, expired, noRoom }) => {
  const report = retentionReport(size(PARTITIONS), { retention: {} }, NOW, whatIf);
  const names = (list: readonly { readonly table: string; readonly id: string }[]): string[] =>
    list.map(({ table, id }) => `${table} ${id}`);
  expect(names(report.expired)).toEqual(expired);
  expect(names(report.no_room)).toEqual(noRoom);
});

it("tells how far back raw flows will reach", () => {
  const plenty = retentionReport(size(PARTITIONS), { retention: { flows: 30, pairs_1h: 30 } }, NOW);
  expect(plenty.by_age_bytes! / GB).toBeCloseTo((30 * 8 * 1.2) / 7.5, 1);
  expect(plenty.raw_days).toBeCloseTo(((plenty.low_water_bytes - (30 * 8 * 0.2 * GB) / 7.5) / GB / 8) * 7.5, 1);
  const large = retentionReport(size(PARTITIONS), { maxBytes: 100 * GB, retention: { flows: 30, pairs_1h: 30 } }, NOW);
  expect(large.raw_days).toBe(30);
  expect(retentionReport(size([]), { retention: {} }, NOW)).toMatchObject({ by_age_bytes: null, raw_days: null });
});

it.each([
  { texts: ["flows=14", "pairs_1h=30"], want: { flows: 14, pairs_1h: 30 } },
  { texts: ["flow=14"], want: /no table "flow"/ },
  { texts: ["flows"], want: /expected days/ },
  { texts: ["flows=0"], want: /expected days/ },
  { texts: ["flows=99999"], want: /expected days/ },
])("reads days from $texts", ({ texts, want }) => {
  if (want instanceof RegExp) expect(() => parseRetention(texts)).toThrow(want);
  else expect(parseRetention(texts)).toEqual(want);
});
