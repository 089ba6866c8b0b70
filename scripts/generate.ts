/** `npm run generate`: writes the generated files. Tests say when that was forgotten. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./generated-files.ts";

const root = process.cwd();
for (const { path, text } of generatedFiles(root)) {
  writeFileSync(join(root, path), text);
  process.stdout.write(`${path}\n`);
}
