-- {"query":{"dimensions":[{"field":"src_addr"},{"field":"proto"}],"other":true,"limit":2},"from":1767225600000,"to":1767229200000}

SELECT src_addr AS d0, toFloat64(sum(toUInt128(bytes * (greatest(sampling_rate, 1))))) AS m0
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p2:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":3001}

SELECT src_addr AS d0, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d1, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND src_addr IN {p2:Array(IPv6)}
GROUP BY d0, d1
ORDER BY m0 DESC, d0, d1
LIMIT {p3:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":["::ffff:10.0.0.1","2001:db8::1","::"],"p3":3}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}

SELECT toFloat64(toUnixTimestamp(min(time_slot)) * 1000) AS m0, toFloat64(toUnixTimestamp(max(time_slot)) * 1000) AS m1
FROM traffic_1m
-- {}

SELECT intDiv(toUnixTimestamp64Milli(time_received), {p0:Int64}) * {p0:Int64} AS t, src_addr AS d0, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d1, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p1:Int64}) AND time_received < fromUnixTimestamp64Milli({p2:Int64})) AND (src_addr, if(bitAnd(present, 1) != 0, toInt32(proto), -1)) IN (
  SELECT arrayJoin(arrayZip({p3:Array(IPv6)}, {p4:Array(Int64)}))
)
GROUP BY t, d0, d1
ORDER BY t
-- {"p0":60000,"p1":1767225600000,"p2":1767229200000,"p3":["::ffff:10.0.0.1","2001:db8::1"],"p4":[6,17]}

SELECT intDiv(toUnixTimestamp(time_slot), {p0:Int64}) * {p1:Int64} AS t, toFloat64(sum(bytes_scaled)) AS m0
FROM traffic_1m
WHERE time_slot >= toDateTime({p2:Int64}) AND time_slot < toDateTime({p3:Int64})
GROUP BY t
ORDER BY t
-- {"p0":60,"p1":60000,"p2":1767225600,"p3":1767229200}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}
