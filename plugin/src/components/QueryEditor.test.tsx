import { CoreApp } from "@grafana/data";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { parseFlowQuery } from "@sillage/model";
import { useState } from "react";
import { SELECTORS } from "../selectors.ts";
import type { FlowDataQuery } from "../types.ts";
import { QueryEditor } from "./QueryEditor.tsx";

type Props = Parameters<typeof QueryEditor>[0];

const datasource = { interpolateFilter: (text: string) => ({ text, spans: [] }) } as unknown as Props["datasource"];

function draw(start: Partial<FlowDataQuery>, app = CoreApp.Explore) {
  const queries: FlowDataQuery[] = [];
  let runs = 0;
  function Editor() {
    const [query, setQuery] = useState<FlowDataQuery>(JSON.parse(JSON.stringify({ refId: "A", version: 1, ...start })) as FlowDataQuery);
    const change = (next: FlowDataQuery): void => {
      queries.push(next);
      setQuery(next);
    };
    return <QueryEditor datasource={datasource} query={query} app={app} onChange={change} onRunQuery={() => (runs += 1)} />;
  }
  render(<Editor />);
  return { queries, runs: () => runs, user: userEvent.setup() };
}

/** What would be stored and sent. */
const stored = (query: FlowDataQuery | undefined): unknown => JSON.parse(JSON.stringify(query));

it("shows a query that says nothing with the defaults of the model", () => {
  draw({});
  expect(screen.getByRole("radio", { name: "Time series" })).toBeChecked();
  expect(screen.getByText("Bits/s")).toBeInTheDocument();
  expect(screen.getByLabelText("Limit")).toHaveValue(10);
  expect(screen.getByRole("switch", { name: "Scaled" })).toBeChecked();
});

it("shows a query that is not one yet as it is run, and writes it down whole with the first change", async () => {
  const { queries, user } = draw({ version: undefined });
  expect(screen.getByText("Protocol")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Top list" }));
  expect(stored(queries.at(-1))).toEqual({
    refId: "A",
    version: 1,
    view: "top",
    filter: "",
    measures: ["bps"],
    dimensions: [{ field: "proto" }],
  });
});

it("writes a chosen view and runs", async () => {
  const { queries, runs, user } = draw({ filter: "proto tcp" });
  await user.click(screen.getByRole("radio", { name: "Top list" }));
  expect(stored(queries.at(-1))).toEqual({ refId: "A", version: 1, filter: "proto tcp", view: "top" });
  expect(runs()).toBe(1);
});

it("writes chosen fields, and networks for addresses", async () => {
  const { queries, user } = draw({ view: "top", dimensions: [{ field: "src_addr" }] });
  await user.type(screen.getByLabelText("Source address IPv4 /"), "24{Enter}");
  expect(stored(queries.at(-1))).toMatchObject({ dimensions: [{ field: "src_addr", prefix4: 24 }] });
  await user.clear(screen.getByLabelText("Source address IPv4 /"));
  await user.tab();
  expect(stored(queries.at(-1))).toMatchObject({ dimensions: [{ field: "src_addr" }] });
  expect(parseFlowQuery(stored(queries.at(-1))).dimensions).toEqual([{ field: "src_addr" }]);
});

it("undoes a limit that no query may have", async () => {
  const { queries, user } = draw({});
  const limit = screen.getByLabelText("Limit");
  for (const typed of ["0", "10001", "1.5", ""]) {
    await user.clear(limit);
    if (typed !== "") await user.type(limit, typed);
    await user.tab();
  }
  expect(queries).toEqual([]);
  expect(limit).toHaveValue(10);
  await user.clear(limit);
  await user.type(limit, "25{Enter}");
  expect(stored(queries.at(-1))).toMatchObject({ limit: 25 });
});

it("keeps the order, and the way round, with the measure that ranks", async () => {
  const { queries, user } = draw({ order: { measure: "bytes" } });
  await user.click(screen.getByRole("switch", { name: "Smallest first" }));
  expect(stored(queries.at(-1))).toMatchObject({ order: { measure: "bytes", desc: false } });
});

it("shows the usual columns when somebody turns to records", async () => {
  const { queries, user } = draw({ view: "top", dimensions: [{ field: "proto" }] });
  await user.click(screen.getByRole("radio", { name: "Records" }));
  expect(stored(queries.at(-1))).toMatchObject({ view: "records", dimensions: [] });
});

describe("the time by which flows count", () => {
  it("is written as the keys of a query, and not at all when it is the usual one", async () => {
    const { queries, runs, user } = draw({ view: "top" });
    expect(screen.getByRole("radio", { name: "Received" })).toBeChecked();
    await user.click(screen.getByRole("radio", { name: "Spread" }));
    expect(stored(queries.at(-1))).toEqual({ refId: "A", version: 1, view: "top", spread: true });
    await user.click(screen.getByRole("radio", { name: "Active" }));
    expect(stored(queries.at(-1))).toEqual({ refId: "A", version: 1, view: "top", time: "active" });
    await user.click(screen.getByRole("radio", { name: "Received" }));
    expect(stored(queries.at(-1))).toEqual({ refId: "A", version: 1, view: "top" });
    expect(runs()).toBe(3);
  });

  it.each<[string, Partial<FlowDataQuery>, string, object]>([
    ["keeps spread from a time series to a top list", { spread: true }, "Top list", { spread: true }],
    ["shows whole flows in records in place of spread ones", { spread: true }, "Records", { time: "active" }],
    ["turns to the usual time in a time series", { view: "records", time: "active" }, "Time series", {}],
    ["writes nothing where nothing was chosen", { view: "top" }, "Records", {}],
  ])("%s", async (_, start, view, keys) => {
    const { queries, user } = draw(start);
    await user.click(screen.getByRole("radio", { name: view }));
    const query = stored(queries.at(-1)) as Partial<FlowDataQuery>;
    expect({ time: query.time, spread: query.spread }).toEqual({ time: undefined, spread: undefined, ...keys });
    // What the editor writes, the server takes.
    parseFlowQuery(query);
  });
});

it("asks nothing that records do not have", () => {
  draw({ view: "records" });
  expect(screen.getByLabelText("Columns")).toBeInTheDocument();
  for (const label of ["Measures", "Order", "Other", "Group by"]) expect(screen.queryByLabelText(label)).not.toBeInTheDocument();
});

it("tells that a rule cannot evaluate records, before the server does", () => {
  draw({ view: "records" }, CoreApp.UnifiedAlerting);
  expect(screen.getByRole("alert")).toHaveTextContent("An alert rule cannot evaluate flow records");
});

it("offers a rule what it can evaluate", () => {
  draw({ view: "top" }, CoreApp.UnifiedAlerting);
  expect(screen.getByRole("radio", { name: "Records" })).toBeDisabled();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});

it("has a place for each selector that tests outside look for", () => {
  draw({ view: "top", dimensions: [{ field: "src_addr" }], order: { measure: "bytes" } });
  const editor = within(screen.getByTestId(SELECTORS.query.editor));
  const ids = Object.entries(SELECTORS.query).flatMap(([name, id]) =>
    name === "editor" ? [] : name.startsWith("prefix") ? [`${id}-src_addr`] : [id],
  );
  for (const id of ids) expect(editor.getByTestId(id)).toBeInTheDocument();
});
