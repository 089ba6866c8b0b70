/** docs/reference/errors.md and the codes in the sources are the same set. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { FILTER_CODES } from "@sillage/model";

const ROOT = path.resolve(__dirname, "../../..");

function sources(): string {
  const files = ["server/src", "model/src"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/(^|\/)testing(\/|\.ts$)/.test(file))
      .map((file) => path.join(ROOT, folder, file)),
  );
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}

/** Second argument of the constructor, and INTERNAL, which stands for errors of no code. */
function thrownCodes(): string[] {
  const thrown = [...sources().matchAll(/new SillageError\(\s*[\w"-]+,\s*"([A-Z_]+)"/g)].map((match) => match[1]!);
  return [...new Set([...thrown, ...Object.keys(FILTER_CODES), "INTERNAL"])].sort();
}

function documentedCodes(): string[] {
  const page = readFileSync(path.join(ROOT, "docs/reference/errors.md"), "utf8");
  return [...page.matchAll(/^\| `([A-Z_]+)` \| [^|]+ \| [^|]+ \|$/gm)].map((match) => match[1]!).sort();
}

it("documents every code that is thrown, once", () => {
  expect(documentedCodes()).toEqual(thrownCodes());
});
