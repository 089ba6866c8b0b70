-- {"query":{"view":"records","dimensions":[{"field":"tos"}],"time":"active","limit":5},"from":1767225600000,"to":1767229200000}

WITH
  (toUnixTimestamp64Milli(if(time_end = 0, time_received, time_end))) AS ended,
  (if(time_start = 0, ended, least(toUnixTimestamp64Milli(time_start), ended))) AS began,
  greatest(ended, began + 1) AS until
SELECT toFloat64(toUnixTimestamp64Milli(time_received)) AS d0, toFloat64(toUnixTimestamp64Milli(time_start)) AS d1, toFloat64(toUnixTimestamp64Milli(time_end)) AS d2, toFloat64(duration) AS d3, if(bitAnd(present, 64) != 0, toInt32(tos), -1) AS d4, toFloat64(packets * (greatest(sampling_rate, 1))) AS d5, toFloat64(bytes * (greatest(sampling_rate, 1))) AS d6, toFloat64(flows) AS d7
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64}) AND (began < {p2:Int64} AND until > {p3:Int64})
ORDER BY (toStartOfFiveMinutes(time_received)) DESC, time_received DESC
LIMIT {p4:UInt64}
-- {"p0":1767225300000,"p1":1767231300000,"p2":1767229200000,"p3":1767225600000,"p4":6}
