/** What can be wrong with the database's tables and disk, as a table of small functions over its report. */
import type { StorageReport, SystemReport } from "./report.ts";
import type { SystemRule } from "./system-rules.ts";
import { bytes, duration, percent, plural } from "./words.ts";

/** Shares of the disk that are free. Retention by size begins at a tenth, so what is less is not ours, or comes faster than it can drop. */
const LITTLE_FREE = 0.09;
const NEXT_TO_NOTHING_FREE = 0.04;
/** Part of the limit from which on dropping by size is near. */
const NEARLY_FULL = 0.9;
/** Merges take minutes; one of hours stands still or has a disk that does. Unit: ms. */
const LONG_MERGE_MS = 3 * 3_600_000;

type Look = (storage: StorageReport, report: SystemReport) => ReturnType<SystemRule>;

/** Rules say nothing while the database does not answer. */
const ofStorage =
  (look: Look): SystemRule =>
  (report) =>
    report.storage === undefined ? [] : look(report.storage, report);

export const STORAGE_RULES: Readonly<Record<string, SystemRule>> = {
  disk: ofStorage(({ retention: { disk, used_bytes: used, no_room: noRoom } }) => {
    if (disk === null || disk.free_bytes >= disk.total_bytes * LITTLE_FREE) return [];
    return [
      {
        severity: disk.free_bytes < disk.total_bytes * NEXT_TO_NOTHING_FREE ? "error" : "warning",
        what: `the disk of the database is nearly full: ${bytes(disk.free_bytes)} of ${bytes(disk.total_bytes)} are free, the tables take ${bytes(used)}`,
        evidence: { free_bytes: disk.free_bytes, total_bytes: disk.total_bytes, used_bytes: used },
        todo: [
          noRoom.length > 0
            ? "the oldest flows go within a minute to make room (sillage retention names them); lower store.maxBytes to keep clear of it"
            : "dropping flows would not make enough room, so nothing is dropped: free what else is on the disk (du -xh --max-depth=2 / | sort -h | tail)",
          "a full disk stops loading and merging; what is received waits in the spool, if that is on another disk",
        ],
      },
    ];
  }),

  "store-size": ofStorage(({ retention: { used_bytes: used, max_bytes: max, raw_days: rawDays, tables, by_age_bytes: byAge } }) => {
    const raw = tables.find(({ table }) => table === "flows");
    if (used < max * NEARLY_FULL || raw === undefined) return [];
    const isShort = rawDays !== null && rawDays < raw.retention_days;
    return [
      {
        severity: "notice",
        what: `the tables take ${percent(used, max)} of store.maxBytes (${bytes(max)})${
          isShort
            ? `: the oldest go by size, raw flows reach back about ${duration(rawDays * 86_400_000)} and not ${raw.retention_days} days`
            : ""
        }`,
        evidence: { used_bytes: used, max_bytes: max, ...(byAge !== null && { by_age_bytes: Math.round(byAge) }) },
        todo: [
          "sillage retention shows what goes, and what other limits would take away",
          ...(isShort && byAge !== null
            ? [`to keep all days raise store.maxBytes to ${bytes(byAge * 1.1)}, or shorten store.retention`]
            : []),
        ],
      },
    ];
  }),

  parts: ofStorage(({ mostParts, delayParts, refuseParts, merges }, { loader }) => {
    if (mostParts === undefined || mostParts.parts < delayParts / 2) return [];
    const { table, partition, parts } = mostParts;
    const isSlow = parts >= delayParts;
    return [
      {
        severity: isSlow ? "error" : "warning",
        what: `merges are behind: ${plural(parts, "part")} in the partition ${partition} of ${table}; ClickHouse slows inserts at ${delayParts} and refuses them at ${refuseParts}`,
        evidence: {
          parts,
          delay_at: delayParts,
          refuse_at: refuseParts,
          running_merges: merges.running,
          backlog_segments: loader?.backlogSegments ?? "",
        },
        todo: [
          "merges need cores and disk: see what else runs on the machine, and whether an archive of many days is being loaded",
          "larger inserts make fewer parts: raise spool.closeAfter",
        ],
      },
    ];
  }),

  merges: ofStorage(({ merges }) =>
    merges.longestMs < LONG_MERGE_MS
      ? []
      : [
          {
            severity: "warning",
            what: `a merge has been running for ${duration(merges.longestMs)}`,
            evidence: { running: merges.running, longest_ms: merges.longestMs },
            todo: ["SELECT table, elapsed, progress, total_size_bytes_compressed FROM system.merges; look at the speed of the disk"],
          },
        ],
  ),

  "detached-parts": ofStorage(({ detached }) =>
    detached.map(({ table, reason, parts }) => ({
      severity: reason.startsWith("broken") || reason === "covered-by-broken" ? ("error" as const) : ("warning" as const),
      what: `ClickHouse has put ${plural(parts, "part")} of ${table} aside (${reason}): their rows are missing in answers`,
      evidence: { table, reason, parts },
      todo: [
        "a disk or a machine that failed is the usual cause: dmesg, smartctl -a",
        `what can be read comes back with ALTER TABLE ${table} ATTACH PART 'NAME' (names: SELECT name FROM system.detached_parts)`,
        "what cannot: delete its folder below detached/ of the table, and the finding is gone",
      ],
    })),
  ),

  mutations: ofStorage(({ failingMutations }) =>
    failingMutations.map(({ table, reason }) => ({
      severity: "warning" as const,
      what: `a change of the table ${table} fails and is tried again: ${reason.slice(0, 200)}`,
      evidence: { table },
      todo: [`SELECT command, latest_fail_reason FROM system.mutations WHERE NOT is_done; KILL MUTATION ends one that cannot succeed`],
    })),
  ),
};
