/**
 * Bytes and packets of a flow, spread evenly over the time in which it was active, clipped to the range. Everything that counts (flows,
 * attempts, hosts) belongs to the moment at which a flow began: a fraction of a flow is a number that nobody can act upon.
 *
 * Over a whole range, a flow gives the share of its time that lies in it. In a time series it would give a share to every bucket that it
 * touches: thousands for a long flow and a small step. In its place each flow makes two edges, whatever the step: where it begins and where
 * it ends (none at the end of the last bucket). An edge changes the level, which is what all flows together give to one whole bucket from
 * the next bucket on, and gives to its own bucket the part behind it:
 *
 *   level                 +--------------          a bucket's sum = level of the edges before it + parts of the edges in it
 *              +----------+
 *   edges ----/|          |\----          part of an edge = rate per ms * ms from the edge to the end of its bucket, negative for an end
 *   buckets    :    :     :    :
 *
 * Rates are integers of 2^-64 bytes a millisecond, in 256 bits: what an edge adds, the other takes away again to the last bit, so a quiet
 * bucket after busy ones is 0 and not the rounding of a large sum, and no counter that an exporter sends overflows.
 */
import { column, call, constant, fragment, infix, and, type Expr, type Named, type Selected } from "./sql-tree.ts";
import { epochMs } from "./activity.ts";
import { isVolume, rawTotal, volume, type Total } from "./measure.ts";
import type { Scaling } from "./scaling.ts";
import type { Range } from "./step.ts";

/** Of one byte or packet. Unit: 1. */
const FIXED_POINT = 2 ** 64;

/** The part of a flow that lies in the range, `inside_from` to `inside_until`. */
export function insideColumns({ fromMs, toMs }: Range): Named[] {
  // Bound values have their type; the cast is for the text that people see, which they may run.
  const signed = (ms: number): Expr => call("toInt64", epochMs(ms));
  return [
    { expr: call("greatest", column("began"), signed(fromMs)), alias: "inside_from" },
    { expr: call("least", column("until"), signed(toMs)), alias: "inside_until" },
  ];
}

/** A row for each edge of a flow: `edge` is 1 where it begins and -1 where it ends, `edge_time` says when. Needs `insideColumns`. */
export function edgeColumns({ toMs }: Range, stepMs: number): Named[] {
  // One at the end of the last bucket would make a bucket of its own.
  const hasEnd = infix("<", column("inside_until"), epochMs(Math.ceil(toMs / stepMs) * stepMs));
  return [
    { expr: call("arrayJoin", call("if", hasEnd, fragment("[1, -1]"), fragment("[1]"))), alias: "edge" },
    {
      expr: call("if", infix("=", column("edge"), constant(1)), column("inside_from"), column("inside_until")),
      alias: "edge_time",
    },
  ];
}

const lasted: Expr = infix("-", column("until"), column("began"));

function beganInside({ fromMs }: Range): Expr {
  return infix(">=", column("began"), epochMs(fromMs));
}

/** The total over the range as a whole. */
export function shareTotal(total: Total, scaling: Scaling, range: Range): Expr {
  if (!isVolume(total)) return rawTotal(total, scaling, beganInside(range));
  const share = infix("/", infix("-", column("inside_until"), column("inside_from")), lasted);
  return call("sum", infix("*", volume(total, scaling), share));
}

/** What the edges in a bucket give to it (`m`), and for volumes how they change the level after it (`r`). */
export function edgeTotals(totals: readonly Total[], scaling: Scaling, { range, stepMs }: { range: Range; stepMs: number }): Selected[] {
  const rate = (total: "bytes" | "packets"): Expr =>
    infix("*", call("toInt256", infix("*", infix("/", volume(total, scaling), lasted), fragment("exp2(64)"))), column("edge"));
  const behind = infix("-", infix("+", column("t"), epochMs(stepMs)), column("edge_time"));
  const begins = and(infix("=", column("edge"), constant(1)), beganInside(range));
  return [
    ...totals.map((total, i): Selected =>
      isVolume(total)
        ? { expr: call("toString", call("sum", infix("*", rate(total), behind))), alias: `m${i}` }
        : { expr: call("toFloat64", rawTotal(total, scaling, begins)), alias: `m${i}` },
    ),
    ...totals.flatMap((total, i): Selected[] =>
      isVolume(total) ? [{ expr: call("toString", call("sum", infix("*", rate(total), epochMs(stepMs)))), alias: `r${i}` }] : [],
    ),
  ];
}

/** Follows one spread total of one series through its buckets. Buckets come in their order, each at most once. */
export class LevelReader {
  private readonly values: number[];
  private level = 0n;
  private next = 0;

  constructor(buckets: number) {
    this.values = new Array<number>(buckets).fill(0);
  }

  /** @param part `m` of the bucket. @param change `r` of the bucket. */
  add(bucket: number, part: bigint, change: bigint): void {
    this.fillTo(bucket);
    this.values[bucket] = fromFixedPoint(this.level + part);
    this.level += change;
    this.next = bucket + 1;
  }

  /** Sums of all buckets. */
  finish(): number[] {
    this.fillTo(this.values.length);
    return this.values;
  }

  private fillTo(bucket: number): void {
    this.values.fill(fromFixedPoint(this.level), this.next, bucket);
    this.next = bucket;
  }
}

/** A count, which belongs to one bucket, as a part. */
export function toFixedPoint(count: number): bigint {
  return BigInt(count) * BigInt(FIXED_POINT);
}

function fromFixedPoint(sum: bigint): number {
  return Number(sum) / FIXED_POINT;
}
