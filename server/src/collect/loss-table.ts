/**
 * Rows of the table `loss_1m`: by how much the loss balance of each session grew since the last call, so that the balance of any time is a
 * sum, whatever restarts of this process lie in it. What comes late or turns out otherwise later is a negative row. Sessions that differ in
 * their source port only share a line of the table.
 */
import { LOSS_NAMES, LOSS_TABLE, type LossTotals } from "@sillage/model";
import { encodeNative, type NativeBlock, type NativeColumn, type NativeValue } from "../flow/index.ts";
import { NO_LOSS } from "./loss-balance.ts";

export { LOSS_TABLE };

const SLOT_MS = 60_000;

const COLUMNS: readonly NativeColumn[] = [
  { name: "time_slot", type: "DateTime('UTC')" },
  { name: "collector", type: "String" },
  { name: "collector_start", type: "DateTime64(3, 'UTC')" },
  { name: "exporter", type: "IPv6" },
  { name: "exporter_source", type: "IPv6" },
  { name: "protocol", type: "String" },
  { name: "obs_domain", type: "UInt32" },
  ...LOSS_NAMES.map((name) => ({ name, type: "Int64" })),
];

/** One line of the balance: a session, senders that are refused, or drops of the kernel that belong to nobody. */
export interface LossLine {
  /** Distinct in one call. */
  readonly key: string;
  /** Another value than before: the totals begin again at 0. */
  readonly firstSeenMs: number;
  readonly exporter: string;
  readonly exporterSource: string;
  readonly protocol: string;
  readonly obsDomain: number;
  /** Since `firstSeenMs`; whole numbers. */
  readonly totals: LossTotals;
}

/** Lines kept over a time in which the spool takes nothing; who ends beyond that is forgotten with its last counts. */
const MAX_UNWRITTEN = 20_000;

const identityOf = ({ key, firstSeenMs }: LossLine): string => `${key} ${firstSeenMs}`;

export class LossTable {
  readonly #collector: string;
  readonly #startedMs: number;
  #written = new Map<string, { readonly firstSeenMs: number; readonly totals: LossTotals }>();
  /** What the spool did not take the last time. */
  #unwritten: readonly LossLine[] = [];

  /** @param startedMs when this process began: what waited in one before it waits no longer */
  constructor(collector: string, startedMs: number) {
    this.#collector = collector;
    this.#startedMs = startedMs;
  }

  /**
   * Offers rows for what changed since the last ones that were taken.
   * @param lines all that there are now
   * @param ended lines that are told for the last time; one with the key of another was before it
   * @param offer false when there is no room: then the rows come again with the next
   */
  write(lines: readonly LossLine[], ended: readonly LossLine[], nowMs: number, offer: (block: NativeBlock) => boolean): void {
    const told = new Set([...ended, ...lines].map(identityOf));
    const all = [...this.#unwritten.filter((line) => !told.has(identityOf(line))), ...ended, ...lines];
    const rows = all.flatMap((line) => this.#row(line, nowMs));
    if (rows.length > 0 && !offer(encodeNative(COLUMNS, rows))) {
      this.#unwritten = all.slice(-MAX_UNWRITTEN);
      return;
    }
    this.#unwritten = [];
    this.#written = new Map(lines.map(({ key, firstSeenMs, totals }) => [key, { firstSeenMs, totals }]));
  }

  /** At most one row: by how much a line grew. */
  #row(line: LossLine, nowMs: number): NativeValue[][] {
    const before = this.#written.get(line.key);
    const base = before?.firstSeenMs === line.firstSeenMs ? before.totals : NO_LOSS;
    const change = LOSS_NAMES.map((name) => line.totals[name] - base[name]);
    if (change.every((value) => value === 0)) return [];
    const { exporter, exporterSource, protocol, obsDomain } = line;
    const slotSeconds = Math.floor(nowMs / SLOT_MS) * (SLOT_MS / 1000);
    return [[slotSeconds, this.#collector, this.#startedMs, exporter, exporterSource, protocol, obsDomain, ...change]];
  }
}
