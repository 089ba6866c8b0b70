import { currentCompletions } from "@codemirror/autocomplete";
import { EditorView } from "@codemirror/view";
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { interpolateFilter } from "../interpolateFilter.ts";
import { FilterEditor } from "./FilterEditor.tsx";

function Field({ start, runs, changes }: { start: string; runs: string[]; changes: string[] }) {
  const [value, setValue] = useState(start);
  return (
    <>
      <FilterEditor
        value={value}
        interpolate={(text) => interpolateFilter(text, () => ({ value: "443", formatted: false }))}
        onChange={(text) => {
          changes.push(text);
          setValue(text);
        }}
        onRun={() => runs.push(value)}
      />
      <button onClick={() => setValue("any")}>reset</button>
    </>
  );
}

function draw(start = "") {
  const runs: string[] = [];
  const changes: string[] = [];
  render(<Field start={start} runs={runs} changes={changes} />);
  const field = screen.getByRole("textbox", { name: "Flow filter" });
  const view = EditorView.findFromDOM(field);
  if (view === null) throw new Error("no editor");
  /** As if typed: jsdom has no layout, so no real typing. */
  const type = (text: string): void =>
    act(() => {
      const { from, to } = view.state.selection.main;
      view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, userEvent: "input.type" });
    });
  const press = async (keys: string): Promise<void> => {
    act(() => view.focus());
    await userEvent.setup().keyboard(keys);
  };
  return { runs, changes, field, view, type, press };
}

const pause = (ms: number): Promise<void> => act(() => new Promise<void>((resolve) => setTimeout(resolve, ms)));

it("tells every change at once and runs on Enter and Shift-Enter", async () => {
  const { runs, changes, type, press } = draw();
  type("proto tcp");
  expect(changes).toEqual(["proto tcp"]);
  expect(runs).toEqual([]);
  await press("{Enter}");
  await press("{Shift>}{Enter}{/Shift}");
  expect(runs).toEqual(["proto tcp", "proto tcp"]);
  expect(changes).toEqual(["proto tcp"]);
});

it("starts a new line on Alt-Enter", async () => {
  const { view, type, press } = draw();
  type("any and");
  await press("{Alt>}{Enter}{/Alt}");
  expect(view.state.doc.lines).toBe(2);
});

it("marks a wrong word, says what is wrong below, and tells screen readers", async () => {
  const { field, type } = draw();
  type("prot tcp");
  await waitFor(() => expect(document.querySelector(".cm-lintRange-error")).toHaveTextContent("prot"));
  expect(screen.getByRole("status")).toHaveTextContent(/prot\b.*proto/);
  expect(field).toHaveAttribute("aria-invalid", "true");
  expect(field.getAttribute("aria-describedby")).toBe(screen.getByRole("status").id);
});

it("does not call a word wrong while it offers to complete it", async () => {
  const { view, type, press } = draw();
  act(() => view.focus());
  type("any and pro");
  await waitFor(() => expect(currentCompletions(view.state)).not.toHaveLength(0));
  await pause(500);
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
  await press("{Escape}");
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("pro is not a word"));
});

it("shows how a correct filter reads", async () => {
  const { type } = draw();
  type("HOST 192.0.2.7 and port $p");
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("Reads as ip 192.0.2.7 and port 443"));
});

it("colours words of the language and variables", () => {
  const { field } = draw("proto tcp and port $p");
  expect(field.querySelector(".cm-variable")).toHaveTextContent("$p");
  const classes = new Set([...field.querySelectorAll(".cm-line span")].map(({ className }) => className));
  expect(classes.size).toBeGreaterThan(2);
});

it("completes what is typed; Enter takes it, the next one runs", async () => {
  const { view, type, press, runs } = draw();
  act(() => view.focus());
  type("fla");
  await waitFor(() => expect(currentCompletions(view.state).map(({ label }) => label)).toContain("flags"));
  // CodeMirror takes no completion in the first moments, so that a list that has just come up does not swallow a key.
  await pause(100);
  await press("{Enter}");
  expect(view.state.doc.toString()).toBe("flags ");
  expect(runs).toEqual([]);
  await press("{Enter}");
  expect(runs).toEqual(["flags "]);
});

it("runs on Enter behind a blank, although words are offered", async () => {
  const { view, type, press, runs } = draw();
  act(() => view.focus());
  type("proto tcp ");
  await waitFor(() => expect(currentCompletions(view.state)).not.toHaveLength(0));
  await pause(100);
  await press("{Enter}");
  expect(view.state.doc.toString()).toBe("proto tcp ");
  expect(runs).toHaveLength(1);
});

it("runs nothing when the field is left", () => {
  const { view, type, runs } = draw("any");
  act(() => view.focus());
  type("ipv4 and ");
  act(() => view.contentDOM.blur());
  expect(runs).toEqual([]);
});

it("takes a value from outside", async () => {
  const { view } = draw("proto tcp");
  await userEvent.setup().click(screen.getByRole("button", { name: "reset" }));
  expect(view.state.doc.toString()).toBe("any");
});
