-- {"query":{"view":"top","dimensions":[{"field":"src_addr"}],"measures":["attempts","attempt_destinations"]},"from":1767225600000,"to":1767229200000}

SELECT src_addr AS d0, toFloat64(sumIf(flows, (proto = 6 AND bitAnd(tcp_flags, 18) = 2))) AS m0, toFloat64(uniqExactIf(dst_addr, (proto = 6 AND bitAnd(tcp_flags, 18) = 2) AND dst_addr != (toIPv6('::')))) AS m1
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND (proto = 6 AND bitAnd(tcp_flags, 18) = 2)
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p2:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":11}
