import { classHighlighter, highlightCode } from "@lezer/highlight";
import { filterParser } from "./filter-parser.generated.ts";

/** `text:classes` of every coloured piece. */
function colours(text: string): string[] {
  const pieces: string[] = [];
  highlightCode(
    text,
    filterParser.parse(text),
    classHighlighter,
    (code, classes) => {
      if (classes !== "") pieces.push(`${code} ${classes.replaceAll("tok-", "")}`);
    },
    () => undefined,
  );
  return pieces;
}

test("kinds of words have kinds of colours", () => {
  expect(colours("SRC ip in [10.0.0.0/8] # us")).toEqual(
    expect.arrayContaining(["ip keyword", "in keyword", "10.0.0.0/8 literal", "# us comment"]),
  );
  expect(colours("port > 1k")).toEqual(["port keyword", "> operator", "1k number"]);
  expect(colours("not proto gre")).toEqual(["not operator", "proto keyword", "gre atom"]);
});
