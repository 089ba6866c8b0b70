-- {"query":{"view":"top","dimensions":[{"field":"svc_port"}],"measures":["attempt_sources"]},"from":1767225600010,"to":1767229200000}

SELECT d0, toFloat64(uniqCombinedMerge(12)(r0)) AS m0
FROM (
  SELECT svc_port AS d0, uniqCombinedStateIf(12)(src_addr, (proto = 6 AND bitAnd(tcp_flags, 18) = 2) AND src_addr != (toIPv6('::'))) AS r0
  FROM flows
  WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND (proto = 6 AND bitAnd(tcp_flags, 18) = 2)
  GROUP BY d0
  UNION ALL
  SELECT svc_port AS d0, uniqCombinedMergeState(12)(attempt_sources) AS r0
  FROM ports_5m
  WHERE time_slot >= toDateTime({p2:Int64}) AND time_slot < toDateTime({p3:Int64})
  GROUP BY d0
)
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p4:UInt64}
-- {"p0":1767225600010,"p1":1767225900000,"p2":1767225900,"p3":1767229200,"p4":11}
