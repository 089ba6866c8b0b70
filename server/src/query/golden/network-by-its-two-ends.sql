-- {"query":{"view":"stat","filter":"net 10.20.5.0/24 and proto tcp","measures":["bytes"]},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(sum(r0)) AS m0
FROM (
  SELECT sum(bytes * (greatest(sampling_rate, 1))) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND ((indexHint((dst_addr BETWEEN {p2:IPv6} AND {p3:IPv6})) AND (toUInt128(dst_addr) BETWEEN toUInt128({p2:IPv6}) AND toUInt128({p3:IPv6}))) AND proto = {p4:UInt64})
  UNION ALL
  SELECT sum(bytes * (greatest(sampling_rate, 1))) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND ((indexHint((src_addr BETWEEN {p2:IPv6} AND {p3:IPv6})) AND (toUInt128(src_addr) BETWEEN toUInt128({p2:IPv6}) AND toUInt128({p3:IPv6}))) AND NOT (toUInt128(dst_addr) BETWEEN toUInt128({p2:IPv6}) AND toUInt128({p3:IPv6})) AND proto = {p4:UInt64})
)
ORDER BY m0 DESC
LIMIT {p5:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":"10.20.5.0","p3":"10.20.5.255","p4":6,"p5":11}
