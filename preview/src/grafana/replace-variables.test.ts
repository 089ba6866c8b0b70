import { replaceInside, replaceVariables } from "./replace-variables.ts";

const values: Record<string, string> = { filter: "src ip 10.0.0.1", "__value.raw": "a b", __url_time_range: "from=now-1h&to=now" };
const look = (name: string): string | undefined => values[name];

it.each([
  ["$filter", "src ip 10.0.0.1"],
  ["${filter}", "src ip 10.0.0.1"],
  ["${filter:raw} and port 80", "src ip 10.0.0.1 and port 80"],
  ["$other ${other}", "$other ${other}"],
  ["costs 5$", "costs 5$"],
])("%s becomes %s", (text, wanted) => {
  expect(replaceVariables(text, look)).toBe(wanted);
});

it("makes values fit for an address, but not the range, which is a piece of one", () => {
  expect(replaceVariables("/d/x?${__url_time_range}&q=${__value.raw}", look, encodeURIComponent)).toBe("/d/x?from=now-1h&to=now&q=a%20b");
});

it("replaces in every text of a value and leaves the rest", () => {
  const target = { filter: "$filter", limit: 10, filters: [{ field: "proto", values: ["$filter"] }] };
  expect(replaceInside(target, look)).toEqual({
    filter: "src ip 10.0.0.1",
    limit: 10,
    filters: [{ field: "proto", values: ["src ip 10.0.0.1"] }],
  });
});
