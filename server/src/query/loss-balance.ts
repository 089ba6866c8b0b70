/**
 * The table `loss_1m`: where the records of exporters went in a range. What waits for a template in a collector that has started again since
 * then waits no longer: it counts as waited in vain.
 */
import { LOSS_NAMES, LOSS_TABLE, type LossTotals } from "@sillage/model";
import { unmappedAddress } from "./address.ts";
import type { QueryContext } from "./execution.ts";
import { askRows } from "./state-table.ts";
import type { Range } from "./step.ts";

export interface ExporterBalance {
  readonly exporter: string;
  readonly protocol: string;
  readonly totals: LossTotals;
}

export interface BalanceStep {
  /** Start, epoch ms. */
  readonly time: number;
  readonly totals: LossTotals;
}

/** Lines in one answer. */
const MAX_LINES = 10_000;
/** How long after the range a start of the collector is looked for. */
const LATER_SECONDS = 86_400;

const isCurrent = "(collector, collector_start) IN starts";
const SUMS = LOSS_NAMES.map((name) => {
  if (name === "waiting") return `toFloat64(sumIf(waiting, ${isCurrent}))`;
  if (name === "expired") return `toFloat64(sum(expired) + sumIf(waiting, NOT ${isCurrent}))`;
  return `toFloat64(sum(${name}))`;
});

const FROM_TABLE = [
  `FROM ${LOSS_TABLE}`,
  "WHERE time_slot >= toDateTime({from:UInt32}, 'UTC') AND time_slot < toDateTime({to:UInt32}, 'UTC')",
].join(" ");
/** The newest start of each collector in the range or soon after it. */
const STARTS = [
  `WITH starts AS (SELECT collector, max(collector_start) FROM ${LOSS_TABLE}`,
  `WHERE time_slot >= toDateTime({from:UInt32}, 'UTC') AND time_slot < toDateTime({to:UInt32} + ${LATER_SECONDS}, 'UTC') GROUP BY collector)`,
].join(" ");

/**
 * By exporter and protocol, the largest first.
 * @param exporter only its lines
 */
export async function lossBalance(context: QueryContext, range: Range, exporter?: string): Promise<ExporterBalance[]> {
  const rows = await askRows(
    context,
    [
      `${STARTS} SELECT exporter, protocol, ${SUMS.join(", ")} ${FROM_TABLE} ${onlyOf(exporter)}`,
      "GROUP BY exporter, protocol ORDER BY sum(datagrams) DESC, exporter, protocol LIMIT {limit:UInt64}",
    ].join(" "),
    { ...seconds(range), limit: MAX_LINES, ...(exporter !== undefined && { exporter }) },
  );
  return rows.map(([address, protocol, ...sums]) => ({
    exporter: unmappedAddress(String(address)),
    protocol: String(protocol),
    totals: totalsOf(sums),
  }));
}

/** Of one exporter, by time. @param stepSeconds whole minutes */
export async function lossHistory(context: QueryContext, range: Range, exporter: string, stepSeconds: number): Promise<BalanceStep[]> {
  const rows = await askRows(
    context,
    [
      `${STARTS} SELECT toFloat64(toUnixTimestamp(toStartOfInterval(time_slot, toIntervalSecond({step:UInt32}), 'UTC'))) AS start,`,
      `${SUMS.join(", ")} ${FROM_TABLE} ${onlyOf(exporter)} GROUP BY start ORDER BY start`,
    ].join(" "),
    { ...seconds(range), exporter, step: stepSeconds },
  );
  return rows.map(([start, ...sums]) => ({ time: Number(start) * 1000, totals: totalsOf(sums) }));
}

/** Several balances as one. */
export function addTotals(all: readonly LossTotals[]): LossTotals {
  return Object.fromEntries(LOSS_NAMES.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)])) as LossTotals;
}

const onlyOf = (exporter: string | undefined): string => (exporter === undefined ? "" : "AND exporter = toIPv6({exporter:String})");

/** Whole minutes: the minute of `from` belongs to the range, that of `to` only when it has begun. */
function seconds({ fromMs, toMs }: Range): { readonly from: number; readonly to: number } {
  return { from: Math.floor(fromMs / 60_000) * 60, to: Math.ceil(toMs / 1000) };
}

function totalsOf(sums: readonly unknown[]): LossTotals {
  // A range that holds a correction and not what it corrects would be below zero.
  return Object.fromEntries(LOSS_NAMES.map((name, i) => [name, Math.max(0, Number(sums[i]))])) as LossTotals;
}
