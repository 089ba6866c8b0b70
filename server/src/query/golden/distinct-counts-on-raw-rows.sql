-- {"query":{"view":"stat","filter":"src port 443","measures":["hosts","sources","destinations"],"scaled":false},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(uniqExactArray((arrayFilter(a -> a != toIPv6('::'), [src_addr, dst_addr])))) AS m0, toFloat64(uniqExactIf(src_addr, src_addr != (toIPv6('::')))) AS m1, toFloat64(uniqExactIf(dst_addr, dst_addr != (toIPv6('::')))) AS m2
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND src_port = {p2:UInt64}
ORDER BY m0 DESC
LIMIT {p3:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":443,"p3":11}
