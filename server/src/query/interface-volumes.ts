/**
 * What sFlow agents counted on their interfaces against what their samples say: sum of frame bytes times rate, between the first and the last
 * counter of each interface. A ratio far from 1 is a wrong rate, lost samples, or sampling in both directions.
 */
import type { QueryContext } from "./execution.ts";
import { askRows } from "./state-table.ts";
import type { Range } from "./step.ts";

export interface InterfaceVolume {
  readonly if_index: number;
  /** bit/s, as the device says; 0 unknown. */
  readonly speed: number;
  /** First and last counter, epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Bytes of frames by the counters. */
  readonly in_octets: number;
  readonly out_octets: number;
  /** The same by the samples. */
  readonly in_estimate: number;
  readonly out_estimate: number;
  /** Samples behind them: the relative error is about 2 / sqrt(n). */
  readonly in_samples: number;
  readonly out_samples: number;
}

const MAX_INTERFACES = 1_000;

const IN_RANGE = "time_received >= fromUnixTimestamp64Milli({from:Int64}) AND time_received < fromUnixTimestamp64Milli({to:Int64})";
const THIS_ONE = "exporter = toIPv6({exporter:String})";

/** A step of a total; 0 where it went back, because the device began anew. */
const growth = (name: string): string => `sum(greatest(0, toInt64(${name}) - toInt64(lagged_${name}))) AS ${name}_growth`;
const lagged = (name: string): string => `lagInFrame(${name}, 1, ${name}) OVER steps AS lagged_${name}`;

const COUNTED = [
  "SELECT if_index, max(if_speed) AS speed, min(time_received) AS first, max(time_received) AS last,",
  `${growth("in_octets")}, ${growth("out_octets")}`,
  `FROM (SELECT if_index, if_speed, time_received, in_octets, out_octets, ${lagged("in_octets")}, ${lagged("out_octets")}`,
  `FROM if_counters WHERE ${THIS_ONE} AND ${IN_RANGE}`,
  "WINDOW steps AS (PARTITION BY if_index ORDER BY time_received ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))",
  "GROUP BY if_index HAVING count() > 1",
].join(" ");

/** Flows that came in or went out between the counters, by interface. */
const sampled = (side: "in" | "out"): string =>
  [
    `SELECT c.if_index AS if_index, sum(f.frame_bytes * greatest(f.sampling_rate, 1)) AS ${side}_estimate, count() AS ${side}_samples`,
    `FROM (SELECT ${side}_if, frame_bytes, sampling_rate, time_received FROM flows WHERE ${THIS_ONE} AND ${IN_RANGE} AND frame_bytes != 0) AS f`,
    `INNER JOIN counted AS c ON f.${side}_if = c.if_index WHERE f.time_received > c.first AND f.time_received <= c.last GROUP BY if_index`,
  ].join(" ");

/** Of one exporter, the busiest interface first; empty where it sends no counters. */
export async function interfaceVolumes(context: QueryContext, { fromMs, toMs }: Range, exporter: string): Promise<InterfaceVolume[]> {
  const rows = await askRows(
    context,
    [
      `WITH counted AS (${COUNTED})`,
      "SELECT toFloat64(k.if_index), toFloat64(k.speed), toFloat64(toUnixTimestamp64Milli(k.first)), toFloat64(toUnixTimestamp64Milli(k.last)),",
      "toFloat64(k.in_octets_growth), toFloat64(k.out_octets_growth), toFloat64(i.in_estimate), toFloat64(o.out_estimate),",
      "toFloat64(i.in_samples), toFloat64(o.out_samples)",
      `FROM counted AS k LEFT JOIN (${sampled("in")}) AS i ON i.if_index = k.if_index LEFT JOIN (${sampled("out")}) AS o ON o.if_index = k.if_index`,
      "ORDER BY k.in_octets_growth + k.out_octets_growth DESC LIMIT {limit:UInt64}",
    ].join(" "),
    { from: fromMs, to: toMs, exporter, limit: MAX_INTERFACES },
  );
  return rows.map((row) => {
    const [ifIndex, speed, from, to, inOctets, outOctets, inEstimate, outEstimate, inSamples, outSamples] = row.map(Number);
    return {
      ...{ if_index: ifIndex!, speed: speed!, from: from!, to: to! },
      ...{ in_octets: inOctets!, out_octets: outOctets!, in_estimate: inEstimate!, out_estimate: outEstimate! },
      ...{ in_samples: inSamples!, out_samples: outSamples! },
    };
  });
}
