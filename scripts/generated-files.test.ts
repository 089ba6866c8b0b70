import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./generated-files.ts";

const root = join(__dirname, "..");

test.each(generatedFiles(root))("$path is current (otherwise: npm run generate)", ({ path, text }) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});
