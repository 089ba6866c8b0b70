/**
 * "A disk of 50 GB never fills": days of loading at any rate against a model of the disk, with the real plan and the real defaults.
 *
 * The model, per minute: flows come at a rate and take their measured bytes (raw and rollups, docs/benchmarks.md); the spool takes what it
 * may, as if ClickHouse stood still; parts grow up to the cap that `capPartSize` sets; ClickHouse merges what is at most half of the room
 * that is free (DISK_USAGE_COEFFICIENT_TO_SELECT = 2) and keeps the merged parts for eight minutes (old_parts_lifetime); then the guard looks.
 */
import { spoolConfigSchema } from "../../spool/index.ts";
import { planDrop, type Part, type Partition } from "./plan-drop.ts";
import { partSizeLimit, sizeLimit } from "./size-guard.ts";

const DISK = 50e9;
const START_MS = Date.parse("2026-05-01T00:00:00Z");
const MINUTE_MS = 60_000;
/** Bytes of one flow. Twice of what demo traffic takes: real traffic compresses worse. */
const BYTES = { flows: 28, pairs_1h: 6, hosts_5m: 1.4 };
const OLD_PARTS_MINUTES = 8;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");

interface Growing extends Part {
  bytes: number;
  newestMs: number;
}

/** @returns the least room that was ever free, and the most that the tables took */
function simulate(flowsPerSecond: number, days: number): { leastFree: number; mostUsed: number } {
  const maxBytes = sizeLimit(undefined, DISK);
  const spoolBytes = spoolConfigSchema.parse({}).maxBytes;
  const cap = partSizeLimit(maxBytes);
  const tables = new Map<string, Map<string, Growing[]>>(Object.keys(BYTES).map((table) => [table, new Map()]));
  let outdated: { bytes: number; until: number }[] = [];
  let [leastFree, mostUsed] = [DISK, 0];
  for (let minute = 0; minute < days * 1440; minute++) {
    const now = START_MS + minute * MINUTE_MS;
    for (const [table, partitions] of tables) {
      const parts = partitions.get(dayOf(now)) ?? [];
      partitions.set(dayOf(now), parts);
      const bytes = flowsPerSecond * 60 * BYTES[table as keyof typeof BYTES];
      const open = parts.at(-1);
      if (open !== undefined && open.bytes + bytes <= cap) [open.bytes, open.newestMs] = [open.bytes + bytes, now];
      else parts.push({ name: `${minute}`, rows: 1, bytes, oldestMs: now, newestMs: now });
    }
    const lists: Partition[] = [...tables].flatMap(([table, partitions]) =>
      [...partitions].map(([id, parts]) => ({ table, id, rows: 1, parts, bytes: parts.reduce((sum, part) => sum + part.bytes, 0) })),
    );
    const used = lists.reduce((sum, { bytes }) => sum + bytes, 0);
    outdated = outdated.filter(({ until }) => until > minute);
    const freeBytes = DISK - used - spoolBytes - outdated.reduce((sum, { bytes }) => sum + bytes, 0);
    [leastFree, mostUsed] = [Math.min(leastFree, freeBytes), Math.max(mostUsed, used)];
    outdated.push({ bytes: Math.max(0, Math.min(cap, freeBytes / 2)), until: minute + OLD_PARTS_MINUTES });
    for (const { table, id, part } of planDrop(lists, { maxBytes, diskBytes: DISK, freeBytes }, dayOf(now))) {
      const partitions = tables.get(table)!;
      if (part === undefined) partitions.delete(id);
      else
        partitions.set(
          id,
          partitions.get(id)!.filter(({ name }) => name !== part),
        );
    }
  }
  return { leastFree, mostUsed };
}

it.each([
  { rate: 500, days: 12, fills: false },
  { rate: 5_000, days: 5, fills: true },
  { rate: 50_000, days: 2, fills: true },
  { rate: 500_000, days: 1.5, fills: true },
  { rate: 2_000_000, days: 1.2, fills: true },
])("$rate flows/s never fill a disk of 50 GB with a full spool on it", ({ rate, days, fills }) => {
  const { leastFree, mostUsed } = simulate(rate, days);
  expect(leastFree).toBeGreaterThan(0);
  const maxBytes = sizeLimit(undefined, DISK);
  if (fills) expect(mostUsed).toBeGreaterThan(maxBytes * 0.75);
  expect(mostUsed).toBeLessThan(maxBytes + rate * 60 * 36);
});

it.each([
  { name: "30 GiB of a large disk", configured: undefined, disk: 1e12, want: 30 * 2 ** 30 },
  { name: "60 % of a small one", configured: undefined, disk: 20e9, want: 12e9 },
  { name: "30 GiB where nobody tells the disk", configured: undefined, disk: 0, want: 30 * 2 ** 30 },
  { name: "what the operator says, on any disk", configured: 100e9, disk: 20e9, want: 100e9 },
])("the tables may take $name", ({ configured, disk, want }) => expect(sizeLimit(configured, disk)).toBe(want));
