-- {"query":{"view":"stat","filter":"any","filters":[{"field":"proto","op":"=|","values":["tcp","udp"]},{"field":"src_port","op":"!=","values":["443"]}]},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(sum(bytes * (greatest(sampling_rate, 1)))) AS m0
FROM flows
WHERE ((toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) >= toDateTime({p0:Int64}) AND (toStartOfInterval(toDateTime(time_received, 'UTC'), INTERVAL 300 SECOND, 'UTC')) <= toDateTime({p1:Int64}) AND time_received >= fromUnixTimestamp64Milli({p2:Int64}) AND time_received < fromUnixTimestamp64Milli({p3:Int64})) AND (proto IN {p4:Array(UInt64)} AND NOT src_port = {p5:UInt64})
ORDER BY m0 DESC
LIMIT {p6:UInt64}
-- {"p0":1767225600,"p1":1767228900,"p2":1767225600000,"p3":1767229200000,"p4":[6,17],"p5":443,"p6":11}
