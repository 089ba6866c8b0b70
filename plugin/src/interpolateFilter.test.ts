import { checkFilter } from "@sillage/model";
import { interpolateFilter, type LookUpVariable, type VariableValue, writtenRange } from "./interpolateFilter.ts";

/** Variables of a dashboard: by name, an array for one with many values. */
function variables(values: Record<string, VariableValue>): LookUpVariable {
  return (written) => ({ value: values[written.replaceAll(/[^\w]/g, "")], formatted: false });
}

describe("a variable where a value stands", () => {
  it.each([
    ["port $p", { p: "443" }, "port 443"],
    ["port ${p} and proto tcp", { p: "443" }, "port 443 and proto tcp"],
    ["port [[p]]", { p: "443" }, "port 443"],
    ["port $p", { p: ["80", "443"] }, "port in [80 443]"],
    ["port in $p", { p: ["80", "443"] }, "port in [80 443]"],
    ["port in $p", { p: "80" }, "port in [80]"],
    ["port in [22 $p]", { p: ["80", "443"] }, "port in [22 80 443]"],
    ["src ip $h and dst port $p", { h: "2001:db8::1", p: ["1", "2"] }, "src ip 2001:db8::1 and dst port in [1 2]"],
    ["src net 10.$n.0.0/16", { n: "7" }, "src net 10.7.0.0/16"],
    ["bytes > $b", { b: "1M" }, "bytes > 1M"],
  ])("%s of %j becomes %s", (filter, values, wanted) => {
    const { text } = interpolateFilter(filter, variables(values));
    expect(text).toBe(wanted);
    expect(checkFilter(text).diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it.each([
    ["80 or any", 'port "80 or any"'],
    ["80) or (any", 'port "80) or (any"'],
    ['80" or any or port "1', 'port "80  or any or port  1"'],
    ["80\nor any", 'port "80 or any"'],
    ["80#", 'port "80#"'],
  ])("cannot say more than a value: %j", (value, wanted) => {
    const { text } = interpolateFilter("port $p", variables({ p: value }));
    expect(text).toBe(wanted);
    expect(checkFilter(text).predicate).toBeUndefined();
  });
});

describe("a variable where a test stands", () => {
  it.each([
    ["$f", { f: "port 80 or port 443" }, "port 80 or port 443"],
    ["$f", { f: "" }, ""],
    ["proto tcp and $f", { f: "" }, "proto tcp and any"],
    ["not $f", { f: "port 80 or port 443" }, "not (port 80 or port 443)"],
    ["proto tcp and $f", { f: "port 80 or port 443" }, "proto tcp and (port 80 or port 443)"],
    ["proto tcp and $f", { f: ["port 80", "port 443"] }, "proto tcp and ((port 80) or (port 443))"],
    ["($f) and ipv4", { f: "port 80 # web" }, "((port 80 # web\n)) and ipv4"],
  ])("%s of %j becomes %j", (filter, values, wanted) => {
    const { text } = interpolateFilter(filter, variables(values));
    expect(text).toBe(wanted);
    expect(checkFilter(text).predicate).toBeDefined();
  });

  it.each(["port 80) or (any", "port in [80", "any]", 'port "80', "any # it's (fine"])(
    "cannot close what stands around it: %j",
    (value) => {
      const { text } = interpolateFilter("proto tcp and $f", variables({ f: value }));
      const { predicate } = checkFilter(text);
      if (value.includes("#")) expect(predicate).toBeDefined();
      else {
        expect(text).toMatch(/^proto tcp and "[^"]*"$/);
        expect(predicate).toBeUndefined();
      }
    },
  );
});

it("leaves variables with a format of their own to Grafana", () => {
  const lookUp: LookUpVariable = () => ({ value: "80 or port 443", formatted: true });
  expect(interpolateFilter("port ${p:raw}", lookUp).text).toBe("port 80 or port 443");
});

it("leaves unknown variables as they are and says so", () => {
  const { text, spans } = interpolateFilter("port $p", variables({}));
  expect(text).toBe("port $p");
  expect(spans).toEqual([{ written: "$p", known: false, writtenFrom: 5, writtenTo: 7, from: 5, to: 7 }]);
});

it.each([
  // written, values, what is wrong in the interpolated text, what is wrong in the written one
  ["port $p and prot tcp", { p: "65000" }, "prot", "prot"],
  ["port $p and proto tcp", { p: "70000" }, "70000", "$p"],
  ["port $p", { p: ["80", "70000"] }, "70000", "$p"],
  ["prot $p", { p: ["80", "443"] }, "prot", "prot"],
])("finds the place of an error in %s", (written, values, wrong, wanted) => {
  const { text, spans } = interpolateFilter(written, variables(values));
  const from = text.indexOf(wrong);
  const range = writtenRange(spans, from, from + wrong.length);
  expect(written.slice(range.from, range.to)).toBe(wanted);
});
