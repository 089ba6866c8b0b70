-- {"query":{"view":"records","dimensions":[{"field":"src_mac"},{"field":"tos"}],"scaled":false},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(toUnixTimestamp64Milli(time_received)) AS d0, toFloat64(toUnixTimestamp64Milli(time_start)) AS d1, toFloat64(toUnixTimestamp64Milli(time_end)) AS d2, toFloat64(duration) AS d3, toFloat64(src_mac) AS d4, if(bitAnd(present, 64) != 0, toInt32(tos), -1) AS d5, toFloat64(packets) AS d6, toFloat64(bytes) AS d7, toFloat64(flows) AS d8
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})
ORDER BY (toStartOfFiveMinutes(time_received)) DESC, time_received DESC
LIMIT {p2:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":11}
