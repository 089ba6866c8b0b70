import { evaluatePredicate, readFilterOrThrow, type FlowRow } from "@sillage/model";
import fc from "fast-check";
import { splitEnds } from "./split-ends.ts";

const SPLIT = [
  "net 10.0.0.0/24",
  "net 10.0.0.0/24 and proto tcp",
  "proto tcp and (net 10.0.0.0/8 and not port 22)",
  "net 10.0.0.0/24 or net 2001:db8::/32",
  "src net 10.0.0.0/24 or dst net 10.1.0.0/16 or host 10.0.0.1",
  "net 10.0.0.0/24 and net 10.1.0.0/16",
];
const WHOLE = [
  "",
  "proto tcp",
  "src net 10.0.0.0/24",
  "dst net 10.0.0.0/24",
  "src net 10.0.0.0/24 and dst net 10.1.0.0/16",
  "src net 10.0.0.0/24 or dst port 22",
  "not net 10.0.0.0/24",
  "host 10.0.0.1",
];
const address = fc.constantFrom(undefined, "10.0.0.1", "10.0.0.2", "10.1.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1");
const row: fc.Arbitrary<FlowRow> = fc.record({
  src_addr: address,
  dst_addr: address,
  proto: fc.constantFrom(undefined, 6, 17),
  src_port: fc.constantFrom(22, 51_000),
  dst_port: fc.constantFrom(22, 443),
});

describe("splitEnds", () => {
  it.each(SPLIT)("gives each flow of %s to one of two conditions", (filter) => {
    const { predicate } = readFilterOrThrow(filter);
    const conditions = splitEnds(predicate);
    expect(conditions).toHaveLength(2);
    fc.assert(
      fc.property(row, (flow) => {
        const passed = conditions.filter((condition) => evaluatePredicate(condition, flow)).length;
        expect(passed).toBe(Number(evaluatePredicate(predicate, flow)));
      }),
    );
  });

  it.each(WHOLE)("leaves %p as it is", (filter) => {
    const { predicate } = readFilterOrThrow(filter);
    expect(splitEnds(predicate)).toEqual([predicate]);
  });
});
