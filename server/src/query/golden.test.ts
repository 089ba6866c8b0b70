/**
 * FlowQuery -> statements, as files that a reviewer reads as a diff. SILLAGE_UPDATE_GOLDEN=1 writes them anew.
 * The store is a fake: it ranks two groups and has everything loaded.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseFlowQuery, type FlowQueryInput } from "@sillage/model";
import { runQuery } from "./run-query.ts";
import { recordingStore } from "./testing/recording-store.ts";

const FOLDER = path.join(__dirname, "golden");
const HOUR = 3_600_000;
/** 2026-01-01T00:00:00Z. */
const START = 1_767_225_600_000;
const LIMITS = { maxSeconds: 30, maxMemoryBytes: 2 ** 30, maxRowsToRead: 1e9, maxResultRows: 50_000 };

interface Case {
  readonly name: string;
  readonly query: FlowQueryInput;
  readonly from?: number;
  readonly to?: number;
  readonly alert?: boolean;
  /** Rows of the statement that ranks. */
  readonly ranked?: readonly (readonly unknown[])[];
}

const cases: readonly Case[] = [
  { name: "total-bits-from-the-rollup", query: { measures: ["bps"] } },
  {
    name: "range-off-the-slots-reads-raw-edges",
    query: { measures: ["bps"], dimensions: [{ field: "proto" }] },
    from: START + 1_234,
    to: START + HOUR + 30_000,
    ranked: [
      [6, 100],
      [17, 50],
    ],
  },
  {
    name: "filter-on-addresses-reads-raw-rows",
    query: {
      view: "top",
      filter: "src net 10.0.0.0/8 and not dst port 53",
      dimensions: [{ field: "dst_addr" }],
      measures: ["bytes", "flows"],
    },
  },
  {
    name: "network-by-its-two-ends",
    query: { view: "stat", filter: "net 10.20.5.0/24 and proto tcp", measures: ["bytes"] },
  },
  {
    name: "scanned-ports-with-sketches",
    query: { view: "top", dimensions: [{ field: "svc_port" }], measures: ["attempts", "attempt_sources"], limit: 20 },
  },
  {
    name: "hosts-with-sketches-of-both-ends",
    query: { view: "stat", filter: "proto tcp", measures: ["hosts", "bytes"], scaled: false },
    from: START + 10,
  },
  {
    name: "sources-of-attempts-group-only-attempts",
    query: { view: "top", dimensions: [{ field: "src_addr" }], measures: ["attempts", "attempt_destinations"] },
  },
  {
    name: "scanned-ports-off-the-slots",
    query: { view: "top", dimensions: [{ field: "svc_port" }], measures: ["attempt_sources"] },
    from: START + 10,
  },
  {
    name: "two-dimensions-and-other",
    query: { dimensions: [{ field: "src_addr" }, { field: "proto" }], other: true, limit: 2 },
    ranked: [
      ["::ffff:10.0.0.1", 6, 9],
      ["2001:db8::1", 17, 5],
      ["::", -1, 1],
    ],
  },
  {
    name: "prefixes-as-a-dimension",
    query: {
      view: "top",
      dimensions: [{ field: "src_addr", prefix4: 24, prefix6: 48 }],
      measures: ["hosts"],
      order: { measure: "packets", desc: false },
    },
  },
  {
    name: "distinct-counts-on-raw-rows",
    query: { view: "stat", filter: "src port 443", measures: ["hosts", "sources", "destinations"], scaled: false },
  },
  {
    name: "ad-hoc-filters",
    query: {
      view: "stat",
      filter: "any",
      filters: [
        { field: "proto", op: "=|", values: ["tcp", "udp"] },
        { field: "src_port", op: "!=", values: ["443"] },
      ],
    },
  },
  { name: "flow-records", query: { view: "records", filter: "flags S and bytes > 1k", limit: 100 } },
  { name: "records-with-chosen-columns", query: { view: "records", dimensions: [{ field: "src_mac" }, { field: "tos" }], scaled: false } },
  {
    name: "spread-over-the-time-of-a-flow",
    query: {
      filter: "src net 10.0.0.0/8",
      dimensions: [{ field: "proto" }],
      measures: ["bps", "fps", "sources"],
      spread: true,
      other: true,
      limit: 1,
    },
    ranked: [
      [6, 100, 3, 1],
      [17, 50, 2, 1],
    ],
  },
  { name: "top-of-active-flows", query: { view: "top", dimensions: [{ field: "src_addr" }], measures: ["bytes"], time: "active" } },
  { name: "records-of-active-flows", query: { view: "records", dimensions: [{ field: "tos" }], time: "active", limit: 5 } },
  {
    name: "alert-leaves-unfinished-buckets-out",
    query: { measures: ["attempts"], dimensions: [{ field: "svc_port" }] },
    alert: true,
    from: START + 30_000,
    to: START + HOUR,
    ranked: [[22, 100]],
  },
];

it.each(cases)("$name", async ({ name, query, from = START, to = START + HOUR, alert = false, ranked = [] }) => {
  const store = recordingStore([
    ["min(", [[START, START + 24 * HOUR]]],
    ["ORDER BY m", ranked],
  ]);
  const request = {
    refId: "A",
    query: parseFlowQuery(query),
    range: { fromMs: from, toMs: to },
    intervalMs: 60_000,
    maxDataPoints: 1000,
    alert,
  };
  await runQuery(request, { store, limits: LIMITS, nowMs: START + HOUR });
  const statements = store.requests.map(
    ({ sql, params }) => `${sql}\n-- ${JSON.stringify(params, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))}\n`,
  );
  const text = `-- ${JSON.stringify({ query, from, to, ...(alert ? { alert } : {}) })}\n\n${statements.join("\n")}`;

  const file = path.join(FOLDER, `${name}.sql`);
  if (process.env["SILLAGE_UPDATE_GOLDEN"] === "1") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(file)) throw new Error(`${file} is missing: run this test with SILLAGE_UPDATE_GOLDEN=1 and read the new file`);
  expect(text).toBe(readFileSync(file, "utf8"));
});
