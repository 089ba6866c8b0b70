-- {"query":{"view":"stat","filter":"proto tcp","measures":["hosts","bytes"],"scaled":false},"from":1767225600010,"to":1767229200000}

SELECT toFloat64(uniqCombinedMerge(12)(r0)) AS m0, toFloat64(sum(r1)) AS m1
FROM (
  SELECT uniqCombinedStateArray(12)((arrayFilter(a -> a != toIPv6('::'), [src_addr, dst_addr]))) AS r0, sum(bytes) AS r1
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND proto = {p2:UInt64}
  UNION ALL
  SELECT uniqCombinedMergeStateArray(12)(([sources, destinations])) AS r0, sum(bytes) AS r1
  FROM ports_5m
  WHERE (time_slot >= toDateTime({p3:Int64}) AND time_slot < toDateTime({p4:Int64})) AND proto = {p2:UInt64}
)
ORDER BY m0 DESC
LIMIT {p5:UInt64}
-- {"p0":1767225600010,"p1":1767225900000,"p2":6,"p3":1767225900,"p4":1767229200,"p5":11}
