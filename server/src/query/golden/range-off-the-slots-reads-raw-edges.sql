-- {"query":{"measures":["bps"],"dimensions":[{"field":"proto"}]},"from":1767225601234,"to":1767229230000}

SELECT d0, toFloat64(sum(r0)) AS m0
FROM (
  SELECT if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes * (greatest(sampling_rate, 1))) AS r0
  FROM flows
  WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})
  GROUP BY d0
  UNION ALL
  SELECT if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes_scaled) AS r0
  FROM traffic_1m
  WHERE time_slot >= toDateTime({p2:Int64}) AND time_slot < toDateTime({p3:Int64})
  GROUP BY d0
  UNION ALL
  SELECT if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes_scaled) AS r0
  FROM ports_5m
  WHERE time_slot >= toDateTime({p3:Int64}) AND time_slot < toDateTime({p4:Int64})
  GROUP BY d0
  UNION ALL
  SELECT if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes * (greatest(sampling_rate, 1))) AS r0
  FROM flows
  WHERE time_received >= fromUnixTimestamp64Milli({p5:Int64}) AND time_received < fromUnixTimestamp64Milli({p6:Int64})
  GROUP BY d0
)
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p7:UInt64}
-- {"p0":1767225601234,"p1":1767225660000,"p2":1767225660,"p3":1767225900,"p4":1767229200,"p5":1767229200000,"p6":1767229230000,"p7":11}

SELECT t, d0, toFloat64(sum(r0)) AS m0
FROM (
  SELECT intDiv(toUnixTimestamp64Milli(time_received), {p0:Int64}) * {p0:Int64} AS t, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes * (greatest(sampling_rate, 1))) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p1:Int64}) AND time_received < fromUnixTimestamp64Milli({p2:Int64})) AND if(bitAnd(present, 1) != 0, toInt32(proto), -1) IN {p3:Array(Int64)}
  GROUP BY t, d0
  UNION ALL
  SELECT intDiv(toUnixTimestamp(time_slot), {p4:Int64}) * {p0:Int64} AS t, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes_scaled) AS r0
  FROM traffic_1m
  WHERE (time_slot >= toDateTime({p5:Int64}) AND time_slot < toDateTime({p6:Int64})) AND if(bitAnd(present, 1) != 0, toInt32(proto), -1) IN {p7:Array(Int64)}
  GROUP BY t, d0
  UNION ALL
  SELECT intDiv(toUnixTimestamp64Milli(time_received), {p0:Int64}) * {p0:Int64} AS t, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d0, sum(bytes * (greatest(sampling_rate, 1))) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p8:Int64}) AND time_received < fromUnixTimestamp64Milli({p9:Int64})) AND if(bitAnd(present, 1) != 0, toInt32(proto), -1) IN {p10:Array(Int64)}
  GROUP BY t, d0
)
GROUP BY t, d0
ORDER BY t
-- {"p0":60000,"p1":1767225601234,"p2":1767225660000,"p3":[6,17],"p4":60,"p5":1767225660,"p6":1767229200,"p7":[6,17],"p8":1767229200000,"p9":1767229230000,"p10":[6,17]}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}

SELECT toFloat64(toUnixTimestamp(min(time_slot)) * 1000) AS m0, toFloat64(toUnixTimestamp(max(time_slot)) * 1000) AS m1
FROM traffic_1m
-- {}
