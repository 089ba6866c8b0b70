/** Nothing that somebody typed is ever part of an SQL text, whatever they typed. */
import { parseFlowQuery, SillageError, type FlowQueryInput } from "@sillage/model";
import fc from "fast-check";
import { runQuery } from "./run-query.ts";
import { recordingStore } from "./testing/recording-store.ts";

const LIMITS = { maxSeconds: 30, maxMemoryBytes: 2 ** 30, maxRowsToRead: 1e9, maxResultRows: 50_000 };
const RANGE = { fromMs: 1_767_225_600_000, toMs: 1_767_229_200_000 };

/** The statement with its placeholders taken out may hold these and nothing else. */
const ALLOWED = /^[\w\s(),.=<>!*/:'[\]-]*$/;

async function statements(input: FlowQueryInput): Promise<string[]> {
  const store = recordingStore([["min(", [[RANGE.fromMs, RANGE.toMs]]]]);
  await runQuery(
    { refId: "A", query: parseFlowQuery(input), range: RANGE, intervalMs: 60_000, maxDataPoints: 100, alert: false },
    { store, limits: LIMITS, nowMs: RANGE.toMs },
  );
  return store.requests.map((request) => request.sql);
}

/** Marked, so that it can be found again. */
const hostile = fc.oneof(
  fc.constantFrom("' OR 1=1 --", "1); DROP TABLE flows; --", "{p0:String}", "\\'; SELECT 1", "/* 424242 */", "`flows`", "\u0000424242"),
  fc.string({ maxLength: 30 }).map((text) => `424242${text}`),
);
const number = fc.integer({ min: 1_000_000, max: 4_000_000_000 });

it("binds numbers and addresses of filters", async () => {
  await fc.assert(
    fc.asyncProperty(number, fc.ipV4(), fc.ipV6(), async (big, v4, v6) => {
      const sql = (
        await statements({ view: "stat", filter: `bytes > ${big} or src ip ${v4} or net ${v6}/64 or ip in [${v4} ${v6}]` })
      ).join("\n");
      expect(sql).not.toContain(String(big));
      expect(sql).not.toContain(`'${v4}`);
      expect(sql).not.toContain(`'${v6}`);
    }),
  );
});

it("never prints hostile text, in filters or in ad hoc values", async () => {
  const fields = fc.constantFrom("src_addr", "proto", "src_port", "bytes", "src_mac", "flow_type", "tcp_flags");
  const op = fc.constantFrom("=" as const, "!=" as const, "=|" as const, "<" as const);
  await fc.assert(
    fc.asyncProperty(hostile, fields, op, async (text, field, operator) => {
      for (const input of [
        { view: "top" as const, filter: text, dimensions: [{ field: "src_addr" }] },
        { view: "stat" as const, filter: `src port ${text}` },
        { view: "records" as const, filters: [{ field, op: operator, values: [text] }] },
      ]) {
        let sql: string[];
        try {
          sql = await statements(input);
        } catch (error) {
          expect(error).toBeInstanceOf(SillageError); // refused before any SQL was made
          continue;
        }
        for (const statement of sql) {
          expect(statement).not.toContain("424242");
          expect(statement.replace(/\{p\d+:[A-Za-z0-9()]+\}/g, "")).toMatch(ALLOWED);
        }
      }
    }),
    { numRuns: 300 },
  );
});
