#!/usr/bin/env node
/** What `npx sillage` runs in the repository: the built program. It is a file of its own because npm links only what exists at install. */
import { existsSync } from "node:fs";

const bundle = new URL("../dist/sillage.mjs", import.meta.url);
if (existsSync(bundle)) await import(bundle.href);
else {
  process.stderr.write("sillage: the program is not built yet\n  run `npm run build` (or `npm start`) once\n");
  process.exitCode = 1;
}
