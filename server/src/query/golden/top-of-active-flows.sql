-- {"query":{"view":"top","dimensions":[{"field":"src_addr"}],"measures":["bytes"],"time":"active"},"from":1767225600000,"to":1767229200000}

WITH
  (toUnixTimestamp64Milli(if(time_end = 0, time_received, time_end))) AS ended,
  (if(time_start = 0, ended, least(toUnixTimestamp64Milli(time_start), ended))) AS began,
  greatest(ended, began + 1) AS until
SELECT src_addr AS d0, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64}) AND (began < {p2:Int64} AND until > {p3:Int64})
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p4:UInt64}
-- {"p0":1767225300000,"p1":1767231300000,"p2":1767229200000,"p3":1767225600000,"p4":11}
