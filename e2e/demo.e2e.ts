/**
 * Demo traffic, sent over UDP in four protocols, against every panel of every shipped dashboard: what a panel's query answers is what the
 * sender's ledger adds up to. Nothing is inserted directly.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { MEASURES, parseFlowQuery, type Frame, type MeasureName } from "@sillage/model";
import { run } from "./support/exporters.ts";
import { groupFlows, measure, passing, readLedger, type LedgerFlow } from "./support/ledger.ts";
import { REPOSITORY } from "./support/needs.ts";
import { BUNDLE, frameRows, startSystem, waitFor, type System } from "./support/system.ts";

interface PanelTarget {
  readonly name: string;
  readonly target: Record<string, unknown>;
}

const DASHBOARDS = path.join(REPOSITORY, "dashboards");

const targets: PanelTarget[] = readdirSync(DASHBOARDS)
  .filter((file) => file.startsWith("sillage-") && file.endsWith(".json"))
  .flatMap((file) => {
    const dashboard = JSON.parse(readFileSync(path.join(DASHBOARDS, file), "utf8")) as {
      title: string;
      panels: { title: string; targets?: Record<string, unknown>[] }[];
    };
    return dashboard.panels.flatMap((panel) =>
      (panel.targets ?? []).map((target) => ({
        name: `${dashboard.title}: ${panel.title} (${String(target.refId)})`,
        target: { ...target, filter: "" },
      })),
    );
  });

/** Exact, but for distinct counts out of a rollup's sketches (typical error 1.6 %; four times that is allowed). */
function expectMeasure(name: MeasureName, got: number, wanted: number, table: unknown): void {
  if (MEASURES[name].kind === "distinct" && table !== "flows")
    expect(Math.abs(got - wanted)).toBeLessThanOrEqual(Math.ceil(wanted * 0.064));
  else if (MEASURES[name].kind === "rate") expect(got).toBeCloseTo(wanted, 4);
  else expect(got).toBe(wanted);
}

describe("demo traffic", () => {
  let system: System;
  let flows: LedgerFlow[];
  let range: { from: number; to: number };
  const rangeSeconds = (): number => (range.to - range.from) / 1000;

  beforeAll(async () => {
    system = await startSystem();
    const ledgerFile = path.join(system.folder, "sent.ndjson");
    const from = Date.now() - 1_000;
    const send = [
      "send",
      "--to",
      `127.0.0.1:${system.udpPort}`,
      "--rate",
      "500",
      "--seconds",
      "20",
      "--seed",
      "11",
      "--ledger",
      ledgerFile,
      "--ledger-flows",
    ];
    await run(process.execPath, [BUNDLE, ...send], 60_000);
    flows = readLedger(ledgerFile);
    range = { from, to: Date.now() + 500 };
    await waitFor("all flows", async () => {
      const { A } = await system.query(range, { A: { view: "stat", measures: ["flows"] } });
      return A?.frames[0]?.data.values[0]?.[0] === flows.length && Date.now() > range.to + 6_000 ? true : undefined;
    });
  });

  afterAll(async () => {
    await system.stop();
  });

  it("has panels to compare and enough traffic for each", () => {
    expect(targets.length).toBeGreaterThanOrEqual(15);
    expect(flows.length).toBeGreaterThan(5_000);
    expect(measure(flows, "attempts", 1)).toBeGreaterThan(10);
  });

  it.each(targets)("$name", async ({ target }) => {
    const query = parseFlowQuery(target);
    const asked = passing(flows, query);
    const { A } = await system.query(range, { A: target });
    expect(A).toMatchObject({ status: 200 });
    const frames = A!.frames;
    const table = frames[0]?.schema.meta?.custom?.table;
    switch (query.view) {
      case "stat": {
        const row = frameRows(frames[0]!)[0]!;
        for (const name of query.measures) expectMeasure(name, Number(row[name]), measure(asked, name, rangeSeconds()), table);
        return;
      }
      case "top": {
        const groups = groupFlows(asked, query);
        const rows = frameRows(frames[0]!);
        const rank = (group: readonly LedgerFlow[]): number => measure(group, query.measures[0]!, rangeSeconds());
        expect(rows.map((row) => Number(row[query.measures[0]!]))).toEqual(
          [...groups.values()]
            .map(rank)
            .sort((a, b) => b - a)
            .slice(0, query.limit),
        );
        for (const row of rows) {
          const group = groups.get(query.dimensions.map(({ field }) => row[field]).join(" "));
          for (const name of query.measures) expectMeasure(name, Number(row[name]), measure(group ?? [], name, rangeSeconds()), table);
        }
        return;
      }
      case "timeseries": {
        const groups = groupFlows(asked, query);
        const shown = new Set<LedgerFlow[]>();
        const [name] = query.measures as [MeasureName];
        for (const frame of frames) {
          const labels = frame.schema.fields[1]?.labels ?? {};
          const group = groups.get(query.dimensions.map(({ field }) => labels[field]).join(" "));
          if (group === undefined) continue; // the series of everything else, below
          shown.add(group);
          expect(totalOf(frame, name)).toBeCloseTo(measure(group, name, 1), 2);
        }
        expect(shown.size).toBe(Math.min(query.limit, groups.size));
        if (query.other && groups.size > query.limit) {
          const rest = [...groups.values()].filter((group) => !shown.has(group)).flat();
          expect(totalOf(frames.at(-1)!, name)).toBeCloseTo(measure(rest, name, 1), 2);
        }
        return;
      }
      case "records":
        throw new Error("no shipped panel lists records: teach this test when one does");
    }
  });

  /**
   * What a series adds up to: its values, times the covered seconds of their buckets where they are rates. Loaded is what lies before the
   * last five seconds, and longer ago than that the range has ended by then.
   */
  function totalOf(frame: Frame, name: MeasureName): number {
    const [times, values] = frame.data.values as [number[], (number | null)[]];
    const stepMs = frame.schema.fields[0]?.config?.interval as number;
    return times.reduce((total, start, i) => {
      const seconds = (Math.min(start + stepMs, range.to) - Math.max(start, range.from)) / 1000;
      return total + (values[i] ?? 0) * (MEASURES[name].kind === "rate" ? seconds : 1);
    }, 0);
  }
});

describe("sillage serve --demo", () => {
  it("shows live data in every panel", async () => {
    const system = await startSystem(["--demo"]);
    try {
      for (const { name, target } of targets) {
        await waitFor(`data for ${name}`, async () => {
          const now = Date.now();
          const { A } = await system.query({ from: now - 3_600_000, to: now }, { A: target });
          const values = (A?.frames ?? []).flatMap((frame) => frame.data.values.slice(-1)[0] ?? []);
          return values.some((value) => typeof value === "number" && value > 0) ? true : undefined;
        });
      }
    } finally {
      await system.stop();
    }
  });
});
