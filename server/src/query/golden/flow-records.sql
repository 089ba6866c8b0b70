-- {"query":{"view":"records","filter":"flags S and bytes > 1k","limit":100},"from":1767225600000,"to":1767229200000}

SELECT toFloat64(toUnixTimestamp64Milli(time_received)) AS d0, toFloat64(toUnixTimestamp64Milli(time_start)) AS d1, toFloat64(toUnixTimestamp64Milli(time_end)) AS d2, toFloat64(duration) AS d3, exporter AS d4, toFloat64(flow_type) AS d5, src_addr AS d6, if(bitAnd(present, 2) != 0, toInt32(src_port), -1) AS d7, dst_addr AS d8, if(bitAnd(present, 4) != 0, toInt32(dst_port), -1) AS d9, if(bitAnd(present, 1) != 0, toInt32(proto), -1) AS d10, if(bitAnd(present, 8) != 0, toInt32(tcp_flags), -1) AS d11, if(bitAnd(present, 16) != 0, toInt32(icmp_type), -1) AS d12, if(bitAnd(present, 32) != 0, toInt32(icmp_code), -1) AS d13, if(bitAnd(present, 64) != 0, toInt32(tos), -1) AS d14, toFloat64(packets * (greatest(sampling_rate, 1))) AS d15, toFloat64(bytes * (greatest(sampling_rate, 1))) AS d16, toFloat64(flows) AS d17, toFloat64(in_if) AS d18, toFloat64(out_if) AS d19, toFloat64(src_as) AS d20, toFloat64(dst_as) AS d21, toFloat64(src_vlan) AS d22, toFloat64(dst_vlan) AS d23, next_hop AS d24, toFloat64(sampling_rate) AS d25
FROM flows
WHERE (time_received >= fromUnixTimestamp64Milli({p0:Int64}) AND time_received < fromUnixTimestamp64Milli({p1:Int64})) AND (proto = {p2:UInt64} AND bitAnd(tcp_flags, {p3:UInt64}) = {p3:UInt64} AND bytes > {p4:UInt64})
ORDER BY (toStartOfFiveMinutes(time_received)) DESC, time_received DESC
LIMIT {p5:UInt64}
-- {"p0":1767225600000,"p1":1767229200000,"p2":6,"p3":2,"p4":1000,"p5":101}
