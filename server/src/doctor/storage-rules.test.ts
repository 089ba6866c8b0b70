import { examine, STORAGE_RULES } from "./index.ts";
import type { StorageReport } from "./report.ts";
import { NOW, storage, system } from "./testing/reports.ts";

const GB = 1e9;

interface Case {
  readonly name: string;
  readonly storage: StorageReport;
  readonly rule: keyof typeof STORAGE_RULES;
  readonly severity: "error" | "warning" | "notice";
  readonly what: RegExp;
  readonly todo: RegExp;
}

const disk = (free: number): { total_bytes: number; free_bytes: number } => ({ total_bytes: 100 * GB, free_bytes: free });
const drop = { table: "flows", id: "20260420", rows: 1, bytes: GB };

const CASES: readonly Case[] = [
  {
    name: "the disk is filled by somebody else",
    storage: storage({ disk: disk(8 * GB) }),
    rule: "disk",
    severity: "warning",
    what: /nearly full: 7\.45 GiB of 93\.1 GiB are free, the tables take 9\.31 GiB/,
    todo: /nothing is dropped: free what else/,
  },
  {
    name: "the disk is full and flows go",
    storage: storage({ disk: disk(GB), no_room: [drop] }),
    rule: "disk",
    severity: "error",
    what: /954 MiB of 93\.1 GiB are free/,
    todo: /the oldest flows go within a minute/,
  },
  {
    name: "the limit keeps raw flows short",
    storage: storage({ used_bytes: 29 * GB }),
    rule: "store-size",
    severity: "notice",
    what: /take 97 % of store\.maxBytes \(27\.9 GiB\): the oldest go by size, raw flows reach back about 13 days and not 30 days/,
    todo: /raise store\.maxBytes to 61\.5 GiB/,
  },
  {
    name: "the limit is near and will do",
    storage: storage({ used_bytes: 28 * GB, by_age_bytes: 28 * GB, raw_days: 30 }),
    rule: "store-size",
    severity: "notice",
    what: /take 93 % of store\.maxBytes \(27\.9 GiB\)$/,
    todo: /sillage retention/,
  },
  {
    name: "merges are behind",
    storage: storage({ mostParts: { table: "flows", partition: "20260501", parts: 600 } }),
    rule: "parts",
    severity: "warning",
    what: /600 parts in the partition 20260501 of flows; ClickHouse slows inserts at 1000 and refuses them at 3000/,
    todo: /larger inserts/,
  },
  {
    name: "merges are so far behind that inserts wait",
    storage: storage({ mostParts: { table: "flows", partition: "20260501", parts: 1_200 } }),
    rule: "parts",
    severity: "error",
    what: /1,200 parts/,
    todo: /cores and disk/,
  },
  {
    name: "a merge does not end",
    storage: storage({ merges: { running: 2, longestMs: 5 * 3_600_000 } }),
    rule: "merges",
    severity: "warning",
    what: /running for 5 hours/,
    todo: /system\.merges/,
  },
  {
    name: "a part is broken",
    storage: storage({ detached: [{ table: "flows", reason: "broken-on-start", parts: 1 }] }),
    rule: "detached-parts",
    severity: "error",
    what: /put 1 part of flows aside \(broken-on-start\)/,
    todo: /ATTACH PART/,
  },
  {
    name: "parts were found that nobody knows",
    storage: storage({ detached: [{ table: "pairs_1h", reason: "unexpected", parts: 3 }] }),
    rule: "detached-parts",
    severity: "warning",
    what: /3 parts of pairs_1h/,
    todo: /delete its folder/,
  },
  {
    name: "a mutation fails",
    storage: storage({ failingMutations: [{ table: "flows", reason: "no space left on device" }] }),
    rule: "mutations",
    severity: "warning",
    what: /table flows fails and is tried again: no space left/,
    todo: /KILL MUTATION/,
  },
];

it.each(CASES)("says when $name", ({ storage: report, rule, severity, what, todo }) => {
  const findings = examine(system({ storage: report }));
  expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  expect(findings[0]).toMatchObject({ severity, what: expect.stringMatching(what) });
  expect(findings[0]?.todo.join("\n")).toMatch(todo);
});

it("has a case for every rule", () => {
  expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(Object.keys(STORAGE_RULES).sort());
});

it("says nothing of a disk that nobody knows, nor of tables while the database does not answer", () => {
  expect(examine(system({ storage: storage({ disk: null }) }))).toEqual([]);
  expect(examine({ nowMs: NOW, devices: undefined })).toEqual([]);
});
