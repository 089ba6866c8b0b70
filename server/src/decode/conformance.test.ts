/**
 * What captures of other people's exporters must show beyond their own facts: nothing depends on source ports or on the order of templates
 * and data, and what is invalid is counted and costs only itself. The other promises have tests elsewhere:
 *  - counts, sums, first and last records, estimates of sFlow, loss by sequence numbers: captures.test.ts
 *  - a restart in the middle: saved-state.test.ts
 *  - equal sums of equal traffic in ClickHouse, whatever the protocol: e2e/exporters.e2e.ts
 */
import type { FieldName } from "@sillage/model";
import type { FlowValue } from "../flow/index.ts";
import { loadCaptureCases, type CaptureCase } from "./testing/captures.ts";
import { counts, decodeCase, total, type Decoded } from "./testing/decode-capture.ts";

const cases = loadCaptureCases() ?? [];
const named = (some: readonly CaptureCase[]): (readonly [string, CaptureCase])[] => some.map((one) => [one.id, one] as const);
const ifAny = cases.length > 0 ? describe : describe.skip;

/** What options may tell of the flows behind them. */
const FROM_OPTIONS = ["sampling_rate", "sampling_source", "time_start", "time_end", "time_source"] as const;

/** Files that stay in front: a flow waits for its own template, not for one that a list in it names. */
const IN_FRONT: Readonly<Record<string, number>> = { "ipfix-yaf-uniflow-biflow": 2 };

/** Everything that an exporter said, whatever the port it used; `leaveOut` names columns that a test leaves out. */
function said({ rows, stats, sums }: Decoded, ...leaveOut: readonly FieldName[]): unknown {
  const hidden = new Set<string>(["exporter_port", ...leaveOut]);
  const essence = (row: Record<string, FlowValue>): string =>
    JSON.stringify(Object.fromEntries(Object.entries(row).filter(([column, value]) => value !== null && !hidden.has(column))));
  return {
    rows: rows.map(essence).sort(),
    records: total(stats, "dataRecords"),
    options: total(stats, "optionsRecords"),
    sums: Object.fromEntries(sums),
    dropped: counts(stats, "dropped"),
    skipped: counts(stats, "skipped"),
  };
}

ifAny("every capture", () => {
  it.each(named(cases))("%s says the same with each datagram from another source port", (_, one) => {
    expect(said(decodeCase(one, { portOf: (n) => 40_000 + n }))).toEqual(said(decodeCase(one)));
  });
});

ifAny("captures of several files", () => {
  const several = cases.filter(({ files }) => files.length > 1);
  it.each(named(several))("%s says the same when data comes before its template", (_, one) => {
    const inFront = IN_FRONT[one.id] ?? 0;
    const files = [...one.files.slice(0, inFront), ...one.files.slice(inFront).reverse()];
    const reversed = decodeCase(one, { files });
    // Flows wait for their template, not for options: before these the rate is unknown, and the export time stands in for uptimes.
    expect(said(reversed, ...FROM_OPTIONS)).toEqual(said(decodeCase(one), ...FROM_OPTIONS));
  });
});

interface Outcome {
  readonly records: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly skipped?: Readonly<Record<string, number>>;
}

/** Cases whose facts tell of an error, of data without a template or of bytes that are no set: what is kept, and what is counted. */
const INVALID: Readonly<Record<string, Outcome>> = {
  "nf5-softflowd": { records: 30, dropped: {} }, // the trailing bytes are further datagrams
  "nf5-invalid01": { records: 30, dropped: { truncated_records: 1 } },
  "ipfix-softflowd": { records: 6, dropped: {}, skipped: { trailing_bytes: 304 } },
  "nf9-no-template": { records: 0, dropped: { template_never_came: 1 } },
  "nf9-bitkeks-template-last": { records: 8, dropped: {} }, // waited inside the datagram
  "ipfix-vflow-lying-length": { records: 2, dropped: { set_overrun: 1 }, skipped: { trailing_bytes: 43 } },
  "ipfix-stream-enterprise-from-nfv9": { records: 57, dropped: { bad_template: 1, template_never_came: 1 } },
  "ipfix-stream-bad-length-in-set": {
    records: 0,
    dropped: { truncated_records: 1, bad_template: 1, set_overrun: 1 },
    skipped: { reserved_sets: 1 },
  },
  "ipfix-stream-missing-template-258": { records: 4, dropped: { template_never_came: 1 } },
};

ifAny("invalid captures", () => {
  const invalid = cases.filter(({ facts }) => facts.errors ?? facts.undecodable_sets ?? facts.zero_tail_or_trailing_bytes);

  it("are those of the table", () => {
    expect(invalid.map(({ id }) => id).sort()).toEqual(Object.keys(INVALID).sort());
  });

  it.each(named(invalid))("%s loses what is invalid, counts it and keeps the rest", (id, one) => {
    const { stats } = decodeCase(one, { expire: true });
    const { records, dropped, skipped = {} } = INVALID[id]!;
    expect({ records: total(stats, "dataRecords"), dropped: counts(stats, "dropped"), skipped: counts(stats, "skipped") }).toEqual({
      records,
      dropped,
      skipped,
    });
  });
});
