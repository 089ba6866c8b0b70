-- {"query":{"measures":["attempts"],"dimensions":[{"field":"svc_port"}]},"from":1767225630000,"to":1767229200000,"alert":true}

SELECT d0, toFloat64(sum(r0)) AS m0
FROM (
  SELECT svc_port AS d0, sumIf(flows, (proto = 6 AND bitAnd(tcp_flags, 18) = 2)) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND (proto = 6 AND bitAnd(tcp_flags, 18) = 2)
  GROUP BY d0
  UNION ALL
  SELECT svc_port AS d0, sum(attempts) AS r0
  FROM ports_5m
  WHERE time_slot >= toDateTime({p2:Int64}) AND time_slot < toDateTime({p3:Int64})
  GROUP BY d0
  UNION ALL
  SELECT svc_port AS d0, sumIf(flows, (proto = 6 AND bitAnd(tcp_flags, 18) = 2)) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p4:Int64}) AND time_received < fromUnixTimestamp64Milli({p5:Int64})) AND (proto = 6 AND bitAnd(tcp_flags, 18) = 2)
  GROUP BY d0
)
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p6:UInt64}
-- {"p0":1767225660000,"p1":1767225900000,"p2":1767225900,"p3":1767228900,"p4":1767228900000,"p5":1767229140000,"p6":11}

SELECT intDiv(toUnixTimestamp64Milli(time_received), {p0:Int64}) * {p0:Int64} AS t, svc_port AS d0, toFloat64(sumIf(flows, (proto = 6 AND bitAnd(tcp_flags, 18) = 2))) AS m0
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p1:Int64}) AND time_received < fromUnixTimestamp64Milli({p2:Int64})) AND svc_port IN {p3:Array(Int64)}
GROUP BY t, d0
ORDER BY t
-- {"p0":60000,"p1":1767225660000,"p2":1767229140000,"p3":[22]}

SELECT toFloat64(toUnixTimestamp64Milli(min(time_received))) AS m0, toFloat64(toUnixTimestamp64Milli(max(time_received))) AS m1
FROM flows
-- {}
