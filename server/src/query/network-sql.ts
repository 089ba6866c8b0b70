/**
 * "The address lies in one of these networks" as SQL. Networks become ranges of IPv6 numbers (IPv4 mapped), merged where they touch.
 * A few ranges are compared as 128-bit numbers, which takes 1 ns a row, not the 12 that ClickHouse needs to compare addresses; only a test
 * of the address itself lets the primary key and the indexes pass over granules, so that test stands beside it as a hint.
 * Long lists (threat feeds hold thousands) would make every row walk through all ranges, so they are asked by prefix length instead: the
 * row's address cut to that length, looked up in a hash set.
 * An IPv6 network never contains an IPv4 address, so a wide one (`::/0`) becomes two ranges around the mapped block.
 */
import { type FieldName, type Network } from "@sillage/model";
import { and, call, column, constant, FALSE, infix, isIn, or, TRUE, value, type Expr } from "./sql-tree.ts";
import { addressText, parseAddress, V4_FIRST, V4_LAST, V4_MAPPED_PREFIX } from "./address.ts";

/** Ranges above which sets are cheaper than comparing each. */
const MAX_RANGES = 32;
const ADDRESS_BITS = 128n;

interface SoughtAddress {
  readonly column: Expr;
  readonly hinted: boolean;
}

interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

/** @param hinted whether the hint is given; below a negation ClickHouse would take what it hints at for certain. */
export function networkSql(name: FieldName, networks: readonly Network[], hinted: boolean): Expr {
  const address: SoughtAddress = { column: column(name), hinted };
  const ranges = merge(networks.flatMap(toRanges));
  if (ranges.length === 0) return FALSE;
  const tests = ranges.length <= MAX_RANGES ? ranges.map((range) => rangeTest(address, range)) : setTests(address, networks);
  // `::` means "not sent" and lies in no network.
  const guard = ranges[0]!.low === 0n ? infix("!=", address.column, value("IPv6", "::")) : TRUE;
  return and(guard, or(...tests));
}

function rangeTest({ column: address, hinted }: SoughtAddress, { low, high }: Range): Expr {
  if (low === high) return infix("=", address, value("IPv6", addressText(low)));
  const [first, last] = [value("IPv6", addressText(low)), value("IPv6", addressText(high))];
  const [item, least, most] = [address, first, last].map((bound) => call("toUInt128", bound)) as [Expr, Expr, Expr];
  const hint = hinted ? call("indexHint", { kind: "between", item: address, low: first, high: last }) : TRUE;
  return and(hint, { kind: "between", item, low: least, high: most });
}

/** One set a prefix length, at most 128 of them, and ranges for the few networks that are not one aligned block. */
function setTests(address: SoughtAddress, networks: readonly Network[]): Expr[] {
  const byLength = new Map<number, Set<string>>();
  const wide: Range[] = [];
  for (const network of networks) {
    const ranges = toRanges(network);
    const length = mappedPrefix(network);
    const [first] = ranges;
    // `::/80` is one range too, but not its whole block: the IPv4 addresses at its end are missing.
    if (first !== undefined && first.high - first.low + 1n === 1n << (ADDRESS_BITS - BigInt(length))) {
      byLength.set(length, (byLength.get(length) ?? new Set()).add(addressText(first.low)));
    } else wide.push(...ranges);
  }
  const sets = [...byLength]
    .sort(([a], [b]) => a - b)
    .map(([length, addresses]) => {
      const cut =
        length === 128
          ? address.column
          : call("tupleElement", call("IPv6CIDRToRange", address.column, call("toUInt8", constant(length))), constant(1));
      return isIn(cut, value("Array(IPv6)", [...addresses].sort()));
    });
  return [...merge(wide).map((range) => rangeTest(address, range)), ...sets];
}

/** Prefix length in IPv6 terms. */
function mappedPrefix({ address, prefix }: Network): number {
  return address.includes(":") ? prefix : prefix + V4_MAPPED_PREFIX;
}

/** Addresses of a network: one range, none for IPv4 written as IPv6, two for an IPv6 network around the IPv4 block. */
function toRanges(network: Network): Range[] {
  const free = ADDRESS_BITS - BigInt(mappedPrefix(network));
  const low = (parseAddress(network.address) >> free) << free;
  const high = low + (1n << free) - 1n;
  if (!network.address.includes(":") || high < V4_FIRST || low > V4_LAST) return [{ low, high }];
  return [
    { low, high: V4_FIRST - 1n },
    { low: V4_LAST + 1n, high },
  ].filter((range) => range.low <= range.high);
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || range.low > last.high + 1n) merged.push(range);
    else if (range.high > last.high) merged[merged.length - 1] = { low: last.low, high: range.high };
  }
  return merged;
}
