-- {"query":{"view":"records","dimensions":[{"field":"src_mac"},{"field":"tos"}],"scaled":false},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(toUnixTimestamp64Milli(time_received)) AS d0, toFloat64(toUnixTimestamp64Milli(time_start)) AS d1, toFloat64(toUnixTimestamp64Milli(time_end)) AS d2, toFloat64(duration) AS d3, toFloat64(src_mac) AS d4, if(bitAnd(present, 64) != 0, toInt32(tos), -1) AS d5, toFloat64(packets) AS d6, toFloat64(bytes) AS d7, toFloat64(flows) AS d8
FROM flows
WHERE (toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) >= toDateTime({p0:Int64}) AND (toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) <= toDateTime({p1:Int64}) AND time_received >= fromUnixTimestamp64Milli({p2:Int64}) AND time_received < fromUnixTimestamp64Milli({p3:Int64})
ORDER BY (toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) DESC, time_received DESC
LIMIT {p4:UInt64}
-- {"p0":1767225600,"p1":1767228900,"p2":1767225600000,"p3":1767229200000,"p4":11}
