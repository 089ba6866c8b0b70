import { SillageError } from "../errors.ts";
import { adHocPredicate, type AdHocFilter } from "./ad-hoc.ts";
import { evaluatePredicate, type FlowRow } from "./evaluate.ts";

const row: FlowRow = {
  src_addr: "10.0.0.1",
  dst_addr: "2001:db8::1",
  proto: 6,
  dst_port: 443,
  bytes: 2n ** 60n,
  tcp_flags: 0x12,
  flow_type: 10,
  dst_mac: 0x001b54aabbcc,
};

function passes(...filters: AdHocFilter[]): boolean {
  return evaluatePredicate(adHocPredicate(filters), row);
}

test.each<[AdHocFilter["op"], string, string[], boolean]>([
  ["=", "proto", ["tcp"], true],
  ["=", "proto", ["6"], true],
  ["!=", "proto", ["TCP"], false],
  ["=|", "proto", ["udp", "tcp"], true],
  ["!=|", "proto", ["udp", "icmp"], true],
  ["=", "dst_port", ["https"], true],
  [">", "dst_port", ["442"], true],
  ["<=", "dst_port", ["442"], false],
  ["=", "src_addr", ["10.0.0.1"], true],
  ["=", "src_addr", ["10.0.0.0/24"], true],
  ["=|", "dst_addr", ["10.0.0.1", "2001:db8::/32"], true],
  ["=", "dst_addr", ["::ffff:10.0.0.1"], false],
  [">", "bytes", ["1152921504606846975"], true],
  ["=", "bytes", ["1152921504606846975"], false],
  ["=", "tcp_flags", ["SA"], true],
  ["=", "tcp_flags", ["18"], true],
  ["=", "flow_type", ["ipfix"], true],
  ["=", "dst_mac", ["00:1b:54:aa:bb:cc"], true],
  // "unknown" is what answers show for a field that was not sent.
  ["=", "src_as", ["unknown"], true],
  ["=", "proto", ["unknown"], false],
  ["!=", "src_as", ["unknown"], false],
  ["=|", "next_hop", ["192.0.2.1", "unknown"], true],
  ["=", "src_addr", ["unknown"], false],
  ["=", "src_as", ["0"], false],
  ["!=", "src_as", ["64512"], true],
])("%s %s %j is %j", (op, field, values, wanted) => {
  expect(passes({ field, op, values })).toBe(wanted);
});

test("joins filters with and; none of them means everything", () => {
  expect(passes({ field: "proto", op: "=", values: ["tcp"] }, { field: "dst_port", op: "=", values: ["80"] })).toBe(false);
  expect(adHocPredicate([])).toEqual({ kind: "true" });
});

test.each<[string, AdHocFilter["op"], string[], string]>([
  ["nothing", "=", ["1"], "FILTER_FIELD"],
  ["time_start", ">", ["1"], "FILTER_FIELD"],
  ["proto", ">", ["6"], "FILTER_OPERATOR"],
  ["src_addr", "<", ["10.0.0.1"], "FILTER_OPERATOR"],
  ["flow_type", "<", ["5"], "FILTER_OPERATOR"],
  ["dst_port", "=", ["80", "443"], "FILTER_OPERATOR"],
  ["dst_port", ">", ["80", "443"], "FILTER_OPERATOR"],
  ["dst_port", "=", ["65536"], "FILTER_VALUE"],
  ["src_addr", "=", ["10.0.0.300"], "FILTER_VALUE"],
  ["src_addr", "=", ["10.0.0.1') OR 1=1 --"], "FILTER_VALUE"],
  ["tcp_flags", "=", ["Q"], "FILTER_VALUE"],
  ["proto", "=", ["tpc"], "FILTER_VALUE"],
])("%s %s %j is refused with %s", (field, op, values, code) => {
  let error: unknown;
  try {
    adHocPredicate([{ field, op, values }]);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(SillageError);
  expect(error).toMatchObject({ kind: "input", code });
});
