-- {"query":{"measures":["bps"]},"from":1767225600000,"to":1767229200000}

SELECT intDiv(toUnixTimestamp(time_slot), {p0:Int64}) * {p1:Int64} AS t, toFloat64(sum(bytes_scaled)) AS m0
FROM traffic_1m
WHERE time_slot >= toDateTime({p2:Int64}) AND time_slot < toDateTime({p3:Int64})
GROUP BY t
ORDER BY t
-- {"p0":60,"p1":60000,"p2":1767225600,"p3":1767229200}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}

SELECT toFloat64(toUnixTimestamp(min(time_slot)) * 1000) AS m0, toFloat64(toUnixTimestamp(max(time_slot)) * 1000) AS m1
FROM traffic_1m
-- {}
