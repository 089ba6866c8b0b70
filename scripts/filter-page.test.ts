import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkFilter } from "@sillage/model";

const page = readFileSync(join(__dirname, "../docs/filter.md"), "utf8");

/** Text between a heading and the next of the same or a higher level. */
function section(heading: string): string {
  const [, rest = ""] = page.split(`${heading}\n`);
  return rest.split(/^#{1,3} /m)[0] ?? "";
}

/** Code in a column of a section's tables; letters stand for values. */
function column(heading: string, index: number): string[] {
  const cells = section(heading)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.split("|")[index + 1] ?? "");
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replace(/\bA\b/, "192.0.2.1").replace(/\bN\b/, "192.0.2.0/24")),
  );
}

const block = /```filter\n([^`]*)```/.exec(page)?.[1]?.trim().split("\n") ?? [];
const words = column("## Words", 1).map((filter) =>
  filter.replace(/^(\w+) in \[\.\.\]$/, (_, word: string) => (word === "ip" ? "ip in [192.0.2.1]" : `${word} in [1 2]`)),
);

test("the page has the examples that are tested here", () => {
  expect(block.length).toBeGreaterThan(5);
  expect(words.length).toBeGreaterThan(30);
  expect(column("### TCP flags", 0).length).toBeGreaterThan(5);
});

test.each([...block, ...words, ...column("### TCP flags", 0)])("%s is a filter without warnings", (filter) => {
  expect(checkFilter(filter).diagnostics).toEqual([]);
});

test("words listed as not in the language are refused by name", () => {
  const [, list = ""] = /\*\*Not in the language:\*\*([^]*?)They are refused/.exec(page) ?? [];
  const missing = [...list.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
  expect(missing.length).toBeGreaterThan(15);
  for (const word of missing) {
    const errors = checkFilter(`${word} 1`).diagnostics.filter(({ severity }) => severity === "error");
    expect({ word, errors: errors.length }).toEqual({ word, errors: 1 });
  }
});
