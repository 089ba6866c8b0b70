-- {"query":{"view":"top","dimensions":[{"field":"svc_port"}],"measures":["attempts","attempt_sources"],"limit":20},"from":1767225600000,"to":1767229200000}

SELECT svc_port AS d0, toFloat64(sum(attempts)) AS m0, toFloat64(uniqCombinedMerge(12)(attempt_sources)) AS m1
FROM ports_5m
WHERE time_slot >= toDateTime({p0:Int64}) AND time_slot < toDateTime({p1:Int64})
GROUP BY d0
ORDER BY m0 DESC, d0
LIMIT {p2:UInt64}
-- {"p0":1767225600,"p1":1767229200,"p2":21}
