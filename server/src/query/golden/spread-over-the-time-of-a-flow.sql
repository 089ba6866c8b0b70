-- {"query":{"filter":"src net 10.0.0.0/8","dimensions":[{"field":"proto"}],"measures":["bps","fps","sources"],"spread":true,"other":true,"limit":1},"from":1767225600000,"to":1767229200000}

WITH
  (toUnixTimestamp64Milli(if(time_end = 0, time_received, time_end))) AS ended,
  (if(time_start = 0, ended, least(toUnixTimestamp64Milli(time_start), ended))) AS began,
  greatest(ended, began + 1) AS until,
  greatest(began, toInt64({p0:Int64})) AS inside_from,
  least(until, toInt64({p1:Int64})) AS inside_until
SELECT if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, toFloat64(sum((bytes * (greatest(sampling_rate, 1))) * ((inside_until - inside_from) / (until - began)))) AS m0, toFloat64(sumIf(flows, began >= {p0:Int64})) AS m1, toFloat64(uniqExactIf(src_addr, src_addr != (toIPv6('::')) AND began >= {p0:Int64})) AS m2
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p2:Int64}) AND time_received < fromUnixTimestamp64Milli({p3:Int64}) AND (began < {p1:Int64} AND until > {p0:Int64})) AND (indexHint((src_addr BETWEEN {p4:IPv6} AND {p5:IPv6})) AND (toUInt128(src_addr) BETWEEN toUInt128({p4:IPv6}) AND toUInt128({p5:IPv6})))
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p6:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":1767225300000,"p3":1767231300000,"p4":"10.0.0.0","p5":"10.255.255.255","p6":2}

WITH
  (toUnixTimestamp64Milli(if(time_end = 0, time_received, time_end))) AS ended,
  (if(time_start = 0, ended, least(toUnixTimestamp64Milli(time_start), ended))) AS began,
  greatest(ended, began + 1) AS until,
  greatest(began, toInt64({p0:Int64})) AS inside_from,
  least(until, toInt64({p1:Int64})) AS inside_until,
  arrayJoin(if(inside_until < {p1:Int64}, ([1, -1]), ([1]))) AS edge,
  if(edge = 1, inside_from, inside_until) AS edge_time
SELECT intDiv(edge_time, {p2:Int64}) * {p2:Int64} AS t, if(bitAnd(present, 1) != 0, toInt32(proto), -1) IN {p3:Array(Int64)} AS chosen, if(chosen, if(bitAnd(present, 1) != 0, toInt32(proto), -1), 0) AS d0, toString(sum((toInt256(((bytes * (greatest(sampling_rate, 1))) / (until - began)) * (exp2(64))) * edge) * ((t + {p2:Int64}) - edge_time))) AS m0, toFloat64(sumIf(flows, edge = 1 AND began >= {p0:Int64})) AS m1, toFloat64(uniqExactIf(src_addr, src_addr != (toIPv6('::')) AND (edge = 1 AND began >= {p0:Int64}))) AS m2, toString(sum((toInt256(((bytes * (greatest(sampling_rate, 1))) / (until - began)) * (exp2(64))) * edge) * {p2:Int64})) AS r0
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p4:Int64}) AND time_received < fromUnixTimestamp64Milli({p5:Int64}) AND (began < {p1:Int64} AND until > {p0:Int64})) AND (indexHint((src_addr BETWEEN {p6:IPv6} AND {p7:IPv6})) AND (toUInt128(src_addr) BETWEEN toUInt128({p6:IPv6}) AND toUInt128({p7:IPv6})))
GROUP BY t, chosen, d0
ORDER BY t
-- {"p0":1767225600000,"p1":1767229200000,"p2":60000,"p3":[6],"p4":1767225300000,"p5":1767231300000,"p6":"10.0.0.0","p7":"10.255.255.255"}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}
