/** What a query may ask, beyond the types of its keys. */
import { parseFlowQuery, type FlowQueryInput } from "./query.ts";

it("takes flows by the time of receipt, unspread, unless a query says otherwise", () => {
  expect(parseFlowQuery({ view: "top" })).toMatchObject({ time: "received", spread: false });
});

it.each<[string, FlowQueryInput]>([
  ["a spread time series", { spread: true }],
  ["a spread time series of active flows", { spread: true, time: "active" }],
  ["a spread top list", { view: "top", spread: true }],
  ["a spread single value", { view: "stat", spread: true }],
  ["active flows in a top list", { view: "top", time: "active" }],
  ["records of active flows", { view: "records", time: "active" }],
])("takes %s", (_, query) => {
  expect(parseFlowQuery(query)).toMatchObject(query);
});

it.each<[string, object, string]>([
  ["spread records", { view: "records", spread: true }, "spread: flow records are not spread"],
  ["a time series of active flows that are not spread", { time: "active" }, "time: a time series of active flows needs spread"],
  ["another time", { view: "records", time: "exported" }, "time: "],
])("refuses %s", (_, query, message) => {
  expect(() => parseFlowQuery(query)).toThrow(
    expect.objectContaining({ code: "QUERY_INVALID", message: expect.stringContaining(message) }),
  );
});
