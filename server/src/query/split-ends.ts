/**
 * "To or from these networks" as two conditions that no flow passes both of: to them, and from them but not to them.
 *
 * The raw table is sorted by destination, so of the first a few granules are read; asked as one condition with OR, the source's side makes
 * ClickHouse read both addresses of every flow. (Single hosts have indexes on either side, which it combines.) The two SELECTs of the
 * statement add up to the same sums (not to the same distinct counts), and the bound of rows to read counts what both read.
 */
import type { Network, Predicate } from "@sillage/model";

/** The conditions that together are the predicate, each flow under one of them; the predicate itself where that would not help. */
export function splitEnds(predicate: Predicate): readonly Predicate[] {
  const items = operands("and", predicate);
  for (const [index, item] of items.entries()) {
    const ends = destinationsAndSources(item);
    if (ends === undefined) continue;
    const { to, from } = ends;
    const rest = items.filter((_, i) => i !== index);
    return [
      { kind: "and", items: [to, ...rest] },
      { kind: "and", items: [from, { kind: "not", item: to }, ...rest] },
    ];
  }
  return [predicate];
}

/** Of an OR over networks of either end: those of each. */
function destinationsAndSources(predicate: Predicate): { readonly to: Predicate; readonly from: Predicate } | undefined {
  const items = operands("or", predicate);
  const to = items.filter((item) => item.kind === "network" && item.field === "dst_addr");
  const from = items.filter((item) => item.kind === "network" && item.field === "src_addr");
  if (to.length === 0 || to.length + from.length < items.length) return undefined;
  if (!from.some((item) => item.kind === "network" && item.networks.some((network) => !isHost(network)))) return undefined;
  return { to: { kind: "or", items: to }, from: { kind: "or", items: from } };
}

/** Items of a conjunction or disjunction and of those of its kind in it; of anything else, itself. */
function operands(kind: "and" | "or", predicate: Predicate): readonly Predicate[] {
  return predicate.kind === kind ? predicate.items.flatMap((item) => operands(kind, item)) : [predicate];
}

function isHost({ address, prefix }: Network): boolean {
  return prefix === (address.includes(":") ? 128 : 32);
}
