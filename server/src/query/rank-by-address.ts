/**
 * Ranks groups of several dimensions without grouping by all of them: who speaks with whom has tens of millions of groups a day, of which
 * ten are wanted.
 *
 * A group's total is never more than that of the address in it, all flows of that address together (added up in 128 bits, since one that
 * wraps might be less). So addresses are ranked first, by nothing but what ranks; then the groups of the foremost addresses, whole. If
 * the last group that is wanted has more than any address that was left out, no group of those can be among the wanted: the answer is
 * that of all groups, exactly. Otherwise it is asked once more with every further address that has as much; where those are too many,
 * because all have about the same, the caller groups by everything.
 *
 * The destination is taken if there is one: the raw table is sorted by it, so the second statement reads little.
 */
import type { Dimension } from "@sillage/model";
import { aggregateSql, ranksAttempts, type Aggregation } from "./aggregate-sql.ts";
import type { GroupValue } from "./dimension.ts";
import type { Execution, Row } from "./execution.ts";
import { isDistinct, isOfAttempts, type Total } from "./measure.ts";

/** How many addresses are looked into. */
export interface AddressBounds {
  /** At first: at least so many, and so many for each group that is wanted. */
  readonly first: number;
  readonly perGroup: number;
  /** At most. */
  readonly most: number;
}

/**
 * Of three hours of a campus the ten largest pairs are settled by 24 destinations (bytes) and 67 (flows). Each more costs: of a day of a
 * hundred million flows the first 22 have 13 million, the first 110 have 35 million, in thirteen times as many pairs.
 * Three thousand IPv6 addresses of full length take 126,000 characters; ClickHouse takes 131,072 in a parameter by HTTP.
 */
const BOUNDS: AddressBounds = { first: 30, perGroup: 3, most: 3_000 };

/** Rows as the aggregation itself would answer them; undefined where it has to be asked itself. */
export async function rankByAddress(
  aggregation: Aggregation,
  execution: Pick<Execution, "run" | "context">,
  bounds = BOUNDS,
): Promise<readonly Row[] | undefined> {
  const { rank, plan, dimensions } = aggregation;
  const address = boundingAddress(aggregation);
  if (rank === undefined || address === undefined) return undefined;
  const most = Math.min(bounds.most, execution.context.limits.maxResultRows - 1);
  const first = Math.max(bounds.first, bounds.perGroup * rank.limit);
  if (first >= most) return undefined;

  const total = plan.totals[rank.totalIndex]!;
  // A total of attempts alone would leave out the addresses without any, and with them groups of 0 that have something else.
  const totals: readonly Total[] = isOfAttempts(total) && !ranksAttempts(aggregation) ? [total, "flows"] : [total];
  const addresses = await execution.run(
    aggregateSql({
      ...aggregation,
      dimensions: [address],
      plan: { ...plan, totals },
      rank: { totalIndex: 0, desc: true, limit: most + 1 },
      wide: true,
    }),
  );
  const inGroups = (values: readonly GroupValue[]): Promise<readonly Row[]> =>
    execution.run(aggregateSql({ ...aggregation, within: { dimension: address, values } }));
  /** Addresses that may have a group among the wanted ones, given some groups. */
  const candidates = (rows: readonly Row[]): number => {
    const last = rows[rank.limit - 1]?.[dimensions.length + rank.totalIndex];
    const without = last === undefined ? -1 : addresses.findIndex(([, total]) => Number(total) < Number(last));
    return without < 0 ? addresses.length : without;
  };

  const known = addresses.map(([value]): GroupValue => String(value));
  const rows = await inGroups(known.slice(0, first));
  const needed = candidates(rows);
  if (needed <= first) return rows;
  if (needed > most) return undefined;
  // Of the addresses that were looked into, only those that have a group in the answer can have one in the next.
  const stayed = new Set(rows.map((row) => String(row[dimensions.indexOf(address)])));
  return inGroups([...stayed, ...known.slice(first, needed)]);
}

/** The dimension that the others are looked for in. */
function boundingAddress({ plan, dimensions, rank, chosen, stepMs }: Aggregation): Dimension | undefined {
  const total = rank === undefined ? undefined : plan.totals[rank.totalIndex];
  const fits =
    rank?.desc === true &&
    dimensions.length > 1 &&
    total !== undefined &&
    !isDistinct(total) &&
    chosen === undefined &&
    stepMs === undefined &&
    plan.parts.every(({ rollup, basis = "received" }) => rollup === undefined && basis === "received");
  if (!fits) return undefined;
  const whole = (name: "src_addr" | "dst_addr"): Dimension | undefined =>
    dimensions.find(({ field, prefix4 = 32, prefix6 = 128 }) => field === name && prefix4 === 32 && prefix6 === 128);
  return whole("dst_addr") ?? whole("src_addr");
}
