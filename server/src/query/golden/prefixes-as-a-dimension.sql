-- {"query":{"view":"top","dimensions":[{"field":"src_addr","prefix4":24,"prefix6":48}],"measures":["hosts"],"order":{"measure":"packets","desc":false}},"from":1767225600000,"to":1767229200000}

SELECT tupleElement(IPv6CIDRToRange(src_addr, toUInt8(if((src_addr BETWEEN {p0:IPv6} AND {p1:IPv6}), 120, 48))), 1) AS d0, toFloat64(uniqExactArray((arrayFilter(a -> a != toIPv6('::'), [src_addr, dst_addr])))) AS m0, toFloat64(sum(packets * (greatest(sampling_rate, 1)))) AS m1
FROM flows
WHERE time_received >= fromUnixTimestamp64Milli({p2:Int64}) AND time_received < fromUnixTimestamp64Milli({p3:Int64})
GROUP BY d0
ORDER BY m1, d0
LIMIT {p4:UInt64}
-- {"p0":"::ffff:0.0.0.0","p1":"::ffff:255.255.255.255","p2":1767225600000,"p3":1767229200000,"p4":11}
