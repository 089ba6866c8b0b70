/**
 * The loss balance of one exporter session: where its records went, in records, so that all parts add up to what it sent (LOSS_PARTS).
 *
 *   exported = stored + filtered + spool full      decoded, without copies
 *            + malformed + waiting + expired       received and not decoded: bytes divided by the mean bytes of a record
 *            + lost + kernel                       missing in the sequence numbers
 *
 * A datagram that the kernel dropped is missing in the sequence numbers as well. So the kernel's drops are taken out of what those tell and
 * never added to it; only of an exporter without usable numbers they are added. Who of those that share a socket lost how many of its drops
 * is told by KernelShares. Copies are stored again but were exported once, so they are in no part.
 */
import { LOSS_NAMES, type LossPartName, type LossTotals } from "@sillage/model";
import type { DropCause, ExporterStats } from "../decode/index.ts";

/** How many records one count of a cause stands for: as many as its bytes, itself, or none because other counts tell them. */
type CauseUnit = "bytes" | "records" | "rows" | "nothing";

interface CauseMeaning {
  readonly part: Extract<LossPartName, "malformed" | "expired" | "spool_full">;
  readonly unit: CauseUnit;
}

const UNREADABLE: CauseMeaning = { part: "malformed", unit: "bytes" };
/** The data that a template describes is counted by itself, when it waits in vain. */
const TEMPLATE: CauseMeaning = { part: "malformed", unit: "nothing" };
const NO_TEMPLATE: CauseMeaning = { part: "expired", unit: "bytes" };

/** `spool_full` is the collector's own cause. */
const CAUSES: Readonly<Record<DropCause | "spool_full", CauseMeaning>> = {
  empty_datagram: UNREADABLE,
  unknown_version: UNREADABLE,
  unsupported_sflow: UNREADABLE,
  truncated_header: UNREADABLE,
  truncated_records: UNREADABLE,
  unknown_aggregation: UNREADABLE,
  lost_framing: UNREADABLE,
  cut_off_message: UNREADABLE,
  bad_set_length: UNREADABLE,
  set_overrun: UNREADABLE,
  bad_template: TEMPLATE,
  template_too_large: TEMPLATE,
  bad_record: UNREADABLE,
  ambiguous_template: NO_TEMPLATE,
  template_never_came: NO_TEMPLATE,
  waiting_full: NO_TEMPLATE,
  bad_sample: UNREADABLE,
  sink_full: { part: "spool_full", unit: "records" },
  internal_error: UNREADABLE,
  spool_full: { part: "spool_full", unit: "rows" },
};

/** Bytes of a record while none was decoded: a NetFlow v5 record has 48, the common templates little more. */
const TYPICAL_RECORD_BYTES = 60;
/** More samples do not fit a datagram: numbers that say so are not the samples' numbers. */
const MAX_SAMPLES_PER_DATAGRAM = 64;

export const NO_LOSS: LossTotals = Object.fromEntries(LOSS_NAMES.map((name) => [name, 0])) as LossTotals;

/** @param kernelDatagrams of this session that the kernel dropped */
export function lossTotals(session: ExporterStats, kernelDatagrams: number): LossTotals {
  const { dataRecords, optionsRecords, datagrams, sequence } = session;
  const records = dataRecords + optionsRecords;
  /** Numbers and copies are of options records too; the balance is of flows. */
  const dataShare = records === 0 ? 1 : dataRecords / records;
  const recordBytes = records === 0 || session.decodedBytes === 0 ? TYPICAL_RECORD_BYTES : session.decodedBytes / records;
  const perDatagram = datagrams === 0 ? 0 : dataRecords / datagrams;

  const filtered = session.skipped["not_traffic"] ?? 0;
  const withRows = dataRecords - filtered;
  const undecoded = { malformed: 0, expired: 0, spool_full: 0 };
  for (const [cause, count] of Object.entries(session.dropped)) {
    const { part, unit } = CAUSES[cause as keyof typeof CAUSES];
    const bytes = session.droppedBytes[cause] ?? 0;
    if (unit === "bytes") undecoded[part] += Math.max(count, bytes / recordBytes);
    else if (unit === "records") undecoded[part] += count;
    else if (unit === "rows" && session.rows > 0) undecoded[part] += (count * withRows) / session.rows;
  }
  const spoolFull = Math.round(undecoded.spool_full);
  // What the sink had no room for was never counted as decoded.
  const refusedRecords = spoolFull - (session.dropped["sink_full"] ?? 0);
  const duplicateRecords = Math.min(Math.round(sequence.duplicateRecords * dataShare), withRows - refusedRecords);
  const missing = missingRecords(session, dataShare);
  const kernel = Math.round(
    sequence.unit === "none" ? kernelDatagrams * perDatagram : Math.min(missing.records, kernelDatagrams * perDatagram),
  );
  const lost = sequence.unit === "none" ? 0 : Math.max(0, Math.round(missing.records) - kernel);

  return {
    stored: withRows - refusedRecords - duplicateRecords,
    lost,
    kernel,
    malformed: Math.round(undecoded.malformed),
    waiting: Math.round(Math.max(session.waitingSets, session.waitingBytes / recordBytes)),
    expired: Math.round(undecoded.expired),
    refused: 0,
    filtered,
    spool_full: spoolFull,
    datagrams,
    bytes: session.bytes,
    data_records: dataRecords,
    options_records: optionsRecords,
    flow_rows: session.rows - (session.dropped["spool_full"] ?? 0),
    lost_estimated: missing.isEstimate ? lost : 0,
    lost_units: sequence.lost,
    kernel_datagrams: Math.round(kernelDatagrams),
    reordered: sequence.reordered,
    duplicates: sequence.duplicates,
    duplicate_records: duplicateRecords,
    restarts: sequence.restarts,
    clamped_times: session.clampedTimes,
  };
}

/** Datagrams in which the records lost by the sequence numbers were sent. */
export function missingDatagrams({ sequence, dataRecords, optionsRecords, datagrams }: ExporterStats): number {
  if (sequence.unit === "datagrams") return sequence.lost;
  const perDatagram = (dataRecords + optionsRecords) / datagrams;
  return perDatagram > 0 ? sequence.lost / perDatagram : 0;
}

/** Flow records among what is missing in the sequence numbers. */
function missingRecords(
  { sequence, samples, optionsRecords }: ExporterStats,
  dataShare: number,
): { readonly records: number; readonly isEstimate: boolean } {
  // An sFlow agent numbers its samples too, by source; what a lost datagram held is known once a later sample of each source came.
  if (samples && samples.lost > 0 && samples.lost <= sequence.lost * MAX_SAMPLES_PER_DATAGRAM)
    return { records: samples.lost, isEstimate: false };
  return {
    records: sequence.lostRecords * dataShare,
    isEstimate: sequence.unit === "datagrams" || (sequence.unit === "records" && optionsRecords > 0),
  };
}
