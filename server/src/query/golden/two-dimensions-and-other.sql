-- {"query":{"dimensions":[{"field":"src_addr"},{"field":"proto"}],"other":true,"limit":2},"from":1767225600000,"to":1767229200000}

SELECT src_addr AS d0, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p2:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":5001}

SELECT src_addr AS d0, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d1, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})
GROUP BY d0, d1
ORDER BY m0 DESC, d0, d1
LIMIT {p2:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":3}

SELECT intDiv(toUnixTimestamp64Milli(time_received), {p0:Int64}) * {p0:Int64} AS t, (src_addr, if(bitAnd(present, 1) != 0, toInt32(proto), -1)) IN (
  SELECT arrayJoin(arrayZip({p1:Array(IPv6)}, {p2:Array(Int64)}))
) AS chosen, if(chosen, src_addr, (toIPv6('::'))) AS d0, if(chosen, if(bitAnd(present, 1) != 0, toInt32(proto), -1), 0) AS d1, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p3:Int64}) AND time_received < fromUnixTimestamp64Milli({p4:Int64})
GROUP BY t, chosen, d0, d1
ORDER BY t
-- {"p0":60000,"p1":["::ffff:10.0.0.1","2001:db8::1"],"p2":[6,17],"p3":1767225600000,"p4":1767229200000}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}
