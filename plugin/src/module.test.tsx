import { render, screen } from "@testing-library/react";
import type { ComponentProps } from "react";
import { plugin } from "./module.ts";
import { SELECTORS } from "./selectors.ts";

it("has both editors and fetches them when they are shown", async () => {
  const { ConfigEditor } = plugin.components;
  if (ConfigEditor === undefined) throw new Error("no config editor");
  const options = { url: "", jsonData: {}, secureJsonFields: {} } as unknown as ComponentProps<typeof ConfigEditor>["options"];
  render(<ConfigEditor options={options} onOptionsChange={() => undefined} />);
  expect(screen.getByText("Loading…")).toBeInTheDocument();
  expect(await screen.findByTestId(SELECTORS.config.url)).toBeInTheDocument();
  expect(plugin.components.QueryEditor).toBeDefined();
});
