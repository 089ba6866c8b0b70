-- {"query":{"view":"top","filter":"src net 10.0.0.0/8 and not dst port 53","dimensions":[{"field":"dst_addr"}],"measures":["bytes","flows"]},"from":1767225600000,"to":1767229200000}

SELECT dst_addr AS d0, toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0, toFloat64(sum(flows)) AS m1
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND ((indexHint((src_addr BETWEEN {p2:IPv6} AND {p3:IPv6})) AND (toUInt128(src_addr) BETWEEN toUInt128({p2:IPv6}) AND toUInt128({p3:IPv6}))) AND NOT dst_port = {p4:UInt64})
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p5:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":"10.0.0.0","p3":"10.255.255.255","p4":53,"p5":11}
