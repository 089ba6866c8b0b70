import { exportedRecords, LOSS_NAMES, type LossTotals } from "@sillage/model";
import fc from "fast-check";
import { DROP_CAUSES, type ExporterStats, type SequenceStats } from "../decode/index.ts";
import { lossTotals } from "./loss-balance.ts";
import { exporterStats } from "./testing/fake-decoder.ts";

const numbers = (some: Partial<SequenceStats>): SequenceStats => ({
  ...{ unit: "flows", expected: 0, lost: 0, lostRecords: 0 },
  ...{ reordered: 0, duplicates: 0, duplicateRecords: 0, restarts: 0 },
  ...some,
});

/** 100 datagrams of 10 records of 50 bytes, all of them flows. */
const decoded: Partial<ExporterStats> = { datagrams: 100, dataRecords: 1_000, rows: 1_000, bytes: 50_000, decodedBytes: 50_000 };

describe("the loss balance of a session", () => {
  it.each<{ name: string; session: Partial<ExporterStats>; kernel?: number; wanted: Partial<LossTotals>; exported: number }>([
    { name: "is empty before anything came", session: {}, wanted: {}, exported: 0 },
    { name: "is all stored when all is well", session: decoded, wanted: { stored: 1_000 }, exported: 1_000 },
    {
      name: "has what the numbers miss",
      session: { ...decoded, sequence: numbers({ lost: 70, lostRecords: 70 }) },
      wanted: { stored: 1_000, lost: 70, lost_estimated: 0, lost_units: 70 },
      exported: 1_070,
    },
    {
      name: "estimates what lost datagrams held",
      session: { ...decoded, sequence: numbers({ unit: "datagrams", lost: 3, lostRecords: 30 }) },
      wanted: { lost: 30, lost_estimated: 30, lost_units: 3 },
      exported: 1_030,
    },
    {
      name: "leaves options records out of what is missing",
      session: { ...decoded, optionsRecords: 250, sequence: numbers({ unit: "records", lost: 100, lostRecords: 100 }) },
      wanted: { lost: 80, lost_estimated: 80, lost_units: 100 },
      exported: 1_080,
    },
    {
      name: "takes the numbers of the samples where they tell what lost datagrams held",
      session: {
        ...decoded,
        sequence: numbers({ unit: "datagrams", lost: 3, lostRecords: 30 }),
        samples: { sources: 2, lost: 17, agentDrops: 0, rateDifferences: [] },
      },
      wanted: { lost: 17, lost_estimated: 0 },
      exported: 1_017,
    },
    {
      name: "does not believe missing samples where no datagram is missing",
      session: {
        ...decoded,
        sequence: numbers({ unit: "datagrams" }),
        samples: { sources: 2, lost: 17, agentDrops: 0, rateDifferences: [] },
      },
      wanted: { lost: 0 },
      exported: 1_000,
    },
    {
      name: "takes the kernel's drops out of what the numbers miss",
      session: { ...decoded, sequence: numbers({ lost: 70, lostRecords: 70 }) },
      kernel: 5,
      wanted: { lost: 20, kernel: 50, kernel_datagrams: 5, lost_units: 70 },
      exported: 1_070,
    },
    {
      name: "never takes more out than is missing",
      session: { ...decoded, sequence: numbers({ lost: 30, lostRecords: 30 }) },
      kernel: 5,
      wanted: { lost: 0, kernel: 30 },
      exported: 1_030,
    },
    {
      name: "adds the kernel's drops where there are no numbers",
      session: { ...decoded, sequence: numbers({ unit: "none" }) },
      kernel: 5,
      wanted: { lost: 0, kernel: 50 },
      exported: 1_050,
    },
    {
      name: "counts what waits and what waited in vain by its bytes",
      session: {
        ...decoded,
        waitingSets: 2,
        waitingBytes: 150,
        dropped: { template_never_came: 1, waiting_full: 1 },
        droppedBytes: { template_never_came: 500, waiting_full: 100 },
      },
      wanted: { waiting: 3, expired: 12 },
      exported: 1_015,
    },
    {
      name: "counts what is unreadable by its bytes, at least once each",
      session: { ...decoded, dropped: { bad_record: 2, truncated_records: 4 }, droppedBytes: { bad_record: 1_000, truncated_records: 10 } },
      wanted: { malformed: 24 },
      exported: 1_024,
    },
    {
      name: "does not count a bad template: the data it describes is counted",
      session: { ...decoded, dropped: { bad_template: 2 }, droppedBytes: { bad_template: 1_000 } },
      wanted: { malformed: 0 },
      exported: 1_000,
    },
    {
      name: "counts noise as one record a datagram at least",
      session: { protocol: "unknown", datagrams: 7, bytes: 70, dropped: { unknown_version: 7 }, droppedBytes: { unknown_version: 70 } },
      wanted: { malformed: 7 },
      exported: 7,
    },
    {
      name: "leaves out records that describe no traffic",
      session: { ...decoded, rows: 900, skipped: { not_traffic: 100 } },
      wanted: { stored: 900, filtered: 100, flow_rows: 900 },
      exported: 1_000,
    },
    {
      name: "counts refused rows as the records they were made of, two rows a record in biflow",
      session: { ...decoded, rows: 2_000, dropped: { spool_full: 200 } },
      wanted: { stored: 900, spool_full: 100, flow_rows: 1_800 },
      exported: 1_000,
    },
    {
      name: "counts what the batch had no room for, which was not decoded",
      session: { ...decoded, dropped: { sink_full: 30 }, droppedBytes: { sink_full: 1_500 } },
      wanted: { stored: 1_000, spool_full: 30 },
      exported: 1_030,
    },
    {
      name: "counts copies once",
      session: { ...decoded, sequence: numbers({ duplicates: 4, duplicateRecords: 40 }) },
      wanted: { stored: 960, duplicates: 4, duplicate_records: 40, data_records: 1_000, flow_rows: 1_000 },
      exported: 960,
    },
  ])("$name", ({ session, kernel = 0, wanted, exported }) => {
    const totals = lossTotals(exporterStats(session), kernel);
    expect(totals).toMatchObject(wanted);
    expect(exportedRecords(totals)).toBe(exported);
  });

  it("has whole parts, none below zero, whatever happened", () => {
    const count = fc.integer({ min: 0, max: 10_000 });
    const causes = fc.dictionary(fc.constantFrom(...Object.keys(DROP_CAUSES)), count);
    const session = fc
      .record({
        datagrams: count,
        dataRecords: count,
        optionsRecords: count,
        rowsPerRecord: fc.integer({ min: 1, max: 2 }),
        decodedBytes: count,
        noTraffic: fc.double({ min: 0, max: 1, noNaN: true }),
        refused: fc.double({ min: 0, max: 1, noNaN: true }),
        copies: fc.double({ min: 0, max: 1, noNaN: true }),
        dropped: causes,
        droppedBytes: causes,
        unit: fc.constantFrom<SequenceStats["unit"]>("flows", "records", "datagrams", "none"),
        lost: count,
        waitingSets: count,
        waitingBytes: count,
      })
      .map((one) => {
        const notTraffic = Math.floor(one.dataRecords * one.noTraffic);
        const rows = (one.dataRecords - notTraffic) * one.rowsPerRecord;
        return exporterStats({
          ...one,
          rows,
          skipped: { not_traffic: notTraffic },
          dropped: { ...one.dropped, spool_full: Math.floor(rows * one.refused) },
          sequence: numbers({
            unit: one.unit,
            lost: one.lost,
            lostRecords: one.lost * 3,
            duplicateRecords: Math.floor(one.dataRecords * one.copies),
          }),
        });
      });
    fc.assert(
      fc.property(session, fc.double({ min: 0, max: 1_000, noNaN: true }), (stats, kernel) => {
        const totals = lossTotals(stats, kernel);
        for (const name of LOSS_NAMES) {
          expect(Number.isSafeInteger(totals[name])).toBe(true);
          expect(totals[name]).toBeGreaterThanOrEqual(0);
        }
        const { stored, filtered, spool_full: spoolFull, duplicate_records: copies } = totals;
        const notDecoded = stats.dropped["sink_full"] ?? 0;
        expect(stored + filtered + spoolFull + copies).toBe(stats.dataRecords + notDecoded);
      }),
    );
  });
});
