-- {"query":{"view":"top","filter":"src net 10.0.0.0/8 and not dst port 53","dimensions":[{"field":"dst_addr"}],"measures":["bytes","flows"]},"from":1767225600000,"to":1767229200000}

SELECT dst_addr AS d0, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0, toFloat64(sum(flows)) AS m1
FROM flows
WHERE ((toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) >= toDateTime({p0:Int64}) AND (toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) <= toDateTime({p1:Int64}) AND time_received >= fromUnixTimestamp64Milli({p2:Int64}) AND time_received < fromUnixTimestamp64Milli({p3:Int64})) AND ((src_addr BETWEEN {p4:IPv6} AND {p5:IPv6}) AND NOT dst_port = {p6:UInt64})
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p7:UInt64}
-- {"p0":1767225600,"p1":1767228900,"p2":1767225600000,"p3":1767229200000,"p4":"10.0.0.0","p5":"10.255.255.255","p6":53,"p7":11}
