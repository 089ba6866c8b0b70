/**
 * Where the records went that exporters sent. The parts add up to what was exported, so nothing is lost without a name: the loss balance.
 * Collector, table `loss_1m`, API, page and `sillage doctor` all follow this list.
 */

export interface LossPart {
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Says what the records are, as a sentence. */
  readonly doc: string;
  /** The number comes from bytes or datagrams and the mean size of records, not from counting records. */
  readonly estimated: "always" | "sometimes" | "never";
}

export const LOSS_PARTS = [
  { name: "stored", label: "Stored", doc: "Became flows and were handed to the spool, each once.", estimated: "never" },
  {
    name: "lost",
    label: "Lost before Sillage",
    doc: "Missing in the exporter's sequence numbers and not dropped by the kernel here: lost by the exporter or the network.",
    estimated: "sometimes",
  },
  {
    name: "kernel",
    label: "Dropped by the kernel",
    doc: "In datagrams that the kernel threw away because the receive buffer was full. They are missing in the sequence numbers too, and counted here only.",
    estimated: "always",
  },
  {
    name: "malformed",
    label: "Unreadable",
    doc: "In datagrams or parts of them that are cut off, of no known protocol or wrong in themselves.",
    estimated: "always",
  },
  { name: "waiting", label: "Waiting for a template", doc: "Received, and readable as soon as their template comes.", estimated: "always" },
  {
    name: "expired",
    label: "Template never came",
    doc: "Waited for their template in vain, or found no room to wait.",
    estimated: "always",
  },
  {
    name: "refused",
    label: "Refused",
    doc: "In datagrams of senders that are not on the allow list; one record a datagram is assumed, because they are not decoded.",
    estimated: "always",
  },
  {
    name: "filtered",
    label: "Left out",
    doc: "Describe no traffic (neither an address nor a counter) and make no flow.",
    estimated: "never",
  },
  { name: "spool_full", label: "Spool full", doc: "Decoded, and found no room on the disk or in memory before it.", estimated: "never" },
] as const satisfies readonly LossPart[];

export type LossPartName = (typeof LOSS_PARTS)[number]["name"];

/** Records by part; the sum is what the exporter sent. */
export type LossParts = Readonly<Record<LossPartName, number>>;

/** What is told beside the parts, of the same exporter and time. */
export const LOSS_COUNTS = [
  { name: "datagrams", doc: "Datagrams received (messages, over TCP)." },
  { name: "bytes", doc: "Bytes of payload received." },
  { name: "data_records", doc: "Data records decoded, copies included." },
  { name: "options_records", doc: "Options records decoded." },
  { name: "flow_rows", doc: "Rows made of them and handed to the spool." },
  { name: "lost_estimated", doc: "The part of `lost` that was estimated from datagrams." },
  {
    name: "lost_units",
    doc: "Missing in sequence numbers, the kernel's drops included, in the exporter's unit (flows, records or datagrams).",
  },
  { name: "kernel_datagrams", doc: "Datagrams that the kernel dropped." },
  { name: "reordered", doc: "Datagrams that came after a later one." },
  { name: "duplicates", doc: "Datagrams that came again." },
  { name: "duplicate_records", doc: "Records in those: stored again, and not part of what was exported." },
  { name: "restarts", doc: "How often the exporter's numbers began anew." },
  { name: "clamped_times", doc: "Rows whose times could not be true and were replaced by the time of receipt." },
] as const;

export type LossCountName = (typeof LOSS_COUNTS)[number]["name"];

/** The loss balance by minute. */
export const LOSS_TABLE = "loss_1m";

/** Everything of a balance: parts and counts. */
export type LossTotals = LossParts & Readonly<Record<LossCountName, number>>;

export const LOSS_NAMES: readonly (LossPartName | LossCountName)[] = [...LOSS_PARTS, ...LOSS_COUNTS].map(({ name }) => name);

/** What was exported: all parts together. */
export function exportedRecords(parts: LossParts): number {
  return LOSS_PARTS.reduce((sum, { name }) => sum + parts[name], 0);
}
