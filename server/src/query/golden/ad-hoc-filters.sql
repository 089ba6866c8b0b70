-- {"query":{"view":"stat","filter":"any","filters":[{"field":"proto","op":"=|","values":["tcp","udp"]},{"field":"src_port","op":"!=","values":["443"]}]},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND (proto IN {p2:Array(UInt64)} AND NOT src_port = {p3:UInt64})
ORDER BY m0 DESC
LIMIT {p4:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":[6,17],"p3":443,"p4":11}
